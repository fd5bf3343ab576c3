DROP TABLE participations;
DROP TABLE enrolments;

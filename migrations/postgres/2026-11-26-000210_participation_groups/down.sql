ALTER TABLE participations DROP COLUMN origin;
DROP TABLE participation_exceptions;
DROP TABLE offering_groups;

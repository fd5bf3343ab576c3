DROP TABLE emergency_openings;

DROP TABLE school_units;
DROP TABLE controllers;

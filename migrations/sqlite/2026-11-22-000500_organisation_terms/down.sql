DROP TABLE code_entries;
DROP TABLE days_off;
DROP TABLE terms;
DROP TABLE sites;

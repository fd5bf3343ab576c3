DROP TABLE import_contacts;
DROP TABLE import_absences;
DROP TABLE job_rows;
DROP TABLE jobs;

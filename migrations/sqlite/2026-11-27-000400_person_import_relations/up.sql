-- Relatives of a roster are persons with relations that wait, and no longer names beside the register.
ALTER TABLE relations ADD COLUMN import_job_id BLOB;
CREATE INDEX relations_import_job_idx ON relations (organiser_id, import_job_id) WHERE import_job_id IS NOT NULL;
-- Nobody could read them; the next whole set brings them as persons.
DROP TABLE import_contacts;
-- What a row of a report says about families, so that it can be told in the reader's language.
ALTER TABLE job_rows ADD COLUMN facts TEXT;

ALTER TABLE job_rows DROP COLUMN facts;
DROP INDEX relations_import_job_idx;
ALTER TABLE relations DROP COLUMN import_job_id;
CREATE TABLE import_contacts (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    system TEXT NOT NULL,
    value TEXT NOT NULL,
    given_name TEXT NOT NULL,
    family_name TEXT NOT NULL,
    emails TEXT NOT NULL,
    phones TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;
CREATE UNIQUE INDEX import_contacts_value_key ON import_contacts (organiser_id, system, value) WHERE withdrawn_at IS NULL;

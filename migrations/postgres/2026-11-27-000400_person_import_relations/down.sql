ALTER TABLE job_rows DROP COLUMN facts;
DROP INDEX relations_import_job_idx;
ALTER TABLE relations DROP COLUMN import_job_id;
CREATE TABLE import_contacts (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    system TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    given_name TEXT COLLATE "C" NOT NULL,
    family_name TEXT COLLATE "C" NOT NULL,
    emails JSONB NOT NULL,
    phones JSONB NOT NULL,
    PRIMARY KEY (organiser_id, id)
);
CREATE UNIQUE INDEX import_contacts_value_key ON import_contacts (organiser_id, system, value) WHERE withdrawn_at IS NULL;

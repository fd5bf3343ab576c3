-- Long work with its report, and what imports remember about their sources.
CREATE TABLE jobs (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    dry_run INTEGER NOT NULL,
    partial INTEGER NOT NULL,
    ends_percent INTEGER NOT NULL,
    -- What new school units become, since the standard does not say.
    school_type TEXT NOT NULL,
    -- Which server's directory holds the file: only that one can work on it.
    runner_id BLOB NOT NULL,
    account_id BLOB,
    system TEXT,
    fingerprint TEXT,
    -- How far each step has come, what came of it, and where to go on after a stop.
    progress TEXT NOT NULL,
    results TEXT NOT NULL,
    resume_at TEXT NOT NULL,
    failure TEXT,
    started_at INTEGER,
    -- Only while it is being worked on.
    running_since INTEGER,
    ended_at INTEGER,
    approved_by_id BLOB,
    approved_at INTEGER,
    approval_reason TEXT,
    PRIMARY KEY (organiser_id, id)
) STRICT;
CREATE INDEX jobs_created_idx ON jobs (organiser_id, created_at, id);
CREATE INDEX jobs_runner_idx ON jobs (runner_id, state);
-- One at a time per organiser, whichever server works on it.
CREATE UNIQUE INDEX jobs_running_key ON jobs (organiser_id) WHERE running_since IS NOT NULL;

CREATE TABLE job_rows (
    organiser_id BLOB NOT NULL,
    job_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    noted_at INTEGER NOT NULL,
    severity TEXT NOT NULL,
    kind TEXT,
    file TEXT,
    line INTEGER,
    field TEXT,
    code TEXT,
    source_id TEXT,
    detail TEXT NOT NULL,
    PRIMARY KEY (organiser_id, job_id, number),
    FOREIGN KEY (organiser_id, job_id) REFERENCES jobs (organiser_id, id)
) STRICT;

-- What a source's last whole file left out: it has been ended once, and is not ended again.
CREATE TABLE import_absences (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    entity TEXT NOT NULL,
    system TEXT NOT NULL,
    value TEXT NOT NULL,
    noted_at INTEGER NOT NULL,
    PRIMARY KEY (organiser_id, entity, system, value)
) STRICT;

-- Relatives whom a source names. They have no access to anything until somebody has looked.
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

-- Long work with its report, and what imports remember about their sources.
CREATE TABLE jobs (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    kind TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    dry_run BOOLEAN NOT NULL,
    partial BOOLEAN NOT NULL,
    ends_percent INTEGER NOT NULL,
    -- What new school units become, since the standard does not say.
    school_type TEXT COLLATE "C" NOT NULL,
    -- Which server's directory holds the file: only that one can work on it.
    runner_id UUID NOT NULL,
    account_id UUID,
    system TEXT COLLATE "C",
    fingerprint TEXT COLLATE "C",
    -- How far each step has come, what came of it, and where to go on after a stop.
    progress JSONB NOT NULL,
    results JSONB NOT NULL,
    resume_at JSONB NOT NULL,
    failure TEXT COLLATE "C",
    started_at TIMESTAMPTZ,
    -- Only while it is being worked on.
    running_since TIMESTAMPTZ,
    ended_at TIMESTAMPTZ,
    approved_by_id UUID,
    approved_at TIMESTAMPTZ,
    approval_reason TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id)
);
CREATE INDEX jobs_created_idx ON jobs (organiser_id, created_at, id);
CREATE INDEX jobs_runner_idx ON jobs (runner_id, state);
-- One at a time per organiser, whichever server works on it.
CREATE UNIQUE INDEX jobs_running_key ON jobs (organiser_id) WHERE running_since IS NOT NULL;

CREATE TABLE job_rows (
    organiser_id UUID NOT NULL,
    job_id UUID NOT NULL,
    number BIGINT NOT NULL,
    noted_at TIMESTAMPTZ NOT NULL,
    severity TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C",
    file TEXT COLLATE "C",
    line BIGINT,
    field TEXT COLLATE "C",
    code TEXT COLLATE "C",
    source_id TEXT COLLATE "C",
    detail TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organiser_id, job_id, number),
    FOREIGN KEY (organiser_id, job_id) REFERENCES jobs (organiser_id, id)
);

-- What a source's last whole file left out: it has been ended once, and is not ended again.
CREATE TABLE import_absences (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    entity TEXT COLLATE "C" NOT NULL,
    system TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    noted_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organiser_id, entity, system, value)
);

-- Relatives whom a source names. They have no access to anything until somebody has looked.
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

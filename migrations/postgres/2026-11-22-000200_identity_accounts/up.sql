-- Accounts, the roles given to them, how they log in, and integrators' clients.
-- The school unit and the person a row names get their foreign keys when those tables come.
CREATE TABLE accounts (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID,
    email TEXT COLLATE "C" NOT NULL,
    email_key TEXT COLLATE "C" NOT NULL,
    disabled_at TIMESTAMPTZ,
    PRIMARY KEY (organiser_id, id)
);
-- An e-mail address logs in to one account, whatever the organiser.
CREATE UNIQUE INDEX accounts_email_key_key ON accounts (email_key) WHERE withdrawn_at IS NULL;
CREATE INDEX accounts_person_idx ON accounts (organiser_id, person_id);

CREATE TABLE role_assignments (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    account_id UUID NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    school_unit_id UUID,
    valid_from DATE NOT NULL,
    valid_to DATE,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
);
CREATE INDEX role_assignments_account_idx ON role_assignments (organiser_id, account_id);

CREATE TABLE credentials (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    account_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    secret TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
);
CREATE UNIQUE INDEX credentials_account_kind_key ON credentials (organiser_id, account_id, kind) WHERE withdrawn_at IS NULL;

CREATE TABLE sessions (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    account_id UUID NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    ended_because TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
);
CREATE INDEX sessions_account_idx ON sessions (organiser_id, account_id);

-- Technical: one row per refresh token, kept to tell a stolen one from a fresh one.
CREATE TABLE refresh_tokens (
    token_hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organiser_id UUID NOT NULL,
    session_id UUID NOT NULL,
    issued_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ,
    FOREIGN KEY (organiser_id, session_id) REFERENCES sessions (organiser_id, id)
);
CREATE INDEX refresh_tokens_session_idx ON refresh_tokens (organiser_id, session_id);

CREATE TABLE clients (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    name TEXT COLLATE "C" NOT NULL,
    secret TEXT COLLATE "C" NOT NULL,
    scopes JSONB NOT NULL,
    school_units JSONB NOT NULL,
    expires_at TIMESTAMPTZ,
    disabled_at TIMESTAMPTZ,
    PRIMARY KEY (organiser_id, id)
);

-- Shared by all organisers: the server's own keys, sealed with the master key.
CREATE TABLE signing_keys (
    id UUID NOT NULL PRIMARY KEY,
    purpose TEXT COLLATE "C" NOT NULL,
    public_key TEXT COLLATE "C" NOT NULL,
    sealed_key TEXT COLLATE "C" NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    retired_at TIMESTAMPTZ
);

-- Technical: how often a login was tried lately, by a hash of what it was tried for.
CREATE TABLE throttles (
    throttle_key TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    window_started_at TIMESTAMPTZ NOT NULL,
    attempts INTEGER NOT NULL
);

-- Technical: what a repeated request is answered with.
CREATE TABLE idempotency_keys (
    caller TEXT COLLATE "C" NOT NULL,
    operation TEXT COLLATE "C" NOT NULL,
    idempotency_key TEXT COLLATE "C" NOT NULL,
    body_hash TEXT COLLATE "C" NOT NULL,
    status INTEGER NOT NULL,
    made JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (caller, operation, idempotency_key)
);
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);

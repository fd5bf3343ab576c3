-- Accounts, the roles given to them, how they log in, and integrators' clients.
-- The school unit and the person a row names get their foreign keys when those tables come.
CREATE TABLE accounts (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB,
    email TEXT NOT NULL,
    email_key TEXT NOT NULL,
    disabled_at INTEGER,
    PRIMARY KEY (organiser_id, id)
) STRICT;
-- An e-mail address logs in to one account, whatever the organiser.
CREATE UNIQUE INDEX accounts_email_key_key ON accounts (email_key) WHERE withdrawn_at IS NULL;
CREATE INDEX accounts_person_idx ON accounts (organiser_id, person_id);

CREATE TABLE role_assignments (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    account_id BLOB NOT NULL,
    role TEXT NOT NULL,
    school_unit_id BLOB,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
) STRICT;
CREATE INDEX role_assignments_account_idx ON role_assignments (organiser_id, account_id);

CREATE TABLE credentials (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    account_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    secret TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
) STRICT;
CREATE UNIQUE INDEX credentials_account_kind_key ON credentials (organiser_id, account_id, kind) WHERE withdrawn_at IS NULL;

CREATE TABLE sessions (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    account_id BLOB NOT NULL,
    level TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_because TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
) STRICT;
CREATE INDEX sessions_account_idx ON sessions (organiser_id, account_id);

-- Technical: one row per refresh token, kept to tell a stolen one from a fresh one.
CREATE TABLE refresh_tokens (
    token_hash TEXT NOT NULL PRIMARY KEY,
    organiser_id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    issued_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER,
    FOREIGN KEY (organiser_id, session_id) REFERENCES sessions (organiser_id, id)
) STRICT;
CREATE INDEX refresh_tokens_session_idx ON refresh_tokens (organiser_id, session_id);

CREATE TABLE clients (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    name TEXT NOT NULL,
    secret TEXT NOT NULL,
    scopes TEXT NOT NULL,
    school_units TEXT NOT NULL,
    expires_at INTEGER,
    disabled_at INTEGER,
    PRIMARY KEY (organiser_id, id)
) STRICT;

-- Shared by all organisers: the server's own keys, sealed with the master key.
CREATE TABLE signing_keys (
    id BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    public_key TEXT NOT NULL,
    sealed_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    retired_at INTEGER
) STRICT;

-- Technical: how often a login was tried lately, by a hash of what it was tried for.
CREATE TABLE throttles (
    throttle_key TEXT NOT NULL PRIMARY KEY,
    window_started_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL
) STRICT;

-- Technical: what a repeated request is answered with.
CREATE TABLE idempotency_keys (
    caller TEXT NOT NULL,
    operation TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    status INTEGER NOT NULL,
    made TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (caller, operation, idempotency_key)
) STRICT;
CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);

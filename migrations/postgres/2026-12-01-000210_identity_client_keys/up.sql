-- Public keys of clients, which sign who they are with the other half.
CREATE TABLE client_keys (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    client_id UUID NOT NULL,
    kid TEXT COLLATE "C" NOT NULL,
    algorithm TEXT COLLATE "C" NOT NULL,
    public_key JSONB NOT NULL,
    expires_at TIMESTAMPTZ,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, client_id) REFERENCES clients (organiser_id, id)
);
CREATE INDEX client_keys_client_idx ON client_keys (organiser_id, client_id);
CREATE UNIQUE INDEX client_keys_kid_key ON client_keys (organiser_id, client_id, kid) WHERE withdrawn_at IS NULL;

-- Technical: what clients have signed and used, by its hash, until it expires anyway.
CREATE TABLE used_assertions (
    assertion_hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX used_assertions_expires_idx ON used_assertions (expires_at);

-- Public keys of clients, which sign who they are with the other half.
CREATE TABLE client_keys (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    client_id BLOB NOT NULL,
    kid TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    public_key TEXT NOT NULL,
    expires_at INTEGER,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, client_id) REFERENCES clients (organiser_id, id)
) STRICT;
CREATE INDEX client_keys_client_idx ON client_keys (organiser_id, client_id);
CREATE UNIQUE INDEX client_keys_kid_key ON client_keys (organiser_id, client_id, kid) WHERE withdrawn_at IS NULL;

-- Technical: what clients have signed and used, by its hash, until it expires anyway.
CREATE TABLE used_assertions (
    assertion_hash TEXT NOT NULL PRIMARY KEY,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX used_assertions_expires_idx ON used_assertions (expires_at);

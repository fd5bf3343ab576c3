-- Issuers other than ourselves whose tokens stand for registered clients.
CREATE TABLE token_issuers (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    jwks_address TEXT NOT NULL,
    audience TEXT NOT NULL,
    access_type TEXT,
    access_location TEXT,
    client_claim TEXT NOT NULL,
    clients TEXT NOT NULL,
    enabled INTEGER NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;

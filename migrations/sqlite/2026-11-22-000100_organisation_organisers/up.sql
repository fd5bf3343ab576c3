-- The tenants. An organiser (huvudman) is its own tenant: organiser_id = id.
CREATE TABLE organisers (
    organiser_id BLOB NOT NULL,
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    name TEXT NOT NULL,
    organisation_number TEXT,
    PRIMARY KEY (organiser_id, id),
    CONSTRAINT organisers_own_tenant CHECK (organiser_id = id)
) STRICT;
CREATE UNIQUE INDEX organisers_id_key ON organisers (id);

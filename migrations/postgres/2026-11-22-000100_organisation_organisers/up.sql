-- The tenants. An organiser (huvudman) is its own tenant: organiser_id = id.
CREATE TABLE organisers (
    organiser_id UUID NOT NULL,
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    name TEXT COLLATE "C" NOT NULL,
    organisation_number TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    CONSTRAINT organisers_own_tenant CHECK (organiser_id = id)
);
CREATE UNIQUE INDEX organisers_id_key ON organisers (id);

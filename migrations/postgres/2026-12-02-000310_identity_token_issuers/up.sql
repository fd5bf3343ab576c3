-- Issuers other than ourselves whose tokens stand for registered clients.
CREATE TABLE token_issuers (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    name TEXT COLLATE "C" NOT NULL,
    issuer TEXT COLLATE "C" NOT NULL,
    jwks_address TEXT COLLATE "C" NOT NULL,
    audience TEXT COLLATE "C" NOT NULL,
    access_type TEXT COLLATE "C",
    access_location TEXT COLLATE "C",
    client_claim TEXT COLLATE "C" NOT NULL,
    clients JSONB NOT NULL,
    enabled BOOLEAN NOT NULL,
    PRIMARY KEY (organiser_id, id)
);

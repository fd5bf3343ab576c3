-- Authorities that issue the certificates of an organiser's clients. The key is sealed with the master key.
CREATE TABLE certificate_authorities (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    origin TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    certificate TEXT COLLATE "C" NOT NULL,
    sealed_key TEXT COLLATE "C" NOT NULL,
    valid_from TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organiser_id, id)
);

-- Certificates with which clients show who they are. A revoked one stays, and is refused.
CREATE TABLE client_certificates (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    client_id UUID NOT NULL,
    authority_id UUID NOT NULL,
    renews_id UUID,
    serial TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    key_kind TEXT COLLATE "C" NOT NULL,
    certificate TEXT COLLATE "C" NOT NULL,
    valid_from TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    allowed_networks JSONB NOT NULL,
    noticed_days INTEGER,
    revoked_at TIMESTAMPTZ,
    revocation_reason TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, client_id) REFERENCES clients (organiser_id, id),
    FOREIGN KEY (organiser_id, authority_id) REFERENCES certificate_authorities (organiser_id, id),
    FOREIGN KEY (organiser_id, renews_id) REFERENCES client_certificates (organiser_id, id)
);
CREATE INDEX client_certificates_client_idx ON client_certificates (organiser_id, client_id);
CREATE INDEX client_certificates_authority_idx ON client_certificates (organiser_id, authority_id);
CREATE INDEX client_certificates_renews_idx ON client_certificates (organiser_id, renews_id);
CREATE INDEX client_certificates_expires_idx ON client_certificates (expires_at) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX client_certificates_fingerprint_key ON client_certificates (organiser_id, fingerprint);

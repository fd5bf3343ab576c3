-- Authorities that issue the certificates of an organiser's clients. The key is sealed with the master key.
CREATE TABLE certificate_authorities (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    origin TEXT NOT NULL,
    name TEXT NOT NULL,
    certificate TEXT NOT NULL,
    sealed_key TEXT NOT NULL,
    valid_from INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;

-- Certificates with which clients show who they are. A revoked one stays, and is refused.
CREATE TABLE client_certificates (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    client_id BLOB NOT NULL,
    authority_id BLOB NOT NULL,
    renews_id BLOB,
    serial TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    key_kind TEXT NOT NULL,
    certificate TEXT NOT NULL,
    valid_from INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    allowed_networks TEXT NOT NULL,
    noticed_days INTEGER,
    revoked_at INTEGER,
    revocation_reason TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, client_id) REFERENCES clients (organiser_id, id),
    FOREIGN KEY (organiser_id, authority_id) REFERENCES certificate_authorities (organiser_id, id),
    FOREIGN KEY (organiser_id, renews_id) REFERENCES client_certificates (organiser_id, id)
) STRICT;
CREATE INDEX client_certificates_client_idx ON client_certificates (organiser_id, client_id);
CREATE INDEX client_certificates_authority_idx ON client_certificates (organiser_id, authority_id);
CREATE INDEX client_certificates_renews_idx ON client_certificates (organiser_id, renews_id);
CREATE INDEX client_certificates_expires_idx ON client_certificates (expires_at) WHERE revoked_at IS NULL;
CREATE UNIQUE INDEX client_certificates_fingerprint_key ON client_certificates (organiser_id, fingerprint);

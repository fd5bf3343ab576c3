-- Identity providers (identitetsleverantörer) that people log in with by OpenID Connect.
CREATE TABLE identity_providers (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    name TEXT NOT NULL,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    sealed_secret TEXT,
    redirect_addresses TEXT NOT NULL,
    scopes TEXT NOT NULL,
    account_claim TEXT NOT NULL,
    email_domains TEXT NOT NULL,
    level TEXT NOT NULL,
    acr_levels TEXT NOT NULL,
    protected_persons INTEGER NOT NULL,
    enabled INTEGER NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;
-- Logins begin with the id alone.
CREATE UNIQUE INDEX identity_providers_id_key ON identity_providers (id);

-- What a provider calls the owner of an account (extern identitet): one account's, and one of its a provider.
CREATE TABLE external_identities (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    provider_id BLOB NOT NULL,
    subject TEXT NOT NULL,
    account_id BLOB NOT NULL,
    level TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, provider_id) REFERENCES identity_providers (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
) STRICT;
CREATE UNIQUE INDEX external_identities_subject_key ON external_identities (organiser_id, provider_id, subject) WHERE withdrawn_at IS NULL;
CREATE UNIQUE INDEX external_identities_account_key ON external_identities (organiser_id, account_id, provider_id) WHERE withdrawn_at IS NULL;

-- Technical: logins on their way, each found by its id and shown to be somebody's by its secret. When it is over, which session came of it.
CREATE TABLE oidc_logins (
    id BLOB NOT NULL PRIMARY KEY,
    organiser_id BLOB NOT NULL,
    provider_id BLOB NOT NULL,
    account_id BLOB,
    secret_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    sealed TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    session_id BLOB
) STRICT;
CREATE INDEX oidc_logins_expires_idx ON oidc_logins (expires_at);

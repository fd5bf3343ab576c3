-- Identity providers (identitetsleverantörer) that people log in with by OpenID Connect.
CREATE TABLE identity_providers (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    name TEXT COLLATE "C" NOT NULL,
    issuer TEXT COLLATE "C" NOT NULL,
    client_id TEXT COLLATE "C" NOT NULL,
    sealed_secret TEXT COLLATE "C",
    redirect_addresses JSONB NOT NULL,
    scopes JSONB NOT NULL,
    account_claim TEXT COLLATE "C" NOT NULL,
    email_domains JSONB NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    acr_levels JSONB NOT NULL,
    protected_persons BOOLEAN NOT NULL,
    enabled BOOLEAN NOT NULL,
    PRIMARY KEY (organiser_id, id)
);
-- Logins begin with the id alone.
CREATE UNIQUE INDEX identity_providers_id_key ON identity_providers (id);

-- What a provider calls the owner of an account (extern identitet): one account's, and one of its a provider.
CREATE TABLE external_identities (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    provider_id UUID NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    account_id UUID NOT NULL,
    level TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, provider_id) REFERENCES identity_providers (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
);
CREATE UNIQUE INDEX external_identities_subject_key ON external_identities (organiser_id, provider_id, subject) WHERE withdrawn_at IS NULL;
CREATE UNIQUE INDEX external_identities_account_key ON external_identities (organiser_id, account_id, provider_id) WHERE withdrawn_at IS NULL;

-- Technical: logins on their way, each found by its id and shown to be somebody's by its secret. When it is over, which session came of it.
CREATE TABLE oidc_logins (
    id UUID NOT NULL PRIMARY KEY,
    organiser_id UUID NOT NULL,
    provider_id UUID NOT NULL,
    account_id UUID,
    secret_hash TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    sealed TEXT COLLATE "C" NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    session_id UUID
);
CREATE INDEX oidc_logins_expires_idx ON oidc_logins (expires_at);

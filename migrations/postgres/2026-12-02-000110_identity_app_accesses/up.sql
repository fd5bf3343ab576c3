-- What somebody logged in with: a web page or an app. Those who were logged in before were let in without being asked.
ALTER TABLE sessions ADD COLUMN client_kind TEXT COLLATE "C" NOT NULL DEFAULT 'web';

-- Access to the app (åtkomst till appen): one row of an account for as long as its owner has switched it on.
CREATE TABLE app_accesses (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    account_id UUID NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
);
CREATE UNIQUE INDEX app_accesses_account_key ON app_accesses (organiser_id, account_id) WHERE withdrawn_at IS NULL;

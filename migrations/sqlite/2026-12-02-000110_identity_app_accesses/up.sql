-- What somebody logged in with: a web page or an app. Those who were logged in before were let in without being asked.
ALTER TABLE sessions ADD COLUMN client_kind TEXT NOT NULL DEFAULT 'web';

-- Access to the app (åtkomst till appen): one row of an account for as long as its owner has switched it on.
CREATE TABLE app_accesses (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    account_id BLOB NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
) STRICT;
CREATE UNIQUE INDEX app_accesses_account_key ON app_accesses (organiser_id, account_id) WHERE withdrawn_at IS NULL;

-- Which ways in an organiser has opened.
CREATE TABLE login_settings (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    sms_codes INTEGER NOT NULL,
    sms_codes_for_protected INTEGER NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;

-- Technical: codes on their way to a phone or an e-mail address, and such as were never sent, which nobody can tell apart.
CREATE TABLE sent_codes (
    id BLOB NOT NULL PRIMARY KEY,
    purpose TEXT NOT NULL,
    organiser_id BLOB,
    account_id BLOB,
    secret_hash TEXT NOT NULL,
    -- A keyed hash: six digits could be found out from any other.
    code_hash TEXT NOT NULL,
    sealed TEXT NOT NULL,
    tries INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    spent_at INTEGER
) STRICT;
CREATE INDEX sent_codes_expires_idx ON sent_codes (expires_at);

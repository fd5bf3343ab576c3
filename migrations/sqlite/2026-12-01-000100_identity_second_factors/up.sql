-- Second factors: an invitation, then a sealed secret, then in force. One of an account at a time.
CREATE TABLE second_factors (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    account_id BLOB NOT NULL,
    invitation TEXT,
    invitation_expires_at INTEGER,
    secret TEXT,
    in_force_since INTEGER,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
) STRICT;
CREATE UNIQUE INDEX second_factors_account_key ON second_factors (organiser_id, account_id) WHERE withdrawn_at IS NULL;

-- Technical: the half minute of the code that was taken last; none of it or before it is taken again.
CREATE TABLE second_factor_steps (
    organiser_id BLOB NOT NULL,
    second_factor_id BLOB NOT NULL,
    last_step INTEGER NOT NULL,
    PRIMARY KEY (organiser_id, second_factor_id),
    FOREIGN KEY (organiser_id, second_factor_id) REFERENCES second_factors (organiser_id, id)
) STRICT;

-- What stands in for a lost second factor, each once. Only hashes.
CREATE TABLE recovery_codes (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    account_id BLOB NOT NULL,
    secret TEXT NOT NULL,
    used_at INTEGER,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
) STRICT;
CREATE INDEX recovery_codes_account_idx ON recovery_codes (organiser_id, account_id);

-- Second factors: an invitation, then a sealed secret, then in force. One of an account at a time.
CREATE TABLE second_factors (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    account_id UUID NOT NULL,
    invitation TEXT COLLATE "C",
    invitation_expires_at TIMESTAMPTZ,
    secret TEXT COLLATE "C",
    in_force_since TIMESTAMPTZ,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
);
CREATE UNIQUE INDEX second_factors_account_key ON second_factors (organiser_id, account_id) WHERE withdrawn_at IS NULL;

-- Technical: the half minute of the code that was taken last; none of it or before it is taken again.
CREATE TABLE second_factor_steps (
    organiser_id UUID NOT NULL,
    second_factor_id UUID NOT NULL,
    last_step BIGINT NOT NULL,
    PRIMARY KEY (organiser_id, second_factor_id),
    FOREIGN KEY (organiser_id, second_factor_id) REFERENCES second_factors (organiser_id, id)
);

-- What stands in for a lost second factor, each once. Only hashes.
CREATE TABLE recovery_codes (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    account_id UUID NOT NULL,
    secret TEXT COLLATE "C" NOT NULL,
    used_at TIMESTAMPTZ,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id)
);
CREATE INDEX recovery_codes_account_idx ON recovery_codes (organiser_id, account_id);

-- Which ways in an organiser has opened.
CREATE TABLE login_settings (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    sms_codes BOOLEAN NOT NULL,
    sms_codes_for_protected BOOLEAN NOT NULL,
    PRIMARY KEY (organiser_id, id)
);

-- Technical: codes on their way to a phone or an e-mail address, and such as were never sent, which nobody can tell apart.
CREATE TABLE sent_codes (
    id UUID NOT NULL PRIMARY KEY,
    purpose TEXT COLLATE "C" NOT NULL,
    organiser_id UUID,
    account_id UUID,
    secret_hash TEXT COLLATE "C" NOT NULL,
    -- A keyed hash: six digits could be found out from any other.
    code_hash TEXT COLLATE "C" NOT NULL,
    sealed TEXT COLLATE "C" NOT NULL,
    tries INTEGER NOT NULL,
    sent_at TIMESTAMPTZ NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    spent_at TIMESTAMPTZ
);
CREATE INDEX sent_codes_expires_idx ON sent_codes (expires_at);

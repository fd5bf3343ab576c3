-- Technical: logins with BankID on their way. What BankID knows an order by is sealed; whose it is was never here.
CREATE TABLE bankid_orders (
    id UUID NOT NULL PRIMARY KEY,
    secret_hash TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    hint TEXT COLLATE "C" NOT NULL,
    sealed TEXT COLLATE "C" NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    collected_at TIMESTAMPTZ,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX bankid_orders_expires_idx ON bankid_orders (expires_at);

-- Technical: from where somebody logged in with BankID, and how risky BankID found it.
CREATE TABLE bankid_logins (
    organiser_id UUID NOT NULL,
    session_id UUID NOT NULL,
    account_id UUID NOT NULL,
    logged_in_at TIMESTAMPTZ NOT NULL,
    risk TEXT COLLATE "C",
    ip_address TEXT COLLATE "C",
    device TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, session_id),
    FOREIGN KEY (organiser_id, session_id) REFERENCES sessions (organiser_id, id)
);
CREATE INDEX bankid_logins_logged_in_idx ON bankid_logins (logged_in_at);

-- Who logs in is found by the number alone, before the organiser is known.
CREATE INDEX identity_numbers_number_idx ON identity_numbers (number);

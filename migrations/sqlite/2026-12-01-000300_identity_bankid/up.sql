-- Technical: logins with BankID on their way. What BankID knows an order by is sealed; whose it is was never here.
CREATE TABLE bankid_orders (
    id BLOB NOT NULL PRIMARY KEY,
    secret_hash TEXT NOT NULL,
    state TEXT NOT NULL,
    hint TEXT NOT NULL,
    sealed TEXT NOT NULL,
    started_at INTEGER NOT NULL,
    collected_at INTEGER,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX bankid_orders_expires_idx ON bankid_orders (expires_at);

-- Technical: from where somebody logged in with BankID, and how risky BankID found it.
CREATE TABLE bankid_logins (
    organiser_id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    account_id BLOB NOT NULL,
    logged_in_at INTEGER NOT NULL,
    risk TEXT,
    ip_address TEXT,
    device TEXT,
    PRIMARY KEY (organiser_id, session_id),
    FOREIGN KEY (organiser_id, session_id) REFERENCES sessions (organiser_id, id)
) STRICT;
CREATE INDEX bankid_logins_logged_in_idx ON bankid_logins (logged_in_at);

-- Who logs in is found by the number alone, before the organiser is known.
CREATE INDEX identity_numbers_number_idx ON identity_numbers (number);

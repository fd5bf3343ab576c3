-- Signs of misuse (larm), for an administrator to look at.
CREATE TABLE alarms (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    kind TEXT NOT NULL,
    -- Whose login was at it: an account or a client.
    account_id BLOB,
    client_id BLOB,
    occurrences INTEGER NOT NULL,
    settled_by_id BLOB,
    settled_at INTEGER,
    note TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id),
    FOREIGN KEY (organiser_id, client_id) REFERENCES clients (organiser_id, id)
) STRICT;
CREATE INDEX alarms_created_idx ON alarms (organiser_id, created_at);
CREATE INDEX alarms_account_idx ON alarms (organiser_id, account_id);
CREATE INDEX alarms_client_idx ON alarms (organiser_id, client_id);

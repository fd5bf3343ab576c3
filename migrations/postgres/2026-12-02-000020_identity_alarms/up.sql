-- Signs of misuse (larm), for an administrator to look at.
CREATE TABLE alarms (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    kind TEXT COLLATE "C" NOT NULL,
    -- Whose login was at it: an account or a client.
    account_id UUID,
    client_id UUID,
    occurrences INTEGER NOT NULL,
    settled_by_id UUID,
    settled_at TIMESTAMPTZ,
    note TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id),
    FOREIGN KEY (organiser_id, client_id) REFERENCES clients (organiser_id, id)
);
CREATE INDEX alarms_created_idx ON alarms (organiser_id, created_at);
CREATE INDEX alarms_account_idx ON alarms (organiser_id, account_id);
CREATE INDEX alarms_client_idx ON alarms (organiser_id, client_id);

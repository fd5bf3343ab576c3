-- Technical: codes that take somebody from the app to the web, by their hashes.
CREATE TABLE web_handovers (
    code_hash TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    organiser_id UUID NOT NULL,
    account_id UUID NOT NULL,
    session_id UUID NOT NULL,
    sealed TEXT COLLATE "C" NOT NULL,
    expires_at TIMESTAMPTZ NOT NULL,
    used_at TIMESTAMPTZ
);
CREATE INDEX web_handovers_expires_idx ON web_handovers (expires_at);

-- The app session that a session on the web was handed over from, with which it ends.
ALTER TABLE sessions ADD COLUMN handed_over_from_id UUID;

-- Technical: codes that take somebody from the app to the web, by their hashes.
CREATE TABLE web_handovers (
    code_hash TEXT NOT NULL PRIMARY KEY,
    organiser_id BLOB NOT NULL,
    account_id BLOB NOT NULL,
    session_id BLOB NOT NULL,
    sealed TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at INTEGER
) STRICT;
CREATE INDEX web_handovers_expires_idx ON web_handovers (expires_at);

-- The app session that a session on the web was handed over from, with which it ends.
ALTER TABLE sessions ADD COLUMN handed_over_from_id BLOB;

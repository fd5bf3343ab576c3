-- Calendar feeds (kalenderprenumerationer): addresses at which calendar programs read lessons without logging in.
CREATE TABLE calendar_feeds (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    account_id BLOB NOT NULL,
    -- Of a person or of a group. Nothing depends on the group: nobody's feed keeps it from being withdrawn, and of one
    -- that is not there nothing is shown.
    person_id BLOB,
    group_id BLOB,
    name TEXT NOT NULL,
    -- The SHA-256 of the random part of the address.
    secret TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    CONSTRAINT calendar_feeds_of_one CHECK ((person_id IS NULL) <> (group_id IS NULL))
) STRICT;
CREATE UNIQUE INDEX calendar_feeds_secret_key ON calendar_feeds (secret);
CREATE INDEX calendar_feeds_account_idx ON calendar_feeds (organiser_id, account_id);
CREATE INDEX calendar_feeds_person_idx ON calendar_feeds (organiser_id, person_id);

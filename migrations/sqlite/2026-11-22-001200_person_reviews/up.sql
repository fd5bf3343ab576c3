-- Entries about persons that wait until somebody with the permission for protected persons decides.
CREATE TABLE person_reviews (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    -- Whom the entry changes, or whom the decision was about; none while a new person waits.
    person_id BLOB,
    reasons TEXT NOT NULL,
    met_ids TEXT NOT NULL,
    entry TEXT NOT NULL,
    note TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX person_reviews_state_idx ON person_reviews (organiser_id, state, created_at, id);

-- Pairs of records that may be one person's, and what the search for them looks by.
CREATE TABLE duplicate_candidates (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    -- The lower id first.
    first_id BLOB NOT NULL,
    second_id BLOB NOT NULL,
    class TEXT NOT NULL,
    score INTEGER NOT NULL,
    evidence TEXT NOT NULL,
    dismissal_reason TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, first_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, second_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE UNIQUE INDEX duplicate_candidates_pair_key ON duplicate_candidates (organiser_id, first_id, second_id);
CREATE INDEX duplicate_candidates_second_idx ON duplicate_candidates (organiser_id, second_id);
CREATE INDEX duplicate_candidates_created_idx ON duplicate_candidates (organiser_id, created_at, id);
CREATE INDEX duplicate_candidates_score_idx ON duplicate_candidates (organiser_id, score, id);
CREATE INDEX persons_birth_idx ON persons (organiser_id, birth_date);
CREATE INDEX external_identifiers_any_system_idx ON external_identifiers (organiser_id, value);

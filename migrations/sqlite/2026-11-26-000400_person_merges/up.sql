-- Merges of two records of one person: what moved and what was added, so that it can be undone.
CREATE TABLE person_merges (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    kept_id BLOB NOT NULL,
    merged_id BLOB NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    reversal_reason TEXT,
    reversed_at INTEGER,
    -- By table and column the rows that named the merged person, with their versions after the merge.
    moved TEXT NOT NULL,
    -- What the kept person lacked and got.
    added TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, kept_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, merged_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX person_merges_kept_idx ON person_merges (organiser_id, kept_id);
CREATE INDEX person_merges_merged_idx ON person_merges (organiser_id, merged_id);
-- A record is merged once, until that is undone.
CREATE UNIQUE INDEX person_merges_once_key ON person_merges (organiser_id, merged_id) WHERE reversed_at IS NULL;
CREATE INDEX person_merges_created_idx ON person_merges (organiser_id, created_at, id);

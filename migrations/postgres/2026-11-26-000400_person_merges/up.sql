-- Merges of two records of one person: what moved and what was added, so that it can be undone.
CREATE TABLE person_merges (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    kept_id UUID NOT NULL,
    merged_id UUID NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    reversal_reason TEXT COLLATE "C",
    reversed_at TIMESTAMPTZ,
    -- By table and column the rows that named the merged person, with their versions after the merge.
    moved JSONB NOT NULL,
    -- What the kept person lacked and got.
    added JSONB NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, kept_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, merged_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX person_merges_kept_idx ON person_merges (organiser_id, kept_id);
CREATE INDEX person_merges_merged_idx ON person_merges (organiser_id, merged_id);
-- A record is merged once, until that is undone.
CREATE UNIQUE INDEX person_merges_once_key ON person_merges (organiser_id, merged_id) WHERE reversed_at IS NULL;
CREATE INDEX person_merges_created_idx ON person_merges (organiser_id, created_at, id);

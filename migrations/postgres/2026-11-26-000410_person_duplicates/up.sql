-- Pairs of records that may be one person's, and what the search for them looks by.
CREATE TABLE duplicate_candidates (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    -- The lower id first.
    first_id UUID NOT NULL,
    second_id UUID NOT NULL,
    class TEXT COLLATE "C" NOT NULL,
    score INTEGER NOT NULL,
    evidence JSONB NOT NULL,
    dismissal_reason TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, first_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, second_id) REFERENCES persons (organiser_id, id)
);
CREATE UNIQUE INDEX duplicate_candidates_pair_key ON duplicate_candidates (organiser_id, first_id, second_id);
CREATE INDEX duplicate_candidates_second_idx ON duplicate_candidates (organiser_id, second_id);
CREATE INDEX duplicate_candidates_created_idx ON duplicate_candidates (organiser_id, created_at, id);
CREATE INDEX duplicate_candidates_score_idx ON duplicate_candidates (organiser_id, score, id);
CREATE INDEX persons_birth_idx ON persons (organiser_id, birth_date);
CREATE INDEX external_identifiers_any_system_idx ON external_identifiers (organiser_id, value);

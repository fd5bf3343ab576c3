-- Entries about persons that wait until somebody with the permission for protected persons decides.
CREATE TABLE person_reviews (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    kind TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    -- Whom the entry changes, or whom the decision was about; none while a new person waits.
    person_id UUID,
    reasons JSONB NOT NULL,
    met_ids JSONB NOT NULL,
    entry JSONB NOT NULL,
    note TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX person_reviews_state_idx ON person_reviews (organiser_id, state, created_at, id);

-- Turns of term: what each made and ended, so that it can be undone.
CREATE TABLE term_turns (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    school_unit_id UUID NOT NULL,
    from_term_id UUID NOT NULL,
    to_term_id UUID NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    reversal_reason TEXT COLLATE "C",
    reversed_at TIMESTAMPTZ,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id),
    FOREIGN KEY (organiser_id, from_term_id) REFERENCES terms (organiser_id, id),
    FOREIGN KEY (organiser_id, to_term_id) REFERENCES terms (organiser_id, id)
);
CREATE INDEX term_turns_unit_idx ON term_turns (organiser_id, school_unit_id, to_term_id);
CREATE INDEX term_turns_from_idx ON term_turns (organiser_id, from_term_id);
CREATE INDEX term_turns_to_idx ON term_turns (organiser_id, to_term_id);
CREATE INDEX term_turns_created_idx ON term_turns (organiser_id, created_at, id);

CREATE TABLE term_turn_records (
    organiser_id UUID NOT NULL,
    turn_id UUID NOT NULL,
    -- The change log's word for the record.
    entity TEXT COLLATE "C" NOT NULL,
    record_id UUID NOT NULL,
    -- made, or ended: it got another last day.
    action TEXT COLLATE "C" NOT NULL,
    -- What it was made from.
    source_id UUID,
    -- Its version after the turn.
    record_version BIGINT NOT NULL,
    -- Of what was ended: the last day it had, if it had one.
    former_last_day DATE,
    PRIMARY KEY (organiser_id, turn_id, entity, record_id),
    FOREIGN KEY (organiser_id, turn_id) REFERENCES term_turns (organiser_id, id)
);

-- Turns of term: what each made and ended, so that it can be undone.
CREATE TABLE term_turns (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    school_unit_id BLOB NOT NULL,
    from_term_id BLOB NOT NULL,
    to_term_id BLOB NOT NULL,
    state TEXT NOT NULL,
    reversal_reason TEXT,
    reversed_at INTEGER,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id),
    FOREIGN KEY (organiser_id, from_term_id) REFERENCES terms (organiser_id, id),
    FOREIGN KEY (organiser_id, to_term_id) REFERENCES terms (organiser_id, id)
) STRICT;
CREATE INDEX term_turns_unit_idx ON term_turns (organiser_id, school_unit_id, to_term_id);
CREATE INDEX term_turns_from_idx ON term_turns (organiser_id, from_term_id);
CREATE INDEX term_turns_to_idx ON term_turns (organiser_id, to_term_id);
CREATE INDEX term_turns_created_idx ON term_turns (organiser_id, created_at, id);

CREATE TABLE term_turn_records (
    organiser_id BLOB NOT NULL,
    turn_id BLOB NOT NULL,
    -- The change log's word for the record.
    entity TEXT NOT NULL,
    record_id BLOB NOT NULL,
    -- made, or ended: it got another last day.
    action TEXT NOT NULL,
    -- What it was made from.
    source_id BLOB,
    -- Its version after the turn.
    record_version INTEGER NOT NULL,
    -- Of what was ended: the last day it had, if it had one.
    former_last_day TEXT,
    PRIMARY KEY (organiser_id, turn_id, entity, record_id),
    FOREIGN KEY (organiser_id, turn_id) REFERENCES term_turns (organiser_id, id)
) STRICT;

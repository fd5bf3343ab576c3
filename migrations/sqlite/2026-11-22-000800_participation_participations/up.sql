-- Enrolments at school units, and participations in offerings.
CREATE TABLE enrolments (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    school_unit_id BLOB NOT NULL,
    school_type TEXT NOT NULL,
    school_year INTEGER,
    programme TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id)
) STRICT;
CREATE INDEX enrolments_person_idx ON enrolments (organiser_id, person_id);
CREATE INDEX enrolments_unit_idx ON enrolments (organiser_id, school_unit_id, valid_from, id);

CREATE TABLE participations (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    offering_id BLOB NOT NULL,
    period_from TEXT NOT NULL,
    period_to TEXT NOT NULL,
    state TEXT NOT NULL,
    state_from TEXT,
    state_to TEXT,
    state_reason TEXT,
    -- The days on which the person holds the place; none when cancelled before the start.
    held_from TEXT,
    held_to TEXT,
    breaks TEXT NOT NULL,
    pace TEXT NOT NULL,
    funding TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id)
) STRICT;
CREATE INDEX participations_offering_idx ON participations (organiser_id, offering_id, state);
CREATE INDEX participations_person_idx ON participations (organiser_id, person_id);

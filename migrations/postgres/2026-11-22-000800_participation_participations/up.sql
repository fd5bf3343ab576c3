-- Enrolments at school units, and participations in offerings.
CREATE TABLE enrolments (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    school_unit_id UUID NOT NULL,
    school_type TEXT COLLATE "C" NOT NULL,
    school_year INTEGER,
    programme TEXT COLLATE "C",
    valid_from DATE NOT NULL,
    valid_to DATE,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id)
);
CREATE INDEX enrolments_person_idx ON enrolments (organiser_id, person_id);
CREATE INDEX enrolments_unit_idx ON enrolments (organiser_id, school_unit_id, valid_from, id);

CREATE TABLE participations (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    offering_id UUID NOT NULL,
    period_from DATE NOT NULL,
    period_to DATE NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    state_from DATE,
    state_to DATE,
    state_reason TEXT COLLATE "C",
    -- The days on which the person holds the place; none when cancelled before the start.
    held_from DATE,
    held_to DATE,
    breaks JSONB NOT NULL,
    pace JSONB NOT NULL,
    funding JSONB NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id)
);
CREATE INDEX participations_offering_idx ON participations (organiser_id, offering_id, state);
CREATE INDEX participations_person_idx ON participations (organiser_id, person_id);

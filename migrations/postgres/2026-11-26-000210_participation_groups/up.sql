-- Which groups drive an offering, exceptions for single persons, and which participations follow.
CREATE TABLE offering_groups (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    offering_id UUID NOT NULL,
    group_id UUID NOT NULL,
    valid_from DATE NOT NULL,
    -- None: as long as the offering and the group.
    valid_to DATE,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id),
    FOREIGN KEY (organiser_id, group_id) REFERENCES groups (organiser_id, id)
);
CREATE INDEX offering_groups_offering_idx ON offering_groups (organiser_id, offering_id);
CREATE INDEX offering_groups_group_idx ON offering_groups (organiser_id, group_id);

-- No two of a person in an offering share a day: checked with the offering held.
CREATE TABLE participation_exceptions (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    offering_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C",
    valid_from DATE NOT NULL,
    -- None: as long as the offering.
    valid_to DATE,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id)
);
CREATE INDEX participation_exceptions_offering_idx ON participation_exceptions (organiser_id, offering_id, person_id);
CREATE INDEX participation_exceptions_person_idx ON participation_exceptions (organiser_id, person_id);

ALTER TABLE participations ADD COLUMN origin TEXT COLLATE "C" NOT NULL DEFAULT 'direct';

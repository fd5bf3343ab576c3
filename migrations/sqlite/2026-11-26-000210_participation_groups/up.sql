-- Which groups drive an offering, exceptions for single persons, and which participations follow.
CREATE TABLE offering_groups (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    offering_id BLOB NOT NULL,
    group_id BLOB NOT NULL,
    valid_from TEXT NOT NULL,
    -- None: as long as the offering and the group.
    valid_to TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id),
    FOREIGN KEY (organiser_id, group_id) REFERENCES groups (organiser_id, id)
) STRICT;
CREATE INDEX offering_groups_offering_idx ON offering_groups (organiser_id, offering_id);
CREATE INDEX offering_groups_group_idx ON offering_groups (organiser_id, group_id);

-- No two of a person in an offering share a day: checked with the offering held.
CREATE TABLE participation_exceptions (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    offering_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    reason TEXT,
    valid_from TEXT NOT NULL,
    -- None: as long as the offering.
    valid_to TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id)
) STRICT;
CREATE INDEX participation_exceptions_offering_idx ON participation_exceptions (organiser_id, offering_id, person_id);
CREATE INDEX participation_exceptions_person_idx ON participation_exceptions (organiser_id, person_id);

ALTER TABLE participations ADD COLUMN origin TEXT NOT NULL DEFAULT 'direct';

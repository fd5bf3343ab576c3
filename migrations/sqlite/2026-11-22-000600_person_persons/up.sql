-- Persons, the identity numbers they hold over time, and identifiers in other systems.
CREATE TABLE persons (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    given_name TEXT NOT NULL,
    middle_name TEXT,
    family_name TEXT NOT NULL,
    preferred_given_name TEXT,
    name_sort_key TEXT NOT NULL,
    name_search_key TEXT NOT NULL,
    birth_date TEXT,
    sex TEXT NOT NULL,
    contact TEXT NOT NULL,
    protection TEXT NOT NULL,
    -- Follows from the protection; every list leaves protected persons out by it.
    is_protected INTEGER NOT NULL,
    registered_at_id BLOB,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, registered_at_id) REFERENCES school_units (organiser_id, id)
) STRICT;
CREATE INDEX persons_sort_idx ON persons (organiser_id, name_sort_key, id);
CREATE INDEX persons_modified_idx ON persons (organiser_id, modified_at, id);
CREATE INDEX persons_registered_idx ON persons (organiser_id, registered_at_id);

CREATE TABLE identity_numbers (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    number TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    source TEXT NOT NULL,
    identity_level TEXT,
    dormant INTEGER NOT NULL,
    -- T and TF numbers are unique within the unit that gave them; the nil BLOB for all others.
    issued_by_id BLOB NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE UNIQUE INDEX identity_numbers_number_key ON identity_numbers (organiser_id, kind, number, issued_by_id) WHERE withdrawn_at IS NULL;
CREATE INDEX identity_numbers_person_idx ON identity_numbers (organiser_id, person_id);

CREATE TABLE external_identifiers (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    -- The word of the change log for what is identified: person, course offering …
    entity TEXT NOT NULL,
    entity_id BLOB NOT NULL,
    system TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;
CREATE UNIQUE INDEX external_identifiers_value_key ON external_identifiers (organiser_id, entity, system, value) WHERE withdrawn_at IS NULL;
CREATE INDEX external_identifiers_entity_idx ON external_identifiers (organiser_id, entity_id);

-- Persons, the identity numbers they hold over time, and identifiers in other systems.
CREATE TABLE persons (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    given_name TEXT COLLATE "C" NOT NULL,
    middle_name TEXT COLLATE "C",
    family_name TEXT COLLATE "C" NOT NULL,
    preferred_given_name TEXT COLLATE "C",
    name_sort_key TEXT COLLATE "C" NOT NULL,
    name_search_key TEXT COLLATE "C" NOT NULL,
    birth_date DATE,
    sex TEXT COLLATE "C" NOT NULL,
    contact JSONB NOT NULL,
    protection TEXT COLLATE "C" NOT NULL,
    -- Follows from the protection; every list leaves protected persons out by it.
    is_protected BOOLEAN NOT NULL,
    registered_at_id UUID,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, registered_at_id) REFERENCES school_units (organiser_id, id)
);
CREATE INDEX persons_sort_idx ON persons (organiser_id, name_sort_key, id);
CREATE INDEX persons_modified_idx ON persons (organiser_id, modified_at, id);
CREATE INDEX persons_registered_idx ON persons (organiser_id, registered_at_id);

CREATE TABLE identity_numbers (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    number TEXT COLLATE "C" NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    source TEXT COLLATE "C" NOT NULL,
    identity_level TEXT COLLATE "C",
    dormant BOOLEAN NOT NULL,
    -- T and TF numbers are unique within the unit that gave them; the nil UUID for all others.
    issued_by_id UUID NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
);
CREATE UNIQUE INDEX identity_numbers_number_key ON identity_numbers (organiser_id, kind, number, issued_by_id) WHERE withdrawn_at IS NULL;
CREATE INDEX identity_numbers_person_idx ON identity_numbers (organiser_id, person_id);

CREATE TABLE external_identifiers (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    -- The word of the change log for what is identified: person, course offering …
    entity TEXT COLLATE "C" NOT NULL,
    entity_id UUID NOT NULL,
    system TEXT COLLATE "C" NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organiser_id, id)
);
CREATE UNIQUE INDEX external_identifiers_value_key ON external_identifiers (organiser_id, entity, system, value) WHERE withdrawn_at IS NULL;
CREATE INDEX external_identifiers_entity_idx ON external_identifiers (organiser_id, entity_id);

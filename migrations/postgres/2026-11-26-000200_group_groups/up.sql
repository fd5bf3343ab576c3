-- Groups at school units (klasser, undervisningsgrupper, mentorsgrupper, avdelningar), their members and staff.
CREATE TABLE groups (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    school_unit_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    name_key TEXT COLLATE "C" NOT NULL,
    name_sort_key TEXT COLLATE "C" NOT NULL,
    name_search_key TEXT COLLATE "C" NOT NULL,
    school_type TEXT COLLATE "C",
    school_year INTEGER,
    valid_from DATE NOT NULL,
    valid_to DATE,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id)
);
CREATE INDEX groups_unit_idx ON groups (organiser_id, school_unit_id, kind, name_key);
CREATE INDEX groups_sort_idx ON groups (organiser_id, name_sort_key, id);
CREATE INDEX groups_modified_idx ON groups (organiser_id, modified_at, id);

-- No two of a person in a group share a day: checked with the group held.
CREATE TABLE group_memberships (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    group_id UUID NOT NULL,
    person_id UUID NOT NULL,
    valid_from DATE NOT NULL,
    -- None: as long as the group.
    valid_to DATE,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, group_id) REFERENCES groups (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX group_memberships_group_idx ON group_memberships (organiser_id, group_id, valid_from);
CREATE INDEX group_memberships_person_idx ON group_memberships (organiser_id, person_id);
CREATE INDEX group_memberships_modified_idx ON group_memberships (organiser_id, modified_at, id);

CREATE TABLE group_assignments (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    group_id UUID NOT NULL,
    duty_id UUID NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    valid_from DATE NOT NULL,
    -- None: as long as the group and the duty.
    valid_to DATE,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, group_id) REFERENCES groups (organiser_id, id),
    FOREIGN KEY (organiser_id, duty_id) REFERENCES duties (organiser_id, id)
);
CREATE INDEX group_assignments_group_idx ON group_assignments (organiser_id, group_id);
CREATE INDEX group_assignments_duty_idx ON group_assignments (organiser_id, duty_id);

-- Controllers, school units with their codes and types, sites, terms and days off.
CREATE TABLE controllers (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    name TEXT COLLATE "C" NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organiser_id, id)
);
CREATE UNIQUE INDEX controllers_name_key ON controllers (organiser_id, name) WHERE withdrawn_at IS NULL;

CREATE TABLE school_units (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    controller_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    name_sort_key TEXT COLLATE "C" NOT NULL,
    name_search_key TEXT COLLATE "C" NOT NULL,
    school_types JSONB NOT NULL,
    codes JSONB NOT NULL,
    active BOOLEAN NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, controller_id) REFERENCES controllers (organiser_id, id)
);
CREATE INDEX school_units_sort_idx ON school_units (organiser_id, name_sort_key, id);
CREATE INDEX school_units_controller_idx ON school_units (organiser_id, controller_id);

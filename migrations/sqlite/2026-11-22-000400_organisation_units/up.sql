-- Controllers, school units with their codes and types, sites, terms and days off.
CREATE TABLE controllers (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;
CREATE UNIQUE INDEX controllers_name_key ON controllers (organiser_id, name) WHERE withdrawn_at IS NULL;

CREATE TABLE school_units (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    controller_id BLOB NOT NULL,
    name TEXT NOT NULL,
    name_sort_key TEXT NOT NULL,
    name_search_key TEXT NOT NULL,
    school_types TEXT NOT NULL,
    codes TEXT NOT NULL,
    active INTEGER NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, controller_id) REFERENCES controllers (organiser_id, id)
) STRICT;
CREATE INDEX school_units_sort_idx ON school_units (organiser_id, name_sort_key, id);
CREATE INDEX school_units_controller_idx ON school_units (organiser_id, controller_id);

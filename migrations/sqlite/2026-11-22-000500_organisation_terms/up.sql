-- Sites, terms, days off, and the dated code tables.
CREATE TABLE sites (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    school_unit_id BLOB NOT NULL,
    name TEXT NOT NULL,
    name_sort_key TEXT NOT NULL,
    municipality_code TEXT NOT NULL,
    address TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id)
) STRICT;
CREATE INDEX sites_unit_idx ON sites (organiser_id, school_unit_id);

CREATE TABLE terms (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    -- None: the term holds for the whole organiser.
    school_unit_id BLOB,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id)
) STRICT;
CREATE INDEX terms_days_idx ON terms (organiser_id, first_day, id);

CREATE TABLE days_off (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    term_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, term_id) REFERENCES terms (organiser_id, id)
) STRICT;
CREATE INDEX days_off_term_idx ON days_off (organiser_id, term_id, first_day);

-- Shared by all organisers: dated codes of law and authorities, each with whether its source was verified.
CREATE TABLE code_entries (
    table_name TEXT NOT NULL,
    code TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    name_sv TEXT NOT NULL,
    name_en TEXT NOT NULL,
    verified INTEGER NOT NULL,
    note TEXT,
    -- Course types only: the fewest and the most course days.
    least_days INTEGER,
    most_days INTEGER,
    PRIMARY KEY (table_name, code, valid_from)
) STRICT;

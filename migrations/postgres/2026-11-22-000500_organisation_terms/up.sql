-- Sites, terms, days off, and the dated code tables.
CREATE TABLE sites (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    school_unit_id UUID NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    name_sort_key TEXT COLLATE "C" NOT NULL,
    municipality_code TEXT COLLATE "C" NOT NULL,
    address TEXT COLLATE "C",
    valid_from DATE NOT NULL,
    valid_to DATE,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id)
);
CREATE INDEX sites_unit_idx ON sites (organiser_id, school_unit_id);

CREATE TABLE terms (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    -- None: the term holds for the whole organiser.
    school_unit_id UUID,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id)
);
CREATE INDEX terms_days_idx ON terms (organiser_id, first_day, id);

CREATE TABLE days_off (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    term_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, term_id) REFERENCES terms (organiser_id, id)
);
CREATE INDEX days_off_term_idx ON days_off (organiser_id, term_id, first_day);

-- Shared by all organisers: dated codes of law and authorities, each with whether its source was verified.
CREATE TABLE code_entries (
    table_name TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    name_sv TEXT COLLATE "C" NOT NULL,
    name_en TEXT COLLATE "C" NOT NULL,
    verified BOOLEAN NOT NULL,
    note TEXT COLLATE "C",
    -- Course types only: the fewest and the most course days.
    least_days INTEGER,
    most_days INTEGER,
    PRIMARY KEY (table_name, code, valid_from)
);

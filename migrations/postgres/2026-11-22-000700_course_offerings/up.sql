-- Duties, the course catalogue, and its offerings with their terms and teachers.
CREATE TABLE duties (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    school_unit_id UUID NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    signature TEXT COLLATE "C",
    signature_key TEXT COLLATE "C",
    valid_from DATE NOT NULL,
    valid_to DATE,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id)
);
CREATE INDEX duties_person_idx ON duties (organiser_id, person_id);
CREATE INDEX duties_unit_idx ON duties (organiser_id, school_unit_id);

CREATE TABLE courses (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    code TEXT COLLATE "C" NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    title_sort_key TEXT COLLATE "C" NOT NULL,
    title_search_key TEXT COLLATE "C" NOT NULL,
    subject_code TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    points INTEGER,
    valid_from DATE NOT NULL,
    valid_to DATE,
    PRIMARY KEY (organiser_id, id)
);
CREATE INDEX courses_sort_idx ON courses (organiser_id, title_sort_key, id);
CREATE INDEX courses_code_idx ON courses (organiser_id, code);

CREATE TABLE course_offerings (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    course_id UUID NOT NULL,
    school_unit_id UUID NOT NULL,
    title TEXT COLLATE "C" NOT NULL,
    title_sort_key TEXT COLLATE "C" NOT NULL,
    title_search_key TEXT COLLATE "C" NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    course_type TEXT COLLATE "C",
    -- The school's course number for each report term: {"2026ht": "12"}.
    course_numbers JSONB NOT NULL,
    form TEXT COLLATE "C" NOT NULL,
    pace_percent INTEGER NOT NULL,
    planned_minutes INTEGER,
    course_days INTEGER,
    meeting_days INTEGER,
    site_id UUID,
    capacity INTEGER,
    part_of_id UUID,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, course_id) REFERENCES courses (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id),
    FOREIGN KEY (organiser_id, site_id) REFERENCES sites (organiser_id, id),
    FOREIGN KEY (organiser_id, part_of_id) REFERENCES course_offerings (organiser_id, id)
);
CREATE INDEX course_offerings_sort_idx ON course_offerings (organiser_id, title_sort_key, id);
CREATE INDEX course_offerings_unit_idx ON course_offerings (organiser_id, school_unit_id);
CREATE INDEX course_offerings_course_idx ON course_offerings (organiser_id, course_id);
CREATE INDEX course_offerings_days_idx ON course_offerings (organiser_id, first_day, id);

-- Which terms an offering covers, in order.
CREATE TABLE offering_terms (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    offering_id UUID NOT NULL,
    term_id UUID NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id),
    FOREIGN KEY (organiser_id, term_id) REFERENCES terms (organiser_id, id)
);
CREATE UNIQUE INDEX offering_terms_term_key ON offering_terms (organiser_id, offering_id, term_id) WHERE withdrawn_at IS NULL;
CREATE INDEX offering_terms_term_idx ON offering_terms (organiser_id, term_id);

CREATE TABLE offering_teachers (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    offering_id UUID NOT NULL,
    duty_id UUID NOT NULL,
    role TEXT COLLATE "C" NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id),
    FOREIGN KEY (organiser_id, duty_id) REFERENCES duties (organiser_id, id)
);
CREATE INDEX offering_teachers_offering_idx ON offering_teachers (organiser_id, offering_id);
CREATE INDEX offering_teachers_duty_idx ON offering_teachers (organiser_id, duty_id);

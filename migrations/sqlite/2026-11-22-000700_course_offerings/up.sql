-- Duties, the course catalogue, and its offerings with their terms and teachers.
CREATE TABLE duties (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    school_unit_id BLOB NOT NULL,
    role TEXT NOT NULL,
    signature TEXT,
    signature_key TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id)
) STRICT;
CREATE INDEX duties_person_idx ON duties (organiser_id, person_id);
CREATE INDEX duties_unit_idx ON duties (organiser_id, school_unit_id);

CREATE TABLE courses (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    code TEXT NOT NULL,
    title TEXT NOT NULL,
    title_sort_key TEXT NOT NULL,
    title_search_key TEXT NOT NULL,
    subject_code TEXT,
    kind TEXT NOT NULL,
    points INTEGER,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    PRIMARY KEY (organiser_id, id)
) STRICT;
CREATE INDEX courses_sort_idx ON courses (organiser_id, title_sort_key, id);
CREATE INDEX courses_code_idx ON courses (organiser_id, code);

CREATE TABLE course_offerings (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    course_id BLOB NOT NULL,
    school_unit_id BLOB NOT NULL,
    title TEXT NOT NULL,
    title_sort_key TEXT NOT NULL,
    title_search_key TEXT NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    course_type TEXT,
    -- The school's course number for each report term: {"2026ht": "12"}.
    course_numbers TEXT NOT NULL,
    form TEXT NOT NULL,
    pace_percent INTEGER NOT NULL,
    planned_minutes INTEGER,
    course_days INTEGER,
    meeting_days INTEGER,
    site_id BLOB,
    capacity INTEGER,
    part_of_id BLOB,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, course_id) REFERENCES courses (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id),
    FOREIGN KEY (organiser_id, site_id) REFERENCES sites (organiser_id, id),
    FOREIGN KEY (organiser_id, part_of_id) REFERENCES course_offerings (organiser_id, id)
) STRICT;
CREATE INDEX course_offerings_sort_idx ON course_offerings (organiser_id, title_sort_key, id);
CREATE INDEX course_offerings_unit_idx ON course_offerings (organiser_id, school_unit_id);
CREATE INDEX course_offerings_course_idx ON course_offerings (organiser_id, course_id);
CREATE INDEX course_offerings_days_idx ON course_offerings (organiser_id, first_day, id);

-- Which terms an offering covers, in order.
CREATE TABLE offering_terms (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    offering_id BLOB NOT NULL,
    term_id BLOB NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id),
    FOREIGN KEY (organiser_id, term_id) REFERENCES terms (organiser_id, id)
) STRICT;
CREATE UNIQUE INDEX offering_terms_term_key ON offering_terms (organiser_id, offering_id, term_id) WHERE withdrawn_at IS NULL;
CREATE INDEX offering_terms_term_idx ON offering_terms (organiser_id, term_id);

CREATE TABLE offering_teachers (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    offering_id BLOB NOT NULL,
    duty_id BLOB NOT NULL,
    role TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id),
    FOREIGN KEY (organiser_id, duty_id) REFERENCES duties (organiser_id, id)
) STRICT;
CREATE INDEX offering_teachers_offering_idx ON offering_teachers (organiser_id, offering_id);
CREATE INDEX offering_teachers_duty_idx ON offering_teachers (organiser_id, duty_id);

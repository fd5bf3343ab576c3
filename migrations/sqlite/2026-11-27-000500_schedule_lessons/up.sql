-- The schedule (schema): rooms, weekly patterns, lessons with their rooms and what differs for their staff.
CREATE TABLE rooms (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    school_unit_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    name_sort_key TEXT NOT NULL,
    name_search_key TEXT NOT NULL,
    seats INTEGER,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id)
) STRICT;
CREATE INDEX rooms_unit_idx ON rooms (organiser_id, school_unit_id, name_sort_key);
CREATE INDEX rooms_sort_idx ON rooms (organiser_id, name_sort_key, id);
CREATE INDEX rooms_modified_idx ON rooms (organiser_id, modified_at, id);

CREATE TABLE lesson_series (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    offering_id BLOB NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    every_weeks INTEGER NOT NULL,
    -- A list of {number, weekday, from, to, rooms}.
    slots TEXT NOT NULL,
    title TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id)
) STRICT;
CREATE INDEX lesson_series_offering_idx ON lesson_series (organiser_id, offering_id, first_day);
CREATE INDEX lesson_series_first_day_idx ON lesson_series (organiser_id, first_day, id);
CREATE INDEX lesson_series_modified_idx ON lesson_series (organiser_id, modified_at, id);

CREATE TABLE lessons (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    offering_id BLOB NOT NULL,
    series_id BLOB,
    -- The Monday and the number of the slot that it stands for, also after it is moved.
    series_week TEXT,
    series_slot INTEGER,
    -- The school day of its beginning: what lists ask for, and what periods are compared with.
    day TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    state TEXT NOT NULL,
    state_reason TEXT,
    title TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id),
    FOREIGN KEY (organiser_id, series_id) REFERENCES lesson_series (organiser_id, id)
) STRICT;
CREATE INDEX lessons_offering_idx ON lessons (organiser_id, offering_id, day);
CREATE INDEX lessons_series_idx ON lessons (organiser_id, series_id);
CREATE INDEX lessons_day_idx ON lessons (organiser_id, day);
CREATE INDEX lessons_starts_idx ON lessons (organiser_id, starts_at, id);
CREATE INDEX lessons_modified_idx ON lessons (organiser_id, modified_at, id);

CREATE TABLE lesson_rooms (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    lesson_id BLOB NOT NULL,
    room_id BLOB NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, lesson_id) REFERENCES lessons (organiser_id, id),
    FOREIGN KEY (organiser_id, room_id) REFERENCES rooms (organiser_id, id)
) STRICT;
CREATE INDEX lesson_rooms_lesson_idx ON lesson_rooms (organiser_id, lesson_id);
CREATE INDEX lesson_rooms_room_idx ON lesson_rooms (organiser_id, room_id);

CREATE TABLE lesson_staff (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    lesson_id BLOB NOT NULL,
    duty_id BLOB NOT NULL,
    part TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, lesson_id) REFERENCES lessons (organiser_id, id),
    FOREIGN KEY (organiser_id, duty_id) REFERENCES duties (organiser_id, id)
) STRICT;
CREATE INDEX lesson_staff_lesson_idx ON lesson_staff (organiser_id, lesson_id);
CREATE INDEX lesson_staff_duty_idx ON lesson_staff (organiser_id, duty_id);

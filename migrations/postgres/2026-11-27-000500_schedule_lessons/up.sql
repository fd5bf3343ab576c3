-- The schedule (schema): rooms, weekly patterns, lessons with their rooms and what differs for their staff.
CREATE TABLE rooms (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    school_unit_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    name TEXT COLLATE "C" NOT NULL,
    name_sort_key TEXT COLLATE "C" NOT NULL,
    name_search_key TEXT COLLATE "C" NOT NULL,
    seats INTEGER,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, school_unit_id) REFERENCES school_units (organiser_id, id)
);
CREATE INDEX rooms_unit_idx ON rooms (organiser_id, school_unit_id, name_sort_key);
CREATE INDEX rooms_sort_idx ON rooms (organiser_id, name_sort_key, id);
CREATE INDEX rooms_modified_idx ON rooms (organiser_id, modified_at, id);

CREATE TABLE lesson_series (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    offering_id UUID NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    every_weeks INTEGER NOT NULL,
    -- A list of {number, weekday, from, to, rooms}.
    slots JSONB NOT NULL,
    title TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id)
);
CREATE INDEX lesson_series_offering_idx ON lesson_series (organiser_id, offering_id, first_day);
CREATE INDEX lesson_series_first_day_idx ON lesson_series (organiser_id, first_day, id);
CREATE INDEX lesson_series_modified_idx ON lesson_series (organiser_id, modified_at, id);

CREATE TABLE lessons (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    offering_id UUID NOT NULL,
    series_id UUID,
    -- The Monday and the number of the slot that it stands for, also after it is moved.
    series_week DATE,
    series_slot INTEGER,
    -- The school day of its beginning: what lists ask for, and what periods are compared with.
    day DATE NOT NULL,
    starts_at TIMESTAMPTZ NOT NULL,
    ends_at TIMESTAMPTZ NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    state_reason TEXT COLLATE "C",
    title TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id),
    FOREIGN KEY (organiser_id, series_id) REFERENCES lesson_series (organiser_id, id)
);
CREATE INDEX lessons_offering_idx ON lessons (organiser_id, offering_id, day);
CREATE INDEX lessons_series_idx ON lessons (organiser_id, series_id);
CREATE INDEX lessons_day_idx ON lessons (organiser_id, day);
CREATE INDEX lessons_starts_idx ON lessons (organiser_id, starts_at, id);
CREATE INDEX lessons_modified_idx ON lessons (organiser_id, modified_at, id);

CREATE TABLE lesson_rooms (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    lesson_id UUID NOT NULL,
    room_id UUID NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, lesson_id) REFERENCES lessons (organiser_id, id),
    FOREIGN KEY (organiser_id, room_id) REFERENCES rooms (organiser_id, id)
);
CREATE INDEX lesson_rooms_lesson_idx ON lesson_rooms (organiser_id, lesson_id);
CREATE INDEX lesson_rooms_room_idx ON lesson_rooms (organiser_id, room_id);

CREATE TABLE lesson_staff (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    lesson_id UUID NOT NULL,
    duty_id UUID NOT NULL,
    part TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, lesson_id) REFERENCES lessons (organiser_id, id),
    FOREIGN KEY (organiser_id, duty_id) REFERENCES duties (organiser_id, id)
);
CREATE INDEX lesson_staff_lesson_idx ON lesson_staff (organiser_id, lesson_id);
CREATE INDEX lesson_staff_duty_idx ON lesson_staff (organiser_id, duty_id);

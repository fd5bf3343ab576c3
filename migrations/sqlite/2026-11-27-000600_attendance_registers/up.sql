-- Attendance (närvaro): the registration of a lesson, and in it one row for each person.
CREATE TABLE attendance_registers (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    -- The lesson's id: a lesson has one.
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    state TEXT NOT NULL,
    -- Who saved it last, and when and by whom it was closed. None: the program itself.
    registered_by_id BLOB,
    closed_at INTEGER,
    closed_by_id BLOB,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, id) REFERENCES lessons (organiser_id, id)
) STRICT;

CREATE TABLE attendances (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    lesson_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    mark TEXT NOT NULL,
    late_minutes INTEGER NOT NULL,
    left_early_minutes INTEGER NOT NULL,
    missed_authorised INTEGER NOT NULL,
    -- The ledger that follows from the mark and the lesson's length: what statistics sum. Made anew with the lesson.
    present_minutes INTEGER NOT NULL,
    authorised_minutes INTEGER NOT NULL,
    unauthorised_minutes INTEGER NOT NULL,
    other_minutes INTEGER NOT NULL,
    -- The absence report or the leave whose reason it keeps.
    ground TEXT,
    ground_id BLOB,
    -- Why somebody decided afterwards.
    decided_reason TEXT,
    registered_by_id BLOB,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, lesson_id) REFERENCES lessons (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX attendances_lesson_idx ON attendances (organiser_id, lesson_id);
CREATE INDEX attendances_person_idx ON attendances (organiser_id, person_id);

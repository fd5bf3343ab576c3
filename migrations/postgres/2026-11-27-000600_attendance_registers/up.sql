-- Attendance (närvaro): the registration of a lesson, and in it one row for each person.
CREATE TABLE attendance_registers (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    -- The lesson's id: a lesson has one.
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    state TEXT COLLATE "C" NOT NULL,
    -- Who saved it last, and when and by whom it was closed. None: the program itself.
    registered_by_id UUID,
    closed_at TIMESTAMPTZ,
    closed_by_id UUID,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, id) REFERENCES lessons (organiser_id, id)
);

CREATE TABLE attendances (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    lesson_id UUID NOT NULL,
    person_id UUID NOT NULL,
    mark TEXT COLLATE "C" NOT NULL,
    late_minutes INTEGER NOT NULL,
    left_early_minutes INTEGER NOT NULL,
    missed_authorised BOOLEAN NOT NULL,
    -- The ledger that follows from the mark and the lesson's length: what statistics sum. Made anew with the lesson.
    present_minutes INTEGER NOT NULL,
    authorised_minutes INTEGER NOT NULL,
    unauthorised_minutes INTEGER NOT NULL,
    other_minutes INTEGER NOT NULL,
    -- The absence report or the leave whose reason it keeps.
    ground TEXT COLLATE "C",
    ground_id UUID,
    -- Why somebody decided afterwards.
    decided_reason TEXT COLLATE "C",
    registered_by_id UUID,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, lesson_id) REFERENCES lessons (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX attendances_lesson_idx ON attendances (organiser_id, lesson_id);
CREATE INDEX attendances_person_idx ON attendances (organiser_id, person_id);


-- Nothing begins to name a person who was merged into another meanwhile.
CREATE TRIGGER attendances_person_id_merged AFTER INSERT OR UPDATE OF person_id ON attendances
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');

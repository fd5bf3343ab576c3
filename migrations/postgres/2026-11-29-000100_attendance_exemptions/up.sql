-- Who takes part in an offering and is not expected in one of its lessons. The id follows from the lesson and the person.
CREATE TABLE attendance_exemptions (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    lesson_id UUID NOT NULL,
    person_id UUID NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, lesson_id) REFERENCES lessons (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX attendance_exemptions_lesson_idx ON attendance_exemptions (organiser_id, lesson_id, person_id);
CREATE INDEX attendance_exemptions_person_idx ON attendance_exemptions (organiser_id, person_id);

-- Nothing begins to name a person who was merged into another meanwhile.
CREATE TRIGGER attendance_exemptions_person_id_merged AFTER INSERT OR UPDATE OF person_id ON attendance_exemptions
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');

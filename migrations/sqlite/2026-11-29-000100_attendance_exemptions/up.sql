-- Who takes part in an offering and is not expected in one of its lessons. The id follows from the lesson and the person.
CREATE TABLE attendance_exemptions (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    lesson_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, lesson_id) REFERENCES lessons (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX attendance_exemptions_lesson_idx ON attendance_exemptions (organiser_id, lesson_id, person_id);
CREATE INDEX attendance_exemptions_person_idx ON attendance_exemptions (organiser_id, person_id);

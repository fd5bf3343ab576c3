-- Whoever reads a class looks up each person in the lesson: by person alone that is all they ever had.
DROP INDEX attendances_lesson_idx;
CREATE INDEX attendances_lesson_idx ON attendances (organiser_id, lesson_id, person_id);

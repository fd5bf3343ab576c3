DROP INDEX attendances_lesson_idx;
CREATE INDEX attendances_lesson_idx ON attendances (organiser_id, lesson_id);

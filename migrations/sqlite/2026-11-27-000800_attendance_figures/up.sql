-- Attendance is listed by the time of the last change, and counted by person and lesson.
CREATE INDEX attendances_modified_idx ON attendances (organiser_id, modified_at, id);

DELETE FROM code_entries WHERE table_name = 'absence-reason';
DROP TABLE absence_reasons;
ALTER TABLE attendance_settings DROP COLUMN reasons_kept_days;
ALTER TABLE attendance_settings DROP COLUMN reasons_asked;

ALTER TABLE attendance_settings DROP COLUMN absent_from_minutes;
ALTER TABLE attendance_settings DROP COLUMN late_counts;
ALTER TABLE attendance_settings DROP COLUMN denominator;
ALTER TABLE attendance_settings DROP COLUMN counted_in;

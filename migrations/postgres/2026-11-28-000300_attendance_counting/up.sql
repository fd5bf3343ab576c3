-- How attendance is counted for everybody; what holds where nobody has decided stands in the domain.
ALTER TABLE attendance_settings ADD COLUMN counted_in text COLLATE "C" NOT NULL DEFAULT 'lessons';
ALTER TABLE attendance_settings ADD COLUMN denominator text COLLATE "C" NOT NULL DEFAULT 'reported';
ALTER TABLE attendance_settings ADD COLUMN late_counts text COLLATE "C" NOT NULL DEFAULT 'as-present';
ALTER TABLE attendance_settings ADD COLUMN absent_from_minutes integer;

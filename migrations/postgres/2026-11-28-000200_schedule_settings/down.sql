ALTER TABLE rooms DROP COLUMN is_shared;
DROP TABLE schedule_settings;

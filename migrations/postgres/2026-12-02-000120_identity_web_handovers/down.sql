ALTER TABLE sessions DROP COLUMN handed_over_from_id;
DROP TABLE web_handovers;

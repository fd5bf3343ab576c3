ALTER TABLE school_units DROP COLUMN code_search_key;
ALTER TABLE sites DROP COLUMN name_search_key;
DELETE FROM code_entries;

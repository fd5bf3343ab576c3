ALTER TABLE school_units DROP COLUMN code_search_key;
ALTER TABLE sites DROP COLUMN name_search_key;
ALTER TABLE controllers DROP COLUMN name_search_key;
ALTER TABLE controllers DROP COLUMN name_sort_key;
DELETE FROM code_entries;

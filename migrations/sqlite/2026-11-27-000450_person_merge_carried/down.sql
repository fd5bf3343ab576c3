ALTER TABLE person_merges DROP COLUMN carried;

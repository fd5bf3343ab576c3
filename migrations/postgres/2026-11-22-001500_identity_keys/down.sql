ALTER TABLE clients DROP COLUMN name_search_key;
ALTER TABLE clients DROP COLUMN name_sort_key;
ALTER TABLE throttles DROP COLUMN blocked_until;
DROP INDEX clients_id_key;
DROP INDEX signing_keys_purpose_key;

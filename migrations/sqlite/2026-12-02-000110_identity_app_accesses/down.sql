DROP TABLE app_accesses;
ALTER TABLE sessions DROP COLUMN client_kind;

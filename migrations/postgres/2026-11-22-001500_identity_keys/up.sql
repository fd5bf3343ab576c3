-- One key in use per purpose, also when two servers start or rotate at once.
CREATE UNIQUE INDEX signing_keys_purpose_key ON signing_keys (purpose) WHERE retired_at IS NULL;

-- A client names itself by its id alone, before its organiser is known.
CREATE UNIQUE INDEX clients_id_key ON clients (id);

-- Until when further attempts are refused unread.
ALTER TABLE throttles ADD COLUMN blocked_until TIMESTAMPTZ;

-- Names sort and are found through our own keys, as everywhere.
ALTER TABLE clients ADD COLUMN name_sort_key TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE clients ADD COLUMN name_search_key TEXT COLLATE "C" NOT NULL DEFAULT '';

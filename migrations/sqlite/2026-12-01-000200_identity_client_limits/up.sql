-- What a client is shown beyond names, which units it reaches by their school types, from where it may call, and
-- whether it has no secret. None of it unless somebody says so; clients that there are stay as they were.
ALTER TABLE clients ADD COLUMN fields TEXT NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN school_types TEXT NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN allowed_networks TEXT NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN keys_only INTEGER NOT NULL DEFAULT 0;

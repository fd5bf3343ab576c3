-- What a client is shown beyond names, which units it reaches by their school types, from where it may call, and
-- whether it has no secret. None of it unless somebody says so; clients that there are stay as they were.
ALTER TABLE clients ADD COLUMN fields JSONB NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN school_types JSONB NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN allowed_networks JSONB NOT NULL DEFAULT '[]';
ALTER TABLE clients ADD COLUMN keys_only BOOLEAN NOT NULL DEFAULT FALSE;

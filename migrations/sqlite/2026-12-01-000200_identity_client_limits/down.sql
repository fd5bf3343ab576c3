ALTER TABLE clients DROP COLUMN keys_only;
ALTER TABLE clients DROP COLUMN allowed_networks;
ALTER TABLE clients DROP COLUMN school_types;
ALTER TABLE clients DROP COLUMN fields;

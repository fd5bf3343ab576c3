DROP TABLE relation_settings;
DROP TABLE contact_bans;
DROP TABLE relations;

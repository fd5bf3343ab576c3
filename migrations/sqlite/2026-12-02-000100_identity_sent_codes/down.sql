DROP TABLE sent_codes;
DROP TABLE login_settings;

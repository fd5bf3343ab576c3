DROP TABLE used_assertions;
DROP TABLE client_keys;

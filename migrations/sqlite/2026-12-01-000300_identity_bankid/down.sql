DROP INDEX identity_numbers_number_idx;
DROP TABLE bankid_logins;
DROP TABLE bankid_orders;

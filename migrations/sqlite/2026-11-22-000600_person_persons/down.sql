DROP TABLE external_identifiers;
DROP TABLE identity_numbers;
DROP TABLE persons;

DROP INDEX external_identifiers_any_system_idx;
DROP INDEX persons_birth_idx;
DROP TABLE duplicate_candidates;

DROP INDEX attendances_modified_idx;

DROP INDEX course_offerings_part_of_idx;
DROP INDEX course_offerings_modified_idx;
DROP INDEX courses_modified_idx;
DROP INDEX duties_modified_idx;
DROP INDEX duties_days_idx;
DROP INDEX duties_signature_idx;

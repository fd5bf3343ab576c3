-- What the rules of duties and offerings are looked up by, and what was changed last.
CREATE INDEX duties_signature_idx ON duties (organiser_id, school_unit_id, signature_key);
CREATE INDEX duties_days_idx ON duties (organiser_id, valid_from, id);
CREATE INDEX duties_modified_idx ON duties (organiser_id, modified_at, id);
CREATE INDEX courses_modified_idx ON courses (organiser_id, modified_at, id);
CREATE INDEX course_offerings_modified_idx ON course_offerings (organiser_id, modified_at, id);
CREATE INDEX course_offerings_part_of_idx ON course_offerings (organiser_id, part_of_id);

-- What a merge made wait or withdrew of relations and clearings, what they were before, and which bans the
-- kept person had. Null for merges that were made before relations took part.
ALTER TABLE person_merges ADD COLUMN carried JSONB;

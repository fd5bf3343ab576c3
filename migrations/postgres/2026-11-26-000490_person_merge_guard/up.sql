-- Nothing begins to name a person who was merged into another meanwhile: the transaction runs again,
-- and finds them withdrawn. The foreign key has waited for the merge by then.
CREATE FUNCTION refuse_merged_person() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    named UUID;
BEGIN
    EXECUTE format('SELECT ($1).%I', TG_ARGV[0]) INTO named USING NEW;
    IF named IS NOT NULL AND EXISTS (
        SELECT 1 FROM person_merges m
        WHERE m.organiser_id = NEW.organiser_id AND m.merged_id = named AND m.reversed_at IS NULL
    ) THEN
        RAISE EXCEPTION 'the person was merged meanwhile' USING ERRCODE = '40001';
    END IF;
    RETURN NULL;
END $$;

-- On every column with a foreign key onto persons there is now; a later table brings its own trigger.
DO $$
DECLARE
    reference RECORD;
BEGIN
    FOR reference IN
        SELECT r.relname AS table_name, a.attname AS column_name
        FROM pg_constraint c
        JOIN pg_class r ON r.oid = c.conrelid
        CROSS JOIN LATERAL unnest(c.conkey) AS k (number)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
        WHERE c.contype = 'f' AND c.confrelid = 'persons'::regclass
            AND a.attname <> 'organiser_id' AND r.relname <> 'person_merges'
        ORDER BY 1, 2
    LOOP
        EXECUTE format(
            'CREATE TRIGGER %I AFTER INSERT OR UPDATE OF %I ON %I FOR EACH ROW EXECUTE FUNCTION refuse_merged_person(%L)',
            reference.table_name || '_' || reference.column_name || '_merged',
            reference.column_name, reference.table_name, reference.column_name
        );
    END LOOP;
END $$;

DROP FUNCTION refuse_merged_person() CASCADE;

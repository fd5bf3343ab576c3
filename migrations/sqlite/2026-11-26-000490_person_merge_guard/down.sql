-- One writer at a time: nobody can name a person whom another merges meanwhile.
SELECT 1;

DELETE FROM code_entries WHERE table_name = 'education-background';
DROP TABLE education_backgrounds;

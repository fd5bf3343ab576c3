DELETE FROM code_entries WHERE table_name IN ('region', 'municipality');

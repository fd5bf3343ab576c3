DROP TABLE term_turn_records;
DROP TABLE term_turns;

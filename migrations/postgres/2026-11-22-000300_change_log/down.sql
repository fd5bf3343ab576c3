DROP TABLE outbox_messages;
DROP TABLE log_consumers;
DROP TABLE change_seals;
DROP TABLE change_details;
DROP TABLE changes;
DROP FUNCTION changes_are_kept();

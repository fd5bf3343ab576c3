DROP INDEX throttles_window_idx;
DROP INDEX refresh_tokens_expires_idx;
DROP INDEX outbox_messages_given_up_idx;
DROP INDEX outbox_messages_sent_idx;

-- What was sent, given up or has run out is found by its age, to be forgotten.
CREATE INDEX outbox_messages_sent_idx ON outbox_messages (sent_at) WHERE sent_at IS NOT NULL;
CREATE INDEX outbox_messages_given_up_idx ON outbox_messages (given_up_at) WHERE given_up_at IS NOT NULL;
CREATE INDEX refresh_tokens_expires_idx ON refresh_tokens (expires_at);
CREATE INDEX throttles_window_idx ON throttles (window_started_at);

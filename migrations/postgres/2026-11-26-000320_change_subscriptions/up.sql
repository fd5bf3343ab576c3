-- Subscriptions that gather, rest when their receiver fails for long, expire, and change their secret. One that was
-- entered before has no day on which it expires.
ALTER TABLE webhook_subscriptions ADD COLUMN gathered BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE webhook_subscriptions ADD COLUMN expires_at TIMESTAMPTZ;
ALTER TABLE webhook_subscriptions ADD COLUMN paused_at TIMESTAMPTZ;
ALTER TABLE webhook_subscriptions ADD COLUMN pause_reason TEXT COLLATE "C";
ALTER TABLE webhook_subscriptions ADD COLUMN missed_from BIGINT;
ALTER TABLE webhook_subscriptions ADD COLUMN missed_to BIGINT;
ALTER TABLE webhook_subscriptions ADD COLUMN previous_sealed_secret TEXT COLLATE "C";
ALTER TABLE webhook_subscriptions ADD COLUMN previous_secret_until TIMESTAMPTZ;
CREATE INDEX outbox_messages_deliveries_idx ON outbox_messages (organiser_id, target_id, created_at, id);

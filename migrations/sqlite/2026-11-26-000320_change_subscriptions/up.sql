-- Subscriptions that gather, rest when their receiver fails for long, expire, and change their secret. One that was
-- entered before has no day on which it expires.
ALTER TABLE webhook_subscriptions ADD COLUMN gathered INTEGER NOT NULL DEFAULT 0;
ALTER TABLE webhook_subscriptions ADD COLUMN expires_at INTEGER;
ALTER TABLE webhook_subscriptions ADD COLUMN paused_at INTEGER;
ALTER TABLE webhook_subscriptions ADD COLUMN pause_reason TEXT;
ALTER TABLE webhook_subscriptions ADD COLUMN missed_from INTEGER;
ALTER TABLE webhook_subscriptions ADD COLUMN missed_to INTEGER;
ALTER TABLE webhook_subscriptions ADD COLUMN previous_sealed_secret TEXT;
ALTER TABLE webhook_subscriptions ADD COLUMN previous_secret_until INTEGER;
CREATE INDEX outbox_messages_deliveries_idx ON outbox_messages (organiser_id, target_id, created_at, id);

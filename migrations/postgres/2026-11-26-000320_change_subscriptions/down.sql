DROP INDEX outbox_messages_deliveries_idx;
ALTER TABLE webhook_subscriptions DROP COLUMN previous_secret_until;
ALTER TABLE webhook_subscriptions DROP COLUMN previous_sealed_secret;
ALTER TABLE webhook_subscriptions DROP COLUMN missed_to;
ALTER TABLE webhook_subscriptions DROP COLUMN missed_from;
ALTER TABLE webhook_subscriptions DROP COLUMN pause_reason;
ALTER TABLE webhook_subscriptions DROP COLUMN paused_at;
ALTER TABLE webhook_subscriptions DROP COLUMN expires_at;
ALTER TABLE webhook_subscriptions DROP COLUMN gathered;

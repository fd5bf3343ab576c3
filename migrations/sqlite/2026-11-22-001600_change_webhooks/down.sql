DROP TRIGGER change_details_are_kept;
DROP INDEX outbox_messages_target_idx;
DROP INDEX changes_organiser_idx;
DROP TABLE detail_purges;
DROP TABLE webhook_subscriptions;

DROP TRIGGER change_details_are_kept;
DROP INDEX outbox_messages_target_idx;
DROP INDEX person_reviews_person_idx;
DROP INDEX course_offerings_site_idx;
DROP INDEX terms_unit_idx;
DROP INDEX changes_organiser_idx;
DROP TABLE detail_purges;
DROP TABLE webhook_subscriptions;

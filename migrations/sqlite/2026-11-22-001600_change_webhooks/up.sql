-- Webhook subscriptions, what was purged from the log, and an order for the list of changes.
CREATE TABLE webhook_subscriptions (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    url TEXT NOT NULL,
    -- The words of the change log that it is told of; an empty list for all.
    entities TEXT NOT NULL,
    -- Sealed by the server; never shown again and never in the change log.
    sealed_secret TEXT NOT NULL,
    active INTEGER NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;
CREATE INDEX webhook_subscriptions_modified_idx ON webhook_subscriptions (organiser_id, modified_at, id);

-- Which details were purged. The log notes each purge like any change, and only what
-- stands there counts when the log is verified.
CREATE TABLE detail_purges (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    first_position INTEGER NOT NULL,
    last_position INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;

CREATE INDEX changes_organiser_idx ON changes (organiser_id, position);
CREATE INDEX outbox_messages_target_idx ON outbox_messages (target_id);

CREATE TRIGGER change_details_are_kept BEFORE UPDATE ON change_details
BEGIN SELECT RAISE(ABORT, 'constraint:change_details_are_kept'); END;

-- The change log: facts without personal content, their details apart, and the seals.
CREATE TABLE changes (
    -- In the order of arrival; on PostgreSQL not yet the order of commit.
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    organiser_id BLOB NOT NULL,
    transaction_id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id BLOB,
    session_id BLOB,
    actor_name TEXT NOT NULL,
    permission TEXT NOT NULL,
    request_id BLOB NOT NULL,
    action TEXT NOT NULL,
    entity TEXT NOT NULL,
    entity_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    details_hash TEXT NOT NULL,
    -- Dense, in the order of commit; given once by the sequencer.
    position INTEGER
) STRICT;
CREATE UNIQUE INDEX changes_transaction_key ON changes (transaction_id, ordinal);
CREATE UNIQUE INDEX changes_position_key ON changes (position);
CREATE INDEX changes_unsequenced_idx ON changes (arrival) WHERE position IS NULL;
CREATE INDEX changes_entity_idx ON changes (organiser_id, entity, entity_id);

CREATE TABLE change_details (
    organiser_id BLOB NOT NULL,
    transaction_id BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    details TEXT NOT NULL,
    PRIMARY KEY (transaction_id, ordinal)
) STRICT;

-- One chain per organiser. Each seal holds the hash of every change it covers, so that
-- an altered one can be named.
CREATE TABLE change_seals (
    organiser_id BLOB NOT NULL,
    number INTEGER NOT NULL,
    sealed_at INTEGER NOT NULL,
    positions TEXT NOT NULL,
    hashes TEXT NOT NULL,
    previous_seal TEXT NOT NULL,
    seal TEXT NOT NULL,
    PRIMARY KEY (organiser_id, number)
) STRICT;

-- Technical: how far each consumer of the log has read.
CREATE TABLE log_consumers (
    name TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL
) STRICT;

-- Technical: messages on their way out.
CREATE TABLE outbox_messages (
    id BLOB NOT NULL PRIMARY KEY,
    organiser_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    target_id BLOB NOT NULL,
    payload TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    sent_at INTEGER,
    given_up_at INTEGER,
    last_error TEXT
) STRICT;
CREATE INDEX outbox_messages_due_idx ON outbox_messages (next_attempt_at) WHERE sent_at IS NULL AND given_up_at IS NULL;

CREATE TRIGGER changes_are_kept_update BEFORE UPDATE ON changes
WHEN NOT (OLD.position IS NULL AND NEW.position IS NOT NULL
    AND (OLD.arrival, OLD.organiser_id, OLD.transaction_id, OLD.ordinal, OLD.recorded_at, OLD.actor_kind, OLD.actor_name, OLD.permission, OLD.request_id, OLD.action, OLD.entity, OLD.entity_id, OLD.version, OLD.details_hash)
      = (NEW.arrival, NEW.organiser_id, NEW.transaction_id, NEW.ordinal, NEW.recorded_at, NEW.actor_kind, NEW.actor_name, NEW.permission, NEW.request_id, NEW.action, NEW.entity, NEW.entity_id, NEW.version, NEW.details_hash)
    AND OLD.actor_id IS NEW.actor_id AND OLD.session_id IS NEW.session_id)
BEGIN SELECT RAISE(ABORT, 'constraint:changes_are_kept'); END;
CREATE TRIGGER changes_are_kept_delete BEFORE DELETE ON changes
BEGIN SELECT RAISE(ABORT, 'constraint:changes_are_kept'); END;
CREATE TRIGGER change_seals_are_kept_update BEFORE UPDATE ON change_seals
BEGIN SELECT RAISE(ABORT, 'constraint:changes_are_kept'); END;
CREATE TRIGGER change_seals_are_kept_delete BEFORE DELETE ON change_seals
BEGIN SELECT RAISE(ABORT, 'constraint:changes_are_kept'); END;

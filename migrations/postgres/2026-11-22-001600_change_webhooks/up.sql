-- Webhook subscriptions, what was purged from the log, and an order for the list of changes.
CREATE TABLE webhook_subscriptions (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    url TEXT COLLATE "C" NOT NULL,
    -- The words of the change log that it is told of; an empty list for all.
    entities JSONB NOT NULL,
    -- Sealed by the server; never shown again and never in the change log.
    sealed_secret TEXT COLLATE "C" NOT NULL,
    active BOOLEAN NOT NULL,
    PRIMARY KEY (organiser_id, id)
);
CREATE INDEX webhook_subscriptions_modified_idx ON webhook_subscriptions (organiser_id, modified_at, id);

-- Which details were purged. The log notes each purge like any change, and only what
-- stands there counts when the log is verified.
CREATE TABLE detail_purges (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    first_position BIGINT NOT NULL,
    last_position BIGINT NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organiser_id, id)
);

CREATE INDEX changes_organiser_idx ON changes (organiser_id, position);
CREATE INDEX outbox_messages_target_idx ON outbox_messages (target_id);

-- postgres only
CREATE FUNCTION change_details_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the details of a change are never altered' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'change_details_are_kept';
END $$;
CREATE TRIGGER change_details_are_kept BEFORE UPDATE ON change_details FOR EACH ROW EXECUTE FUNCTION change_details_are_kept();
CREATE TRIGGER change_details_are_not_truncated BEFORE TRUNCATE ON change_details FOR EACH STATEMENT EXECUTE FUNCTION change_details_are_kept();
-- A seal has no position to be given: no alteration of it is ever right.
CREATE FUNCTION change_seals_are_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the change log is only ever added to' USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'changes_are_kept';
END $$;
DROP TRIGGER change_seals_are_kept ON change_seals;
DROP TRIGGER change_seals_are_not_truncated ON change_seals;
CREATE TRIGGER change_seals_are_kept BEFORE UPDATE OR DELETE ON change_seals FOR EACH ROW EXECUTE FUNCTION change_seals_are_kept();
CREATE TRIGGER change_seals_are_not_truncated BEFORE TRUNCATE ON change_seals FOR EACH STATEMENT EXECUTE FUNCTION change_seals_are_kept();
-- end

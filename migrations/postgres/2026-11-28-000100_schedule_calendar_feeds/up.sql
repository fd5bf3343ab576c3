-- Calendar feeds (kalenderprenumerationer): addresses at which calendar programs read lessons without logging in.
CREATE TABLE calendar_feeds (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    account_id UUID NOT NULL,
    -- Of a person or of a group. Nothing depends on the group: nobody's feed keeps it from being withdrawn, and of one
    -- that is not there nothing is shown.
    person_id UUID,
    group_id UUID,
    name TEXT COLLATE "C" NOT NULL,
    -- The SHA-256 of the random part of the address.
    secret TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, account_id) REFERENCES accounts (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    CONSTRAINT calendar_feeds_of_one CHECK ((person_id IS NULL) <> (group_id IS NULL))
);
CREATE UNIQUE INDEX calendar_feeds_secret_key ON calendar_feeds (secret);
CREATE INDEX calendar_feeds_account_idx ON calendar_feeds (organiser_id, account_id);
CREATE INDEX calendar_feeds_person_idx ON calendar_feeds (organiser_id, person_id);

-- Nothing begins to name a person who was merged into another meanwhile.
CREATE TRIGGER calendar_feeds_person_id_merged AFTER INSERT OR UPDATE OF person_id ON calendar_feeds
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');

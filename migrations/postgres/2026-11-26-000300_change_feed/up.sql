-- What readers who follow the register can see: for the whole organiser (a unit of zeros), and for those who
-- reach a school unit only. A log consumer keeps it; a row that is not present is a departure.
CREATE TABLE feed_presences (
    organiser_id UUID NOT NULL,
    -- The word of the change log.
    entity TEXT COLLATE "C" NOT NULL,
    entity_id UUID NOT NULL,
    unit_id UUID NOT NULL,
    present BOOLEAN NOT NULL,
    -- When the consumer saw it last: on its own clock, which only goes forward.
    settled_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (organiser_id, entity, entity_id, unit_id)
);
CREATE INDEX feed_presences_settled_idx ON feed_presences (organiser_id, entity, unit_id, settled_at);
CREATE INDEX feed_presences_departed_idx ON feed_presences (organiser_id, present, settled_at);

-- How far the consumer has read, and when: one row.
CREATE TABLE feed_clock (
    name TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    position BIGINT NOT NULL,
    settled_at TIMESTAMPTZ NOT NULL
);

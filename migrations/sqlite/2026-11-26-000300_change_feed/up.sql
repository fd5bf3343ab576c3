-- What readers who follow the register can see: for the whole organiser (a unit of zeros), and for those who
-- reach a school unit only. A log consumer keeps it; a row that is not present is a departure.
CREATE TABLE feed_presences (
    organiser_id BLOB NOT NULL,
    -- The word of the change log.
    entity TEXT NOT NULL,
    entity_id BLOB NOT NULL,
    unit_id BLOB NOT NULL,
    present INTEGER NOT NULL,
    -- When the consumer saw it last: on its own clock, which only goes forward.
    settled_at INTEGER NOT NULL,
    PRIMARY KEY (organiser_id, entity, entity_id, unit_id)
) STRICT;
CREATE INDEX feed_presences_settled_idx ON feed_presences (organiser_id, entity, unit_id, settled_at);
CREATE INDEX feed_presences_departed_idx ON feed_presences (organiser_id, present, settled_at);

-- How far the consumer has read, and when: one row.
CREATE TABLE feed_clock (
    name TEXT NOT NULL PRIMARY KEY,
    position INTEGER NOT NULL,
    settled_at INTEGER NOT NULL
) STRICT;

-- What an organiser has decided about clashes (krockar) of lessons, and rooms that several lessons share on purpose.
CREATE TABLE schedule_settings (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    -- Each ignored, warned or refused.
    teacher_clashes TEXT NOT NULL,
    room_clashes TEXT NOT NULL,
    participant_clashes TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;

ALTER TABLE rooms ADD COLUMN is_shared INTEGER NOT NULL DEFAULT 0;

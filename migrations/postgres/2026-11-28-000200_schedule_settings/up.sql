-- What an organiser has decided about clashes (krockar) of lessons, and rooms that several lessons share on purpose.
CREATE TABLE schedule_settings (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    -- Each ignored, warned or refused.
    teacher_clashes TEXT COLLATE "C" NOT NULL,
    room_clashes TEXT COLLATE "C" NOT NULL,
    participant_clashes TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organiser_id, id)
);

ALTER TABLE rooms ADD COLUMN is_shared BOOLEAN NOT NULL DEFAULT FALSE;

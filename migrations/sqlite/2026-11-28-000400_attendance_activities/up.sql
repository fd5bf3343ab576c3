-- Activity in offerings without lessons (distance): one row for a day on which somebody looked, and in it one for each
-- person. The ids follow from the offering and the day, and from that and the person.
CREATE TABLE activity_days (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    offering_id BLOB NOT NULL,
    day TEXT NOT NULL,
    -- Who saved it last.
    registered_by_id BLOB,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id)
) STRICT;
CREATE INDEX activity_days_offering_idx ON activity_days (organiser_id, offering_id, day);

CREATE TABLE activities (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    activity_day_id BLOB NOT NULL,
    person_id BLOB NOT NULL,
    is_active INTEGER NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, activity_day_id) REFERENCES activity_days (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX activities_day_idx ON activities (organiser_id, activity_day_id);
CREATE INDEX activities_person_idx ON activities (organiser_id, person_id);

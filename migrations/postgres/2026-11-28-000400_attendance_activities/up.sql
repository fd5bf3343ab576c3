-- Activity in offerings without lessons (distance): one row for a day on which somebody looked, and in it one for each
-- person. The ids follow from the offering and the day, and from that and the person.
CREATE TABLE activity_days (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    offering_id UUID NOT NULL,
    day DATE NOT NULL,
    -- Who saved it last.
    registered_by_id UUID,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, offering_id) REFERENCES course_offerings (organiser_id, id)
);
CREATE INDEX activity_days_offering_idx ON activity_days (organiser_id, offering_id, day);

CREATE TABLE activities (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    activity_day_id UUID NOT NULL,
    person_id UUID NOT NULL,
    is_active BOOLEAN NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, activity_day_id) REFERENCES activity_days (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX activities_day_idx ON activities (organiser_id, activity_day_id);
CREATE INDEX activities_person_idx ON activities (organiser_id, person_id);

-- Nothing begins to name a person who was merged into another meanwhile.
CREATE TRIGGER activities_person_id_merged AFTER INSERT OR UPDATE OF person_id ON activities
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');

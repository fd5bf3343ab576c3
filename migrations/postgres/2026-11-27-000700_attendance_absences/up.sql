-- Absence reports (frånvaroanmälan): that somebody is away, and nothing of why.
CREATE TABLE absence_reports (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    extent TEXT COLLATE "C" NOT NULL,
    -- The days of the extents day and days, both included.
    first_day DATE,
    last_day DATE,
    -- The extent span. Single lessons stand in absence_report_lessons.
    starts_at TIMESTAMPTZ,
    ends_at TIMESTAMPTZ,
    -- A relative, the person themselves, or staff who took a call.
    reported_by TEXT COLLATE "C" NOT NULL,
    -- The relative.
    reported_by_id UUID,
    -- The account that entered it.
    entered_by_id UUID,
    reported_at TIMESTAMPTZ NOT NULL,
    ended_at TIMESTAMPTZ,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, reported_by_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX absence_reports_person_idx ON absence_reports (organiser_id, person_id);
CREATE INDEX absence_reports_reported_by_idx ON absence_reports (organiser_id, reported_by_id);

-- The single lessons of a report.
CREATE TABLE absence_report_lessons (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    report_id UUID NOT NULL,
    lesson_id UUID NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, report_id) REFERENCES absence_reports (organiser_id, id),
    FOREIGN KEY (organiser_id, lesson_id) REFERENCES lessons (organiser_id, id)
);
CREATE INDEX absence_report_lessons_report_idx ON absence_report_lessons (organiser_id, report_id);
CREATE INDEX absence_report_lessons_lesson_idx ON absence_report_lessons (organiser_id, lesson_id);

-- Leave (ledighet) that was asked for.
CREATE TABLE leave_requests (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    first_day DATE NOT NULL,
    last_day DATE NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    asked_by_id UUID NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    -- The account that decided, in what capacity, and on which day.
    decided_by_id UUID,
    decider TEXT COLLATE "C",
    decided_on DATE,
    motivation TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, asked_by_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX leave_requests_person_idx ON leave_requests (organiser_id, person_id);
CREATE INDEX leave_requests_asked_by_idx ON leave_requests (organiser_id, asked_by_id);

-- What a relative is told of a pupil's day: at most one, which may be corrected.
CREATE TABLE absence_notices (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    day DATE NOT NULL,
    -- Who is told.
    to_id UUID NOT NULL,
    corrected_at TIMESTAMPTZ,
    receipt_at TIMESTAMPTZ,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, to_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX absence_notices_person_idx ON absence_notices (organiser_id, person_id, day);
CREATE INDEX absence_notices_to_idx ON absence_notices (organiser_id, to_id);

-- A pupil's day of absence of which a person tells those at home.
CREATE TABLE absence_cases (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    day DATE NOT NULL,
    why TEXT COLLATE "C" NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    ended_how TEXT COLLATE "C",
    -- The account that ended it.
    ended_by_id UUID,
    ended_at TIMESTAMPTZ,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX absence_cases_person_idx ON absence_cases (organiser_id, person_id, day);

-- An organiser's settings of attendance; the id is the organiser's.
CREATE TABLE attendance_settings (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    -- How far ahead and for how long absence may be reported.
    report_days_ahead INTEGER NOT NULL,
    report_days_long INTEGER NOT NULL,
    -- Leave of so many days is decided by mentors.
    mentor_leave_days INTEGER NOT NULL,
    PRIMARY KEY (organiser_id, id)
);

-- Nothing begins to name a person who was merged into another meanwhile.
CREATE TRIGGER absence_reports_person_id_merged AFTER INSERT OR UPDATE OF person_id ON absence_reports
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');
CREATE TRIGGER absence_reports_reported_by_id_merged AFTER INSERT OR UPDATE OF reported_by_id ON absence_reports
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('reported_by_id');
CREATE TRIGGER leave_requests_person_id_merged AFTER INSERT OR UPDATE OF person_id ON leave_requests
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');
CREATE TRIGGER leave_requests_asked_by_id_merged AFTER INSERT OR UPDATE OF asked_by_id ON leave_requests
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('asked_by_id');
CREATE TRIGGER absence_notices_person_id_merged AFTER INSERT OR UPDATE OF person_id ON absence_notices
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');
CREATE TRIGGER absence_notices_to_id_merged AFTER INSERT OR UPDATE OF to_id ON absence_notices
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('to_id');
CREATE TRIGGER absence_cases_person_id_merged AFTER INSERT OR UPDATE OF person_id ON absence_cases
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');

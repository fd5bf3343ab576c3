-- Absence reports (frånvaroanmälan): that somebody is away, and nothing of why.
CREATE TABLE absence_reports (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    extent TEXT NOT NULL,
    -- The days of the extents day and days, both included.
    first_day TEXT,
    last_day TEXT,
    -- The extent span. Single lessons stand in absence_report_lessons.
    starts_at INTEGER,
    ends_at INTEGER,
    -- A relative, the person themselves, or staff who took a call.
    reported_by TEXT NOT NULL,
    -- The relative.
    reported_by_id BLOB,
    -- The account that entered it.
    entered_by_id BLOB,
    reported_at INTEGER NOT NULL,
    ended_at INTEGER,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, reported_by_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX absence_reports_person_idx ON absence_reports (organiser_id, person_id);
CREATE INDEX absence_reports_reported_by_idx ON absence_reports (organiser_id, reported_by_id);

-- The single lessons of a report.
CREATE TABLE absence_report_lessons (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    report_id BLOB NOT NULL,
    lesson_id BLOB NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, report_id) REFERENCES absence_reports (organiser_id, id),
    FOREIGN KEY (organiser_id, lesson_id) REFERENCES lessons (organiser_id, id)
) STRICT;
CREATE INDEX absence_report_lessons_report_idx ON absence_report_lessons (organiser_id, report_id);
CREATE INDEX absence_report_lessons_lesson_idx ON absence_report_lessons (organiser_id, lesson_id);

-- Leave (ledighet) that was asked for.
CREATE TABLE leave_requests (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    first_day TEXT NOT NULL,
    last_day TEXT NOT NULL,
    reason TEXT NOT NULL,
    asked_by_id BLOB NOT NULL,
    state TEXT NOT NULL,
    -- The account that decided, in what capacity, and on which day.
    decided_by_id BLOB,
    decider TEXT,
    decided_on TEXT,
    motivation TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, asked_by_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX leave_requests_person_idx ON leave_requests (organiser_id, person_id);
CREATE INDEX leave_requests_asked_by_idx ON leave_requests (organiser_id, asked_by_id);

-- What a relative is told of a pupil's day: at most one, which may be corrected.
CREATE TABLE absence_notices (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    day TEXT NOT NULL,
    -- Who is told.
    to_id BLOB NOT NULL,
    corrected_at INTEGER,
    receipt_at INTEGER,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, to_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX absence_notices_person_idx ON absence_notices (organiser_id, person_id, day);
CREATE INDEX absence_notices_to_idx ON absence_notices (organiser_id, to_id);

-- A pupil's day of absence of which a person tells those at home.
CREATE TABLE absence_cases (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    day TEXT NOT NULL,
    why TEXT NOT NULL,
    state TEXT NOT NULL,
    ended_how TEXT,
    -- The account that ended it.
    ended_by_id BLOB,
    ended_at INTEGER,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX absence_cases_person_idx ON absence_cases (organiser_id, person_id, day);

-- An organiser's settings of attendance; the id is the organiser's.
CREATE TABLE attendance_settings (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    -- How far ahead and for how long absence may be reported.
    report_days_ahead INTEGER NOT NULL,
    report_days_long INTEGER NOT NULL,
    -- Leave of so many days is decided by mentors.
    mentor_leave_days INTEGER NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;

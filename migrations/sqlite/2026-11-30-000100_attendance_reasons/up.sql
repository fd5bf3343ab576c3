-- Why somebody was absent, where the organiser asks for it: apart from what is registered, and forgotten after some days.
-- A forgotten or withdrawn row says that there was a reason, and not which. The id follows from the person and from what it is about.
ALTER TABLE attendance_settings ADD COLUMN reasons_asked INTEGER NOT NULL DEFAULT 0;
ALTER TABLE attendance_settings ADD COLUMN reasons_kept_days INTEGER NOT NULL DEFAULT 14;

CREATE TABLE absence_reasons (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    lesson_id BLOB,
    report_id BLOB,
    day TEXT NOT NULL,
    code TEXT,
    stated_by_id BLOB,
    PRIMARY KEY (organiser_id, id),
    CONSTRAINT absence_reasons_of_one CHECK (lesson_id IS NULL OR report_id IS NULL),
    CONSTRAINT absence_reasons_forgotten CHECK (withdrawn_at IS NULL OR code IS NULL),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, lesson_id) REFERENCES lessons (organiser_id, id),
    FOREIGN KEY (organiser_id, report_id) REFERENCES absence_reports (organiser_id, id)
) STRICT;
CREATE INDEX absence_reasons_person_idx ON absence_reasons (organiser_id, person_id, day);
CREATE INDEX absence_reasons_lesson_idx ON absence_reasons (organiser_id, lesson_id, person_id);
CREATE INDEX absence_reasons_report_idx ON absence_reasons (organiser_id, report_id);
-- Those that are still kept: the rest is never looked for by day.
CREATE INDEX absence_reasons_day_idx ON absence_reasons (organiser_id, day, id) WHERE withdrawn_at IS NULL;

INSERT INTO code_entries
    (table_name, code, valid_from, valid_to, name_sv, name_en, verified, note, least_days, most_days)
VALUES
    ('absence-reason', 'illness', '1900-01-01', NULL, 'Sjukdom', 'Illness', 0, 'Our own list; no public code list was found.', NULL, NULL),
    ('absence-reason', 'care-visit', '1900-01-01', NULL, 'Läkar- eller tandläkarbesök', 'Visit to a doctor or dentist', 0, 'Our own list; no public code list was found.', NULL, NULL),
    ('absence-reason', 'family', '1900-01-01', NULL, 'Familjeskäl', 'Family reasons', 0, 'Our own list; no public code list was found.', NULL, NULL),
    ('absence-reason', 'transport', '1900-01-01', NULL, 'Försenad eller inställd resa', 'Delayed or cancelled transport', 0, 'Our own list; no public code list was found.', NULL, NULL),
    ('absence-reason', 'other', '1900-01-01', NULL, 'Annan orsak', 'Another reason', 0, 'Our own list; no public code list was found.', NULL, NULL);

-- Why somebody was absent, where the organiser asks for it: apart from what is registered, and forgotten after some days.
-- A forgotten or withdrawn row says that there was a reason, and not which. The id follows from the person and from what it is about.
ALTER TABLE attendance_settings ADD COLUMN reasons_asked boolean NOT NULL DEFAULT FALSE;
ALTER TABLE attendance_settings ADD COLUMN reasons_kept_days integer NOT NULL DEFAULT 14;

CREATE TABLE absence_reasons (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    lesson_id UUID,
    report_id UUID,
    day DATE NOT NULL,
    code TEXT COLLATE "C",
    stated_by_id UUID,
    PRIMARY KEY (organiser_id, id),
    CONSTRAINT absence_reasons_of_one CHECK (lesson_id IS NULL OR report_id IS NULL),
    CONSTRAINT absence_reasons_forgotten CHECK (withdrawn_at IS NULL OR code IS NULL),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, lesson_id) REFERENCES lessons (organiser_id, id),
    FOREIGN KEY (organiser_id, report_id) REFERENCES absence_reports (organiser_id, id)
);
CREATE INDEX absence_reasons_person_idx ON absence_reasons (organiser_id, person_id, day);
CREATE INDEX absence_reasons_lesson_idx ON absence_reasons (organiser_id, lesson_id, person_id);
CREATE INDEX absence_reasons_report_idx ON absence_reasons (organiser_id, report_id);
-- Those that are still kept: the rest is never looked for by day.
CREATE INDEX absence_reasons_day_idx ON absence_reasons (organiser_id, day, id) WHERE withdrawn_at IS NULL;

INSERT INTO code_entries
    (table_name, code, valid_from, valid_to, name_sv, name_en, verified, note, least_days, most_days)
VALUES
    ('absence-reason', 'illness', '1900-01-01', NULL, 'Sjukdom', 'Illness', FALSE, 'Our own list; no public code list was found.', NULL, NULL),
    ('absence-reason', 'care-visit', '1900-01-01', NULL, 'Läkar- eller tandläkarbesök', 'Visit to a doctor or dentist', FALSE, 'Our own list; no public code list was found.', NULL, NULL),
    ('absence-reason', 'family', '1900-01-01', NULL, 'Familjeskäl', 'Family reasons', FALSE, 'Our own list; no public code list was found.', NULL, NULL),
    ('absence-reason', 'transport', '1900-01-01', NULL, 'Försenad eller inställd resa', 'Delayed or cancelled transport', FALSE, 'Our own list; no public code list was found.', NULL, NULL),
    ('absence-reason', 'other', '1900-01-01', NULL, 'Annan orsak', 'Another reason', FALSE, 'Our own list; no public code list was found.', NULL, NULL);

-- Nothing begins to name a person who was merged into another meanwhile.
CREATE TRIGGER absence_reasons_person_id_merged AFTER INSERT OR UPDATE OF person_id ON absence_reasons
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');

-- What a participant stated of their education (utbildningsbakgrund), and what the school has certified.
CREATE TABLE education_backgrounds (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    stated_code TEXT,
    stated_evidence TEXT,
    stated_on TEXT,
    certified_code TEXT,
    -- The person who certified it.
    certified_by_id BLOB,
    certified_on TEXT,
    basis TEXT,
    certified_evidence TEXT,
    correction TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, certified_by_id) REFERENCES persons (organiser_id, id)
) STRICT;
-- One for each person.
CREATE UNIQUE INDEX education_backgrounds_person_key ON education_backgrounds (organiser_id, person_id) WHERE withdrawn_at IS NULL;
CREATE INDEX education_backgrounds_certified_by_idx ON education_backgrounds (organiser_id, certified_by_id);

INSERT INTO code_entries
    (table_name, code, valid_from, valid_to, name_sv, name_en, verified, note, least_days, most_days)
VALUES
    ('education-background', 'compulsory-incomplete', '1900-01-01', NULL, 'Ej slutförd grundskola', 'Compulsory school not completed', 0, 'The five labels are those of Folkbildningsrådet''s statistics; the codes are our own: which codes SCB takes is not public.', NULL, NULL),
    ('education-background', 'compulsory', '1900-01-01', NULL, 'Med grundskola', 'Compulsory school completed', 0, 'The five labels are those of Folkbildningsrådet''s statistics; the codes are our own: which codes SCB takes is not public.', NULL, NULL),
    ('education-background', 'upper-secondary-incomplete', '1900-01-01', NULL, 'Ej slutfört gymnasium', 'Upper secondary school not completed', 0, 'The five labels are those of Folkbildningsrådet''s statistics; the codes are our own: which codes SCB takes is not public.', NULL, NULL),
    ('education-background', 'upper-secondary-two-year', '1900-01-01', NULL, 'Med tvåårigt gymnasium', 'Two-year upper secondary school', 0, 'The five labels are those of Folkbildningsrådet''s statistics; the codes are our own: which codes SCB takes is not public.', NULL, NULL),
    ('education-background', 'upper-secondary-three-year', '1900-01-01', NULL, 'Med treårigt gymnasium eller mer', 'Three-year upper secondary school or more', 0, 'The five labels are those of Folkbildningsrådet''s statistics; the codes are our own: which codes SCB takes is not public.', NULL, NULL);

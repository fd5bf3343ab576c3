-- What a participant stated of their education (utbildningsbakgrund), and what the school has certified.
CREATE TABLE education_backgrounds (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    stated_code TEXT COLLATE "C",
    stated_evidence TEXT COLLATE "C",
    stated_on DATE,
    certified_code TEXT COLLATE "C",
    -- The person who certified it.
    certified_by_id UUID,
    certified_on DATE,
    basis TEXT COLLATE "C",
    certified_evidence TEXT COLLATE "C",
    correction TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, certified_by_id) REFERENCES persons (organiser_id, id)
);
-- One for each person.
CREATE UNIQUE INDEX education_backgrounds_person_key ON education_backgrounds (organiser_id, person_id) WHERE withdrawn_at IS NULL;
CREATE INDEX education_backgrounds_certified_by_idx ON education_backgrounds (organiser_id, certified_by_id);

INSERT INTO code_entries
    (table_name, code, valid_from, valid_to, name_sv, name_en, verified, note, least_days, most_days)
VALUES
    ('education-background', 'compulsory-incomplete', '1900-01-01', NULL, 'Ej slutförd grundskola', 'Compulsory school not completed', FALSE, 'The five labels are those of Folkbildningsrådet''s statistics; the codes are our own: which codes SCB takes is not public.', NULL, NULL),
    ('education-background', 'compulsory', '1900-01-01', NULL, 'Med grundskola', 'Compulsory school completed', FALSE, 'The five labels are those of Folkbildningsrådet''s statistics; the codes are our own: which codes SCB takes is not public.', NULL, NULL),
    ('education-background', 'upper-secondary-incomplete', '1900-01-01', NULL, 'Ej slutfört gymnasium', 'Upper secondary school not completed', FALSE, 'The five labels are those of Folkbildningsrådet''s statistics; the codes are our own: which codes SCB takes is not public.', NULL, NULL),
    ('education-background', 'upper-secondary-two-year', '1900-01-01', NULL, 'Med tvåårigt gymnasium', 'Two-year upper secondary school', FALSE, 'The five labels are those of Folkbildningsrådet''s statistics; the codes are our own: which codes SCB takes is not public.', NULL, NULL),
    ('education-background', 'upper-secondary-three-year', '1900-01-01', NULL, 'Med treårigt gymnasium eller mer', 'Three-year upper secondary school or more', FALSE, 'The five labels are those of Folkbildningsrådet''s statistics; the codes are our own: which codes SCB takes is not public.', NULL, NULL);

-- Nothing begins to name a person who was merged into another meanwhile.
CREATE TRIGGER education_backgrounds_person_id_merged AFTER INSERT OR UPDATE OF person_id ON education_backgrounds
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');
CREATE TRIGGER education_backgrounds_certified_by_id_merged AFTER INSERT OR UPDATE OF certified_by_id ON education_backgrounds
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('certified_by_id');

-- What the code tables begin with. Later decisions come as migrations of their own: an entry ends,
-- and another of the same code may begin.
INSERT INTO code_entries
    (table_name, code, valid_from, valid_to, name_sv, name_en, verified, note, least_days, most_days)
VALUES
    ('school-type', 'FS', '1900-01-01', NULL, 'Förskola', 'Preschool', TRUE, NULL, NULL, NULL),
    ('school-type', 'FKLASS', '1900-01-01', NULL, 'Förskoleklass', 'Preschool class', TRUE, NULL, NULL, NULL),
    ('school-type', 'FTH', '1900-01-01', NULL, 'Fritidshem', 'School-age educare', TRUE, NULL, NULL, NULL),
    ('school-type', 'OPPFTH', '1900-01-01', NULL, 'Öppen fritidsverksamhet', 'Open leisure-time activity', TRUE, NULL, NULL, NULL),
    ('school-type', 'GR', '1900-01-01', NULL, 'Grundskola', 'Compulsory school', TRUE, NULL, NULL, NULL),
    ('school-type', 'GRS', '1900-01-01', NULL, 'Grundsärskola', 'Compulsory school for pupils with intellectual disabilities', TRUE, 'Now called anpassad grundskola, see GRAN; SS 12000 keeps this code.', NULL, NULL),
    ('school-type', 'GRAN', '2023-07-02', NULL, 'Anpassad grundskola', 'Adapted compulsory school', FALSE, 'Used by Skolverket''s open data, not by SS 12000 version 2.1. The year 2023 is public; the day is not checked.', NULL, NULL),
    ('school-type', 'TR', '1900-01-01', NULL, 'Träningsskolan', 'Training school', TRUE, NULL, NULL, NULL),
    ('school-type', 'SP', '1900-01-01', NULL, 'Specialskola', 'Special school', TRUE, NULL, NULL, NULL),
    ('school-type', 'SAM', '1900-01-01', NULL, 'Sameskola', 'Sámi school', TRUE, NULL, NULL, NULL),
    ('school-type', 'GY', '1900-01-01', NULL, 'Gymnasieskola', 'Upper secondary school', TRUE, NULL, NULL, NULL),
    ('school-type', 'GYS', '1900-01-01', NULL, 'Gymnasiesärskola', 'Upper secondary school for pupils with intellectual disabilities', TRUE, 'Now called anpassad gymnasieskola, see GYAN; SS 12000 keeps this code.', NULL, NULL),
    ('school-type', 'GYAN', '2023-07-02', NULL, 'Anpassad gymnasieskola', 'Adapted upper secondary school', FALSE, 'Used by Skolverket''s open data, not by SS 12000 version 2.1. The year 2023 is public; the day is not checked.', NULL, NULL),
    ('school-type', 'VUX', '1900-01-01', NULL, 'Kommunal vuxenutbildning', 'Municipal adult education', TRUE, NULL, NULL, NULL),
    ('school-type', 'VUXSFI', '1900-01-01', NULL, 'Kommunal vuxenutbildning i svenska för invandrare', 'Municipal adult education in Swedish for immigrants', TRUE, NULL, NULL, NULL),
    ('school-type', 'VUXGR', '1900-01-01', NULL, 'Kommunal vuxenutbildning på grundläggande nivå', 'Municipal adult education at basic level', TRUE, NULL, NULL, NULL),
    ('school-type', 'VUXGY', '1900-01-01', NULL, 'Kommunal vuxenutbildning på gymnasial nivå', 'Municipal adult education at upper secondary level', TRUE, NULL, NULL, NULL),
    ('school-type', 'VUXSARGR', '1900-01-01', NULL, 'Kommunal vuxenutbildning som särskild utbildning på grundläggande nivå', 'Municipal adult education as special education at basic level', TRUE, 'Now called anpassad utbildning, see VUXGRAN; SS 12000 keeps this code.', NULL, NULL),
    ('school-type', 'VUXGRAN', '2023-07-02', NULL, 'Kommunal vuxenutbildning som anpassad utbildning på grundläggande nivå', 'Municipal adult education as adapted education at basic level', FALSE, 'Used by Skolverket''s open data, not by SS 12000 version 2.1. The year 2023 is public; the day is not checked.', NULL, NULL),
    ('school-type', 'VUXSARTR', '1900-01-01', NULL, 'Kommunal vuxenutbildning som särskild utbildning som motsvarar träningsskolan', 'Municipal adult education as special education equivalent to training school', TRUE, NULL, NULL, NULL),
    ('school-type', 'VUXSARGY', '1900-01-01', NULL, 'Kommunal vuxenutbildning som särskild utbildning på gymnasial nivå', 'Municipal adult education as special education at upper secondary level', TRUE, 'Now called anpassad utbildning, see VUXGYAN; SS 12000 keeps this code.', NULL, NULL),
    ('school-type', 'VUXGYAN', '2023-07-02', NULL, 'Kommunal vuxenutbildning som anpassad utbildning på gymnasial nivå', 'Municipal adult education as adapted education at upper secondary level', FALSE, 'Used by Skolverket''s open data, not by SS 12000 version 2.1. The year 2023 is public; the day is not checked.', NULL, NULL),
    ('school-type', 'SFI', '1900-01-01', NULL, 'Utbildning i svenska för invandrare', 'Swedish for immigrants', TRUE, NULL, NULL, NULL),
    ('school-type', 'SARVUX', '1900-01-01', NULL, 'Särskild utbildning för vuxna', 'Special education for adults', TRUE, NULL, NULL, NULL),
    ('school-type', 'SARVUXGR', '1900-01-01', NULL, 'Särskild utbildning för vuxna på grundläggande nivå', 'Special education for adults, basic level', TRUE, NULL, NULL, NULL),
    ('school-type', 'SARVUXGY', '1900-01-01', NULL, 'Särskild utbildning för vuxna på gymnasial nivå', 'Special education for adults, upper secondary level', TRUE, NULL, NULL, NULL),
    ('school-type', 'KU', '1900-01-01', NULL, 'Kulturskola', 'School of arts and culture', TRUE, NULL, NULL, NULL),
    ('school-type', 'YH', '1900-01-01', NULL, 'Yrkeshögskola', 'Higher vocational education', TRUE, NULL, NULL, NULL),
    ('school-type', 'FHS', '1900-01-01', NULL, 'Folkhögskola', 'Folk high school', TRUE, NULL, NULL, NULL),
    ('school-type', 'STF', '1900-01-01', NULL, 'Studieförbund', 'Adult education association', TRUE, NULL, NULL, NULL),
    ('school-type', 'KKU', '1900-01-01', NULL, 'Konst- och kulturutbildning', 'Arts and culture education', TRUE, NULL, NULL, NULL),
    ('school-type', 'HS', '1900-01-01', NULL, 'Högskola', 'Higher education institution', TRUE, NULL, NULL, NULL),
    ('school-type', 'ABU', '1900-01-01', NULL, 'Arbetsmarknadsutbildning', 'Labour market training', TRUE, NULL, NULL, NULL),
    ('school-type', 'AU', '1900-01-01', NULL, 'Annan undervisning', 'Other education', TRUE, NULL, NULL, NULL);

INSERT INTO code_entries
    (table_name, code, valid_from, valid_to, name_sv, name_en, verified, note, least_days, most_days)
VALUES
    ('course-type', '1', '2019-01-01', NULL, 'Allmän kurs, 15 dagar eller längre', 'General course, 15 days or longer', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', 15, NULL),
    ('course-type', '2', '2019-01-01', NULL, 'Särskild kurs, 15 dagar eller längre', 'Special course, 15 days or longer', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', 15, NULL),
    ('course-type', '3', '2019-01-01', NULL, 'Korta kurser, 1–14 dagar', 'Short courses, 1 to 14 days', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', 1, 14),
    ('course-type', '4', '1900-01-01', '2017-12-31', 'Extra platser, allmän kurs', 'Extra places, general course', TRUE, 'Discontinued in January 2018 according to SCB; the first day is not stated.', NULL, NULL),
    ('course-type', '7', '2019-01-01', NULL, 'Uppdrag från Arbetsförmedlingen eller Försäkringskassan', 'Commissioned by the Public Employment Service or the Social Insurance Agency', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', NULL, NULL),
    ('course-type', '8', '2019-01-01', NULL, 'Uppdrag från landsting, kommun eller Migrationsverket', 'Commissioned by a region, a municipality or the Migration Agency', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', NULL, NULL),
    ('course-type', '9', '2019-01-01', NULL, 'Uppdrag, övrigt', 'Commissioned, other', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', NULL, NULL),
    ('course-type', '11', '2019-01-01', NULL, 'Kulturprogram', 'Cultural programme', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', NULL, NULL),
    ('course-type', '15', '2019-01-01', NULL, 'Studiemotiverande folkhögskolekurs, 16–24 år', 'Study motivation course, ages 16 to 24', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', NULL, NULL),
    ('course-type', '16', '2019-01-01', NULL, 'Studiemotiverande folkhögskolekurs, 25 år och äldre', 'Study motivation course, age 25 and over', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', NULL, NULL),
    ('course-type', '21', '2019-01-01', NULL, 'Etableringskurs', 'Introduction course for new arrivals', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', NULL, NULL),
    ('course-type', '22', '1900-01-01', '2017-12-31', 'Extra platser, särskild kurs', 'Extra places, special course', TRUE, 'Discontinued in January 2018 according to SCB; the first day is not stated.', NULL, NULL),
    ('course-type', '23', '2019-01-01', NULL, 'Yrkeshögskolekurs', 'Higher vocational education course', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', NULL, NULL),
    ('course-type', '24', '2019-01-01', NULL, 'Introduktionsprogram, gymnasieskolan', 'Introductory programme of upper secondary school', FALSE, 'Sources conflict: SCB''s page says discontinued from the autumn term of 2018, the list from January 2019 still shows it.', NULL, NULL),
    ('course-type', '25', '2019-01-01', NULL, 'Bristyrkeskurs', 'Course for an occupation in shortage', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', NULL, NULL),
    ('course-type', '26', '2019-01-01', NULL, 'Svenska från dag ett, lång kurs', 'Swedish from day one, long course', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', NULL, NULL),
    ('course-type', '27', '2019-01-01', NULL, 'Svenska från dag ett, kort kurs', 'Swedish from day one, short course', TRUE, 'SCB, variabelförteckning från januari 2019; use before that is not checked.', NULL, NULL),
    ('course-type', '28', '2019-01-01', NULL, 'Svenska för invandrare i egen regi', 'Swedish for immigrants under the school''s own name', FALSE, 'Sources conflict: SCB''s page says discontinued from the autumn term of 2018, the list from January 2019 still shows it.', NULL, NULL);

INSERT INTO code_entries
    (table_name, code, valid_from, valid_to, name_sv, name_en, verified, note, least_days, most_days)
VALUES
    ('school-unit-code-kind', 'school-unit-code', '1900-01-01', NULL, 'Skolenhetskod', 'School unit code', TRUE, 'Eight digits, given by Skolverket''s register of school units.', NULL, NULL),
    ('school-unit-code-kind', 'scb-school-code', '1900-01-01', NULL, 'Skolkod hos SCB', 'School code with Statistics Sweden', TRUE, 'Given by SCB to each folk high school. How it is written is not public.', NULL, NULL),
    ('school-unit-code-kind', 'csn-school-code', '1900-01-01', NULL, 'Skolkod hos CSN', 'School code with the Board of Student Finance', FALSE, 'Asked for on CSN''s forms. How it is written is not public.', NULL, NULL),
    ('school-unit-code-kind', 'local-code', '1900-01-01', NULL, 'Huvudmannens egen kod', 'The organiser''s own code', TRUE, NULL, NULL, NULL);

INSERT INTO code_entries
    (table_name, code, valid_from, valid_to, name_sv, name_en, verified, note, least_days, most_days)
VALUES
    ('funding-source', 'state-grant', '1900-01-01', NULL, 'Statsbidrag', 'State grant', FALSE, 'Our own list; no public code list was found.', NULL, NULL),
    ('funding-source', 'municipality', '1900-01-01', NULL, 'Kommun', 'Municipality', FALSE, 'Our own list; no public code list was found.', NULL, NULL),
    ('funding-source', 'region', '1900-01-01', NULL, 'Region', 'Region', FALSE, 'Our own list; no public code list was found.', NULL, NULL),
    ('funding-source', 'employment-service', '1900-01-01', NULL, 'Arbetsförmedlingen', 'Public Employment Service', FALSE, 'Our own list; no public code list was found.', NULL, NULL),
    ('funding-source', 'social-insurance', '1900-01-01', NULL, 'Försäkringskassan', 'Social Insurance Agency', FALSE, 'Our own list; no public code list was found.', NULL, NULL),
    ('funding-source', 'migration-agency', '1900-01-01', NULL, 'Migrationsverket', 'Migration Agency', FALSE, 'Our own list; no public code list was found.', NULL, NULL),
    ('funding-source', 'commission', '1900-01-01', NULL, 'Annan uppdragsgivare', 'Another commissioning body', FALSE, 'Our own list; no public code list was found.', NULL, NULL),
    ('funding-source', 'own-fee', '1900-01-01', NULL, 'Egen avgift', 'Participant''s own fee', FALSE, 'Our own list; no public code list was found.', NULL, NULL),
    ('funding-source', 'other', '1900-01-01', NULL, 'Annan finansiering', 'Other funding', FALSE, 'Our own list; no public code list was found.', NULL, NULL);

-- Sites and controllers are found by the words of their name, and stand in Swedish order, as school
-- units do. No interface has entered any of them before; the keys are computed by the program.
ALTER TABLE controllers ADD COLUMN name_sort_key TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE controllers ADD COLUMN name_search_key TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE sites ADD COLUMN name_search_key TEXT COLLATE "C" NOT NULL DEFAULT '';

-- School units are found by any code they have or had: each code on a line of its own.
ALTER TABLE school_units ADD COLUMN code_search_key TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE school_units SET code_search_key = coalesce(
    (SELECT E'\n' || string_agg(lower(entry ->> 'value'), E'\n' ORDER BY place) || E'\n' FROM jsonb_array_elements(codes) WITH ORDINALITY AS listed (entry, place)),
    '');

-- Addresses over time, each a record of its own: what happens to one leaves no trace in the person's
-- version, which others may see who may not see the address.
CREATE TABLE person_addresses (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    care_of TEXT COLLATE "C",
    street_lines JSONB NOT NULL,
    postal_code TEXT COLLATE "C",
    city TEXT COLLATE "C" NOT NULL,
    country TEXT COLLATE "C" NOT NULL,
    -- Its first two digits are the region's.
    municipality_code TEXT COLLATE "C",
    valid_from DATE NOT NULL,
    valid_to DATE,
    source TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX person_addresses_person_idx ON person_addresses (organiser_id, person_id);
CREATE INDEX person_addresses_place_idx ON person_addresses (organiser_id, country, postal_code);
CREATE INDEX person_addresses_from_idx ON person_addresses (organiser_id, valid_from, id);
CREATE INDEX person_addresses_modified_idx ON person_addresses (organiser_id, modified_at, id);

-- What stood in the persons' rows.
INSERT INTO person_addresses
SELECT
    p.organiser_id, gen_random_uuid(), 1, p.modified_at, p.modified_at, NULL, p.id,
    a.value ->> 'kind',
    a.value ->> 'careOf',
    a.value -> 'streetLines',
    a.value ->> 'postalCode',
    a.value ->> 'city',
    a.value ->> 'country',
    a.value ->> 'municipalityCode',
    (a.value ->> 'from')::date,
    (a.value ->> 'to')::date,
    a.value ->> 'source'
FROM persons p, jsonb_array_elements(p.contact -> 'addresses') AS a (value);

-- Nothing begins to name a person who was merged into another meanwhile.
CREATE TRIGGER person_addresses_person_id_merged AFTER INSERT OR UPDATE OF person_id ON person_addresses
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');

-- Numbers and e-mail addresses get a kind and a source. Nobody has said the kind of those there are: a
-- Swedish mobile number tells by itself, the others are of another kind. Who is known to another system
-- came from there.
CREATE FUNCTION told_emails(list JSONB, source TEXT) RETURNS JSONB LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('address', e.value, 'kind', 'other', 'source', source) ORDER BY e.place), '[]')
    FROM jsonb_array_elements(list) WITH ORDINALITY AS e (value, place)
$$;
CREATE FUNCTION told_phones(list JSONB, source TEXT) RETURNS JSONB LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object(
        'number', e.value,
        'kind', CASE WHEN regexp_replace(e.value #>> '{}', '[^0-9+]', '', 'g') ~ '^(07[0-9]{8}|\+467[0-9]{8}|\+4607[0-9]{8}|00467[0-9]{8})$'
            THEN 'mobile' ELSE 'other' END,
        'source', source) ORDER BY e.place), '[]')
    FROM jsonb_array_elements(list) WITH ORDINALITY AS e (value, place)
$$;
UPDATE persons SET contact = jsonb_build_object(
    'emails', told_emails(persons.contact -> 'emails', told.source),
    'phones', told_phones(persons.contact -> 'phones', told.source))
FROM (
    SELECT p.organiser_id, p.id, CASE WHEN EXISTS (SELECT 1 FROM external_identifiers x
        WHERE x.organiser_id = p.organiser_id AND x.entity = 'person' AND x.entity_id = p.id AND x.withdrawn_at IS NULL)
        THEN 'import' ELSE 'staff' END AS source
    FROM persons p
) AS told
WHERE told.organiser_id = persons.organiser_id AND told.id = persons.id;

-- So with what a merge added; the addresses among it stay with the person who was kept.
UPDATE person_merges SET added = jsonb_set(added, '{contact}', jsonb_build_object(
    'emails', told_emails(added #> '{contact,emails}', 'staff'),
    'phones', told_phones(added #> '{contact,phones}', 'staff')));

-- And with what waits for review: a new person comes with addresses, a change no longer holds any.
UPDATE person_reviews SET entry = jsonb_set(entry, '{contact,emails}', told_emails(entry #> '{contact,emails}', 'staff'))
WHERE jsonb_typeof(entry #> '{contact,emails}') = 'array';
UPDATE person_reviews SET entry = jsonb_set(entry, '{contact,phones}', told_phones(entry #> '{contact,phones}', 'staff'))
WHERE jsonb_typeof(entry #> '{contact,phones}') = 'array';
UPDATE person_reviews SET entry = jsonb_set(entry, '{addresses}', entry #> '{contact,addresses}')
WHERE kind = 'create' AND jsonb_typeof(entry #> '{contact,addresses}') = 'array';
UPDATE person_reviews SET entry = entry #- '{contact,addresses}'
WHERE entry #> '{contact,addresses}' IS NOT NULL;

DROP FUNCTION told_emails;
DROP FUNCTION told_phones;

CREATE FUNCTION bare(list JSONB, member TEXT) RETURNS JSONB LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(e.value -> member ORDER BY e.place), '[]')
    FROM jsonb_array_elements(list) WITH ORDINALITY AS e (value, place)
$$;
UPDATE person_reviews SET entry = jsonb_set(entry, '{contact}',
    jsonb_set(coalesce(entry -> 'contact', '{}'), '{addresses}', entry -> 'addresses'))
WHERE kind = 'create' AND jsonb_typeof(entry -> 'addresses') = 'array';
UPDATE person_reviews SET entry = entry - 'addresses' WHERE entry ? 'addresses';
UPDATE person_reviews SET entry = jsonb_set(entry, '{contact,phones}', bare(entry #> '{contact,phones}', 'number'))
WHERE jsonb_typeof(entry #> '{contact,phones}') = 'array';
UPDATE person_reviews SET entry = jsonb_set(entry, '{contact,emails}', bare(entry #> '{contact,emails}', 'address'))
WHERE jsonb_typeof(entry #> '{contact,emails}') = 'array';

UPDATE person_merges SET added = jsonb_set(added, '{contact}', jsonb_build_object(
    'emails', bare(added #> '{contact,emails}', 'address'),
    'phones', bare(added #> '{contact,phones}', 'number'),
    'addresses', '[]'::jsonb));

UPDATE persons SET contact = jsonb_build_object(
    'emails', bare(contact -> 'emails', 'address'),
    'phones', bare(contact -> 'phones', 'number'),
    'addresses', (SELECT coalesce(jsonb_agg(jsonb_build_object(
        'kind', a.kind, 'careOf', a.care_of, 'streetLines', a.street_lines, 'postalCode', a.postal_code,
        'city', a.city, 'country', a.country, 'municipalityCode', a.municipality_code,
        'from', a.valid_from, 'to', a.valid_to, 'source', a.source)), '[]')
        FROM person_addresses a
        WHERE a.organiser_id = persons.organiser_id AND a.person_id = persons.id AND a.withdrawn_at IS NULL));

DROP FUNCTION bare;
DROP TABLE person_addresses;

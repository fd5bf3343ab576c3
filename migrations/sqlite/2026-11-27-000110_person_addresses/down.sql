UPDATE person_reviews SET entry = json_set(entry, '$.contact', json_set(coalesce(json_extract(entry, '$.contact'), '{}'), '$.addresses', json_extract(entry, '$.addresses')))
WHERE kind = 'create' AND json_type(entry, '$.addresses') = 'array';
UPDATE person_reviews SET entry = json_remove(entry, '$.addresses')
WHERE json_type(entry, '$.addresses') IS NOT NULL;
UPDATE person_reviews SET entry = json_set(entry, '$.contact.phones', json((SELECT json_group_array(json_extract(n.value, '$.number')) FROM (SELECT e.value AS value FROM json_each(entry, '$.contact.phones') e ORDER BY e.key) n)))
WHERE json_type(entry, '$.contact.phones') = 'array';
UPDATE person_reviews SET entry = json_set(entry, '$.contact.emails', json((SELECT json_group_array(json_extract(n.value, '$.address')) FROM (SELECT e.value AS value FROM json_each(entry, '$.contact.emails') e ORDER BY e.key) n)))
WHERE json_type(entry, '$.contact.emails') = 'array';

UPDATE person_merges SET added = json_set(added, '$.contact', json_object(
    'emails', json((SELECT json_group_array(json_extract(n.value, '$.address')) FROM (SELECT e.value AS value FROM json_each(added, '$.contact.emails') e ORDER BY e.key) n)),
    'phones', json((SELECT json_group_array(json_extract(n.value, '$.number')) FROM (SELECT e.value AS value FROM json_each(added, '$.contact.phones') e ORDER BY e.key) n)),
    'addresses', json('[]')));

UPDATE persons SET contact = json_object(
    'emails', json((SELECT json_group_array(json_extract(n.value, '$.address')) FROM (SELECT e.value AS value FROM json_each(persons.contact, '$.emails') e ORDER BY e.key) n)),
    'phones', json((SELECT json_group_array(json_extract(n.value, '$.number')) FROM (SELECT e.value AS value FROM json_each(persons.contact, '$.phones') e ORDER BY e.key) n)),
    'addresses', json((SELECT json_group_array(json_object(
        'kind', a.kind, 'careOf', a.care_of, 'streetLines', json(a.street_lines), 'postalCode', a.postal_code,
        'city', a.city, 'country', a.country, 'municipalityCode', a.municipality_code,
        'from', a.valid_from, 'to', a.valid_to, 'source', a.source))
        FROM person_addresses a
        WHERE a.organiser_id = persons.organiser_id AND a.person_id = persons.id AND a.withdrawn_at IS NULL)));

DROP TABLE person_addresses;

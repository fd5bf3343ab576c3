-- Addresses over time, each a record of its own: what happens to one leaves no trace in the person's
-- version, which others may see who may not see the address.
CREATE TABLE person_addresses (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    care_of TEXT,
    street_lines TEXT NOT NULL,
    postal_code TEXT,
    city TEXT NOT NULL,
    country TEXT NOT NULL,
    -- Its first two digits are the region's.
    municipality_code TEXT,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    source TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX person_addresses_person_idx ON person_addresses (organiser_id, person_id);
CREATE INDEX person_addresses_place_idx ON person_addresses (organiser_id, country, postal_code);
CREATE INDEX person_addresses_from_idx ON person_addresses (organiser_id, valid_from, id);
CREATE INDEX person_addresses_modified_idx ON person_addresses (organiser_id, modified_at, id);

-- What stood in the persons' rows.
INSERT INTO person_addresses
SELECT
    p.organiser_id,
    -- A random UUID.
    unhex(hex(randomblob(6)) || '4' || substr(hex(randomblob(2)), 2) || substr('89AB', 1 + abs(random() % 4), 1)
        || substr(hex(randomblob(2)), 2) || hex(randomblob(6))),
    1, p.modified_at, p.modified_at, NULL, p.id,
    json_extract(a.value, '$.kind'),
    json_extract(a.value, '$.careOf'),
    json_extract(a.value, '$.streetLines'),
    json_extract(a.value, '$.postalCode'),
    json_extract(a.value, '$.city'),
    json_extract(a.value, '$.country'),
    json_extract(a.value, '$.municipalityCode'),
    json_extract(a.value, '$.from'),
    json_extract(a.value, '$.to'),
    json_extract(a.value, '$.source')
FROM persons p, json_each(p.contact, '$.addresses') a;

-- Numbers and e-mail addresses get a kind and a source. Nobody has said the kind of those there are: a
-- Swedish mobile number tells by itself, the others are of another kind. Who is known to another system
-- came from there.
UPDATE persons SET contact = json_object(
    'emails', json((SELECT json_group_array(json_object('address', n.value, 'kind', 'other', 'source', CASE WHEN EXISTS (SELECT 1 FROM external_identifiers x WHERE x.organiser_id = persons.organiser_id
            AND x.entity = 'person' AND x.entity_id = persons.id AND x.withdrawn_at IS NULL) THEN 'import' ELSE 'staff' END)) FROM (
        SELECT e.value AS value, replace(replace(replace(replace(replace(replace(replace(e.value, ' ', ''), '-', ''), '.', ''), '/', ''), '(', ''), ')', ''), char(160), '') AS digits
        FROM json_each(persons.contact, '$.emails') e ORDER BY e.key) n)),
    'phones', json((SELECT json_group_array(json_object('number', n.value, 'kind', CASE WHEN n.digits GLOB '07*' AND length(n.digits) = 10 OR n.digits GLOB '+467*' AND length(n.digits) = 12
            OR n.digits GLOB '+4607*' AND length(n.digits) = 13 OR n.digits GLOB '00467*' AND length(n.digits) = 13
            THEN 'mobile' ELSE 'other' END, 'source', CASE WHEN EXISTS (SELECT 1 FROM external_identifiers x WHERE x.organiser_id = persons.organiser_id
            AND x.entity = 'person' AND x.entity_id = persons.id AND x.withdrawn_at IS NULL) THEN 'import' ELSE 'staff' END)) FROM (
        SELECT e.value AS value, replace(replace(replace(replace(replace(replace(replace(e.value, ' ', ''), '-', ''), '.', ''), '/', ''), '(', ''), ')', ''), char(160), '') AS digits
        FROM json_each(persons.contact, '$.phones') e ORDER BY e.key) n)));

-- So with what a merge added; the addresses among it stay with the person who was kept.
UPDATE person_merges SET added = json_set(added, '$.contact', json_object(
    'emails', json((SELECT json_group_array(json_object('address', n.value, 'kind', 'other', 'source', 'staff')) FROM (
        SELECT e.value AS value, replace(replace(replace(replace(replace(replace(replace(e.value, ' ', ''), '-', ''), '.', ''), '/', ''), '(', ''), ')', ''), char(160), '') AS digits
        FROM json_each(added, '$.contact.emails') e ORDER BY e.key) n)),
    'phones', json((SELECT json_group_array(json_object('number', n.value, 'kind', CASE WHEN n.digits GLOB '07*' AND length(n.digits) = 10 OR n.digits GLOB '+467*' AND length(n.digits) = 12
            OR n.digits GLOB '+4607*' AND length(n.digits) = 13 OR n.digits GLOB '00467*' AND length(n.digits) = 13
            THEN 'mobile' ELSE 'other' END, 'source', 'staff')) FROM (
        SELECT e.value AS value, replace(replace(replace(replace(replace(replace(replace(e.value, ' ', ''), '-', ''), '.', ''), '/', ''), '(', ''), ')', ''), char(160), '') AS digits
        FROM json_each(added, '$.contact.phones') e ORDER BY e.key) n))));

-- And with what waits for review: a new person comes with addresses, a change no longer holds any.
UPDATE person_reviews SET entry = json_set(entry, '$.contact.emails', json((SELECT json_group_array(json_object('address', n.value, 'kind', 'other', 'source', 'staff')) FROM (
        SELECT e.value AS value, replace(replace(replace(replace(replace(replace(replace(e.value, ' ', ''), '-', ''), '.', ''), '/', ''), '(', ''), ')', ''), char(160), '') AS digits
        FROM json_each(entry, '$.contact.emails') e ORDER BY e.key) n)))
WHERE json_type(entry, '$.contact.emails') = 'array';
UPDATE person_reviews SET entry = json_set(entry, '$.contact.phones', json((SELECT json_group_array(json_object('number', n.value, 'kind', CASE WHEN n.digits GLOB '07*' AND length(n.digits) = 10 OR n.digits GLOB '+467*' AND length(n.digits) = 12
            OR n.digits GLOB '+4607*' AND length(n.digits) = 13 OR n.digits GLOB '00467*' AND length(n.digits) = 13
            THEN 'mobile' ELSE 'other' END, 'source', 'staff')) FROM (
        SELECT e.value AS value, replace(replace(replace(replace(replace(replace(replace(e.value, ' ', ''), '-', ''), '.', ''), '/', ''), '(', ''), ')', ''), char(160), '') AS digits
        FROM json_each(entry, '$.contact.phones') e ORDER BY e.key) n)))
WHERE json_type(entry, '$.contact.phones') = 'array';
UPDATE person_reviews SET entry = json_set(entry, '$.addresses', json_extract(entry, '$.contact.addresses'))
WHERE kind = 'create' AND json_type(entry, '$.contact.addresses') = 'array';
UPDATE person_reviews SET entry = json_remove(entry, '$.contact.addresses')
WHERE json_type(entry, '$.contact.addresses') IS NOT NULL;

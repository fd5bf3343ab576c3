-- How a protected person is handled: the name that is shown, who answers for it, who is cleared to know.
CREATE TABLE handling_plans (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    alias_word TEXT NOT NULL,
    alias_number INTEGER NOT NULL,
    -- alias, chosen or own.
    shown TEXT NOT NULL,
    chosen_given_name TEXT,
    chosen_family_name TEXT,
    -- Of the name that is shown; null for the person's own.
    name_sort_key TEXT,
    responsible_id BLOB,
    home TEXT,
    notes TEXT,
    -- Null as long as nobody has made a plan.
    reviewed_on TEXT,
    review_due TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, responsible_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE UNIQUE INDEX handling_plans_person_idx ON handling_plans (organiser_id, person_id);
CREATE UNIQUE INDEX handling_plans_alias_idx ON handling_plans (organiser_id, alias_word, alias_number);
CREATE INDEX handling_plans_responsible_idx ON handling_plans (organiser_id, responsible_id);
CREATE INDEX handling_plans_due_idx ON handling_plans (organiser_id, review_due, id);

-- The members of staff who may know, beside those who hold the permission.
CREATE TABLE handling_plan_staff (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    plan_id BLOB NOT NULL,
    staff_id BLOB NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, plan_id) REFERENCES handling_plans (organiser_id, id),
    FOREIGN KEY (organiser_id, staff_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX handling_plan_staff_plan_idx ON handling_plan_staff (organiser_id, plan_id);
CREATE INDEX handling_plan_staff_staff_idx ON handling_plan_staff (organiser_id, staff_id);

-- Relatives who are cleared to know of a protected person.
CREATE TABLE clearings (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    relative_id BLOB NOT NULL,
    state TEXT NOT NULL,
    reason TEXT NOT NULL,
    entered_by_id BLOB,
    decided_by_id BLOB,
    decision_note TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, relative_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX clearings_person_idx ON clearings (organiser_id, person_id);
CREATE INDEX clearings_relative_idx ON clearings (organiser_id, relative_id);

-- One row for an organiser that has decided how often plans are reviewed.
CREATE TABLE handling_plan_settings (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    interval_months INTEGER NOT NULL,
    decided_on TEXT NOT NULL,
    decision TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;

-- Those who are protected already get an alias too, in no order that tells anything.
INSERT INTO handling_plans (
    organiser_id, id, version, created_at, modified_at, person_id, alias_word, alias_number, shown, name_sort_key, review_due
)
SELECT p.organiser_id, randomblob(16), 1, unixepoch() * 1000000, unixepoch() * 1000000, p.id, 'Kompass', p.number, 'alias',
    p.number || ',kompass,!', date('now')
FROM (
    SELECT organiser_id, id, 1000 + row_number() OVER (PARTITION BY organiser_id ORDER BY random()) AS number
    FROM persons WHERE is_protected AND withdrawn_at IS NULL
) AS p;

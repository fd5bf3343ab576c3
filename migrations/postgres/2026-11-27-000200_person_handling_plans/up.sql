-- How a protected person is handled: the name that is shown, who answers for it, who is cleared to know.
CREATE TABLE handling_plans (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    alias_word TEXT COLLATE "C" NOT NULL,
    alias_number INTEGER NOT NULL,
    -- alias, chosen or own.
    shown TEXT COLLATE "C" NOT NULL,
    chosen_given_name TEXT COLLATE "C",
    chosen_family_name TEXT COLLATE "C",
    -- Of the name that is shown; null for the person's own.
    name_sort_key TEXT COLLATE "C",
    responsible_id UUID,
    home TEXT COLLATE "C",
    notes TEXT COLLATE "C",
    -- Null as long as nobody has made a plan.
    reviewed_on DATE,
    review_due DATE NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, responsible_id) REFERENCES persons (organiser_id, id)
);
CREATE UNIQUE INDEX handling_plans_person_idx ON handling_plans (organiser_id, person_id);
CREATE UNIQUE INDEX handling_plans_alias_idx ON handling_plans (organiser_id, alias_word, alias_number);
CREATE INDEX handling_plans_responsible_idx ON handling_plans (organiser_id, responsible_id);
CREATE INDEX handling_plans_due_idx ON handling_plans (organiser_id, review_due, id);

-- The members of staff who may know, beside those who hold the permission.
CREATE TABLE handling_plan_staff (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    plan_id UUID NOT NULL,
    staff_id UUID NOT NULL,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, plan_id) REFERENCES handling_plans (organiser_id, id),
    FOREIGN KEY (organiser_id, staff_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX handling_plan_staff_plan_idx ON handling_plan_staff (organiser_id, plan_id);
CREATE INDEX handling_plan_staff_staff_idx ON handling_plan_staff (organiser_id, staff_id);

-- Relatives who are cleared to know of a protected person.
CREATE TABLE clearings (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    relative_id UUID NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    entered_by_id UUID,
    decided_by_id UUID,
    decision_note TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, relative_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX clearings_person_idx ON clearings (organiser_id, person_id);
CREATE INDEX clearings_relative_idx ON clearings (organiser_id, relative_id);

-- One row for an organiser that has decided how often plans are reviewed.
CREATE TABLE handling_plan_settings (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    interval_months INTEGER NOT NULL,
    decided_on DATE NOT NULL,
    decision TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (organiser_id, id)
);

-- Those who are protected already get an alias too, in no order that tells anything.
INSERT INTO handling_plans (
    organiser_id, id, version, created_at, modified_at, person_id, alias_word, alias_number, shown, name_sort_key, review_due
)
SELECT p.organiser_id, gen_random_uuid(), 1, now(), now(), p.id, 'Kompass', p.number, 'alias',
    p.number || ',kompass,!', current_date
FROM (
    SELECT organiser_id, id, 1000 + row_number() OVER (PARTITION BY organiser_id ORDER BY random()) AS number
    FROM persons WHERE is_protected AND withdrawn_at IS NULL
) AS p;

CREATE TRIGGER handling_plans_person_id_merged AFTER INSERT OR UPDATE OF person_id ON handling_plans
    FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');
CREATE TRIGGER handling_plans_responsible_id_merged AFTER INSERT OR UPDATE OF responsible_id ON handling_plans
    FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('responsible_id');
CREATE TRIGGER handling_plan_staff_staff_id_merged AFTER INSERT OR UPDATE OF staff_id ON handling_plan_staff
    FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('staff_id');
CREATE TRIGGER clearings_person_id_merged AFTER INSERT OR UPDATE OF person_id ON clearings
    FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');
CREATE TRIGGER clearings_relative_id_merged AFTER INSERT OR UPDATE OF relative_id ON clearings
    FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('relative_id');

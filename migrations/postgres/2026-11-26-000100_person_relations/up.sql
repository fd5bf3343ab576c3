-- Rights of one person over another, what overrides them, and who must confirm what widens them.
CREATE TABLE relations (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    -- Over whom.
    person_id UUID NOT NULL,
    -- Who has the rights.
    relative_id UUID NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    source TEXT COLLATE "C" NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    see BOOLEAN NOT NULL,
    report_absence BOOLEAN NOT NULL,
    decide BOOLEAN NOT NULL,
    receive_notices BOOLEAN NOT NULL,
    collect BOOLEAN NOT NULL,
    state TEXT COLLATE "C" NOT NULL,
    -- What a change that waits for a second person would make of it: period and rights.
    proposal JSONB,
    reason TEXT COLLATE "C" NOT NULL,
    entered_by_id UUID,
    decided_by_id UUID,
    decision_note TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, relative_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX relations_person_idx ON relations (organiser_id, person_id);
CREATE INDEX relations_relative_idx ON relations (organiser_id, relative_id);
CREATE INDEX relations_state_idx ON relations (organiser_id, state, modified_at, id);

CREATE TABLE contact_bans (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    -- Who is kept safe.
    person_id UUID NOT NULL,
    -- Against whom: a person of the register, or somebody described.
    against_id UUID,
    described TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    -- What a change that waits for a second person would make of it: a period, or that it is lifted.
    proposal JSONB,
    reason TEXT COLLATE "C" NOT NULL,
    entered_by_id UUID,
    decided_by_id UUID,
    decision_note TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, against_id) REFERENCES persons (organiser_id, id)
);
CREATE INDEX contact_bans_person_idx ON contact_bans (organiser_id, person_id);
CREATE INDEX contact_bans_against_idx ON contact_bans (organiser_id, against_id);

-- One row for an organiser that has ever set it; without one a second person is needed.
CREATE TABLE relation_settings (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    second_person BOOLEAN NOT NULL,
    PRIMARY KEY (organiser_id, id)
);

-- Rights of one person over another, what overrides them, and who must confirm what widens them.
CREATE TABLE relations (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    -- Over whom.
    person_id BLOB NOT NULL,
    -- Who has the rights.
    relative_id BLOB NOT NULL,
    kind TEXT NOT NULL,
    source TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    see INTEGER NOT NULL,
    report_absence INTEGER NOT NULL,
    decide INTEGER NOT NULL,
    receive_notices INTEGER NOT NULL,
    collect INTEGER NOT NULL,
    state TEXT NOT NULL,
    -- What a change that waits for a second person would make of it: period and rights.
    proposal TEXT,
    reason TEXT NOT NULL,
    entered_by_id BLOB,
    decided_by_id BLOB,
    decision_note TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, relative_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX relations_person_idx ON relations (organiser_id, person_id);
CREATE INDEX relations_relative_idx ON relations (organiser_id, relative_id);
CREATE INDEX relations_state_idx ON relations (organiser_id, state, modified_at, id);

CREATE TABLE contact_bans (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    -- Who is kept safe.
    person_id BLOB NOT NULL,
    -- Against whom: a person of the register, or somebody described.
    against_id BLOB,
    described TEXT,
    kind TEXT NOT NULL,
    valid_from TEXT NOT NULL,
    valid_to TEXT,
    -- What a change that waits for a second person would make of it: a period, or that it is lifted.
    proposal TEXT,
    reason TEXT NOT NULL,
    entered_by_id BLOB,
    decided_by_id BLOB,
    decision_note TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, against_id) REFERENCES persons (organiser_id, id)
) STRICT;
CREATE INDEX contact_bans_person_idx ON contact_bans (organiser_id, person_id);
CREATE INDEX contact_bans_against_idx ON contact_bans (organiser_id, against_id);

-- One row for an organiser that has ever set it; without one a second person is needed.
CREATE TABLE relation_settings (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    second_person INTEGER NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;

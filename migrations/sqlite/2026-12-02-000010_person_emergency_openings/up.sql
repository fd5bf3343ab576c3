-- Records of protected persons that somebody opened in an emergency, without an officer (nödöppning).
CREATE TABLE emergency_openings (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    person_id BLOB NOT NULL,
    -- The account that opened it, in which roles, and why.
    opened_by_id BLOB NOT NULL,
    roles TEXT NOT NULL,
    reason TEXT NOT NULL,
    -- The account that looked into it afterwards, and what it found.
    reviewed_by_id BLOB,
    reviewed_at INTEGER,
    finding TEXT,
    note TEXT,
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, opened_by_id) REFERENCES accounts (organiser_id, id)
) STRICT;
CREATE INDEX emergency_openings_person_idx ON emergency_openings (organiser_id, person_id);
CREATE INDEX emergency_openings_opened_by_idx ON emergency_openings (organiser_id, opened_by_id);
CREATE INDEX emergency_openings_created_idx ON emergency_openings (organiser_id, created_at);

-- Records of protected persons that somebody opened in an emergency, without an officer (nödöppning).
CREATE TABLE emergency_openings (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    person_id UUID NOT NULL,
    -- The account that opened it, in which roles, and why.
    opened_by_id UUID NOT NULL,
    roles TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    -- The account that looked into it afterwards, and what it found.
    reviewed_by_id UUID,
    reviewed_at TIMESTAMPTZ,
    finding TEXT COLLATE "C",
    note TEXT COLLATE "C",
    PRIMARY KEY (organiser_id, id),
    FOREIGN KEY (organiser_id, person_id) REFERENCES persons (organiser_id, id),
    FOREIGN KEY (organiser_id, opened_by_id) REFERENCES accounts (organiser_id, id)
);
CREATE INDEX emergency_openings_person_idx ON emergency_openings (organiser_id, person_id);
CREATE INDEX emergency_openings_opened_by_idx ON emergency_openings (organiser_id, opened_by_id);
CREATE INDEX emergency_openings_created_idx ON emergency_openings (organiser_id, created_at);

-- Nothing begins to name a person who was merged into another meanwhile.
CREATE TRIGGER emergency_openings_person_id_merged AFTER INSERT OR UPDATE OF person_id ON emergency_openings
FOR EACH ROW EXECUTE FUNCTION refuse_merged_person('person_id');

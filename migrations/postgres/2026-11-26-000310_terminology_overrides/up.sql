-- An organiser's own words for things; what it does not name is called as everywhere else.
CREATE TABLE terminology_overrides (
    organiser_id UUID NOT NULL REFERENCES organisers (id),
    id UUID NOT NULL,
    version BIGINT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL,
    modified_at TIMESTAMPTZ NOT NULL,
    withdrawn_at TIMESTAMPTZ,
    term_key TEXT COLLATE "C" NOT NULL,
    -- By language: label, plural, aliases.
    wordings JSONB NOT NULL,
    PRIMARY KEY (organiser_id, id)
);

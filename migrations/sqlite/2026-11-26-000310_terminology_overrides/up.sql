-- An organiser's own words for things; what it does not name is called as everywhere else.
CREATE TABLE terminology_overrides (
    organiser_id BLOB NOT NULL REFERENCES organisers (id),
    id BLOB NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    modified_at INTEGER NOT NULL,
    withdrawn_at INTEGER,
    term_key TEXT NOT NULL,
    -- By language: label, plural, aliases.
    wordings TEXT NOT NULL,
    PRIMARY KEY (organiser_id, id)
) STRICT;

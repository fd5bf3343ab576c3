//! The columns that name a person: what becomes of each when two records of one person are
//! merged. A column with a foreign key onto `persons`, or one that the table registry says names
//! a person, and that is missing here fails a test.

/// A column that names a person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PersonColumn {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// The change log's word for the table's records.
    pub entity: &'static str,
    /// What becomes of it.
    pub on_merge: OnMerge,
}

/// What becomes of a column in a merge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnMerge {
    /// Its rows name the kept person from then on, withdrawn ones too.
    Moves(Move),
    /// It stays, for this reason.
    Stays(&'static str),
}

/// How rows move from one person to another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Move {
    /// Which rows name a person at all, where the table holds others too: a condition in SQL on
    /// the row `t`.
    pub only: Option<&'static str>,
    /// What the two persons may not both have.
    pub clash: Clash,
    /// What an undoing does with a row that was changed after the merge.
    pub changed: Changed,
}

/// When two rows cannot be one person's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Clash {
    /// Never, or the domain says so.
    None,
    /// When they are the same in these columns.
    Same(&'static [&'static str]),
    /// Never, but what is the same in these columns and shares a day with what the kept person has
    /// stays with the record that goes: the kept one's word stands. The columns of the days as in the next.
    StaysBehind(&'static [&'static str], &'static str, &'static str),
    /// When they are the same in these columns and share a day; the columns of the first day and
    /// of the last, which may be null for until further notice. A row without a first day has no day.
    SameDays(&'static [&'static str], &'static str, &'static str),
}

/// What an undoing does with a row that was changed after the merge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Changed {
    /// It goes back to its person as it is now.
    GoesBack,
    /// Nobody can tell to whom the change belongs: the undoing is refused.
    Refuses,
}

const PLAIN: Move = Move { only: None, clash: Clash::None, changed: Changed::GoesBack };

const fn moves(table: &'static str, column: &'static str, entity: &'static str, how: Move) -> PersonColumn {
    PersonColumn { table, column, entity, on_merge: OnMerge::Moves(how) }
}

const fn stays(
    table: &'static str,
    column: &'static str,
    entity: &'static str,
    why: &'static str,
) -> PersonColumn {
    PersonColumn { table, column, entity, on_merge: OnMerge::Stays(why) }
}

const PAIR: &str = "a pair of records, not of persons: the next pass looks at both anew";

/// Every column that names a person.
pub const PERSON_COLUMNS: &[PersonColumn] = &[
    stays("persons", "id", "person", "the record itself: it is withdrawn"),
    moves(
        "identity_numbers",
        "person_id",
        "identity number",
        // Which numbers fit together is the domain's rule.
        Move { changed: Changed::Refuses, ..PLAIN },
    ),
    moves(
        "external_identifiers",
        "entity_id",
        "external identifier",
        Move { only: Some("t.entity = 'person'"), ..PLAIN },
    ),
    moves(
        "person_addresses",
        "person_id",
        "address",
        Move { clash: Clash::StaysBehind(&["kind"], "valid_from", "valid_to"), ..PLAIN },
    ),
    moves("person_reviews", "person_id", "person review", PLAIN),
    moves("accounts", "person_id", "account", PLAIN),
    moves("duties", "person_id", "duty", PLAIN),
    moves(
        "enrolments",
        "person_id",
        "enrolment",
        Move {
            clash: Clash::SameDays(&["school_unit_id", "school_type"], "valid_from", "valid_to"),
            ..PLAIN
        },
    ),
    // What was stated and certified of both is for a person to look at.
    moves(
        "education_backgrounds",
        "person_id",
        "education background",
        Move { clash: Clash::Same(&[]), ..PLAIN },
    ),
    moves("education_backgrounds", "certified_by_id", "education background", PLAIN),
    moves(
        "participations",
        "person_id",
        "participation",
        Move { clash: Clash::SameDays(&["offering_id"], "held_from", "held_to"), ..PLAIN },
    ),
    moves(
        "participation_exceptions",
        "person_id",
        "participation exception",
        Move { clash: Clash::SameDays(&["offering_id"], "valid_from", "valid_to"), ..PLAIN },
    ),
    moves(
        "group_memberships",
        "person_id",
        "group membership",
        Move { clash: Clash::SameDays(&["group_id"], "valid_from", "valid_to"), ..PLAIN },
    ),
    // What it shows follows from what its account may see then.
    moves("calendar_feeds", "person_id", "calendar feed", PLAIN),
    moves("attendances", "person_id", "attendance", Move { clash: Clash::Same(&["lesson_id"]), ..PLAIN }),
    moves(
        "attendance_exemptions",
        "person_id",
        "attendance exemption",
        Move { clash: Clash::Same(&["lesson_id"]), ..PLAIN },
    ),
    // What is registered is not two; of a report there is one person.
    moves("absence_reasons", "person_id", "absence reason", PLAIN),
    moves("activities", "person_id", "activity", Move { clash: Clash::Same(&["activity_day_id"]), ..PLAIN }),
    moves("absence_reports", "person_id", "absence report", PLAIN),
    moves("absence_reports", "reported_by_id", "absence report", PLAIN),
    moves("leave_requests", "person_id", "leave request", PLAIN),
    moves("leave_requests", "asked_by_id", "leave request", PLAIN),
    moves("absence_notices", "person_id", "absence notice", PLAIN),
    moves("absence_notices", "to_id", "absence notice", PLAIN),
    moves("absence_cases", "person_id", "absence case", PLAIN),
    // What of them waits, and which are withdrawn, is the domain's rule (`person::relation::Carrying`): who could
    // open something by a merge alone would open it without a second person.
    moves("relations", "person_id", "relation", PLAIN),
    moves("relations", "relative_id", "relation", PLAIN),
    moves("contact_bans", "person_id", "contact ban", PLAIN),
    moves("contact_bans", "against_id", "contact ban", PLAIN),
    stays(
        "handling_plans",
        "person_id",
        "handling plan",
        "how this record was handled while it was marked: nobody who is protected is merged",
    ),
    moves("handling_plans", "responsible_id", "handling plan", PLAIN),
    moves(
        "handling_plan_staff",
        "staff_id",
        "handling plan staff",
        Move { clash: Clash::Same(&["plan_id"]), ..PLAIN },
    ),
    moves("clearings", "person_id", "clearing", PLAIN),
    moves("clearings", "relative_id", "clearing", PLAIN),
    stays(
        "emergency_openings",
        "person_id",
        "emergency opening",
        "which record was opened while it was protected: nobody who is protected is merged",
    ),
    stays(
        "person_merges",
        "kept_id",
        "person merge",
        "who was kept then; a merge in turn leads on from there",
    ),
    stays("person_merges", "merged_id", "person merge", "whose record was withdrawn then"),
    stays("duplicate_candidates", "first_id", "duplicate candidate", PAIR),
    stays("duplicate_candidates", "second_id", "duplicate candidate", PAIR),
];

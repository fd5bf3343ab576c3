//! Which facts readers of the log may see: none about a protected person's records.
//!
//! The words that name records about persons are listed with the way from the record to
//! the person; those free of persons are listed too, and a word in neither list is shown
//! to nobody, so that a new capability is left out until somebody has decided.

/// The words whose records are about nobody.
pub const FREE_OF_PERSONS: &[&str] = &[
    "organiser",
    "controller",
    "school unit",
    "site",
    "term",
    "day off",
    "course",
    "course offering",
    "offering term",
    "group",
    "offering group",
    "room",
    "lesson series",
    "lesson",
    "lesson room",
    "attendance register",
    "attendance setting",
    "schedule setting",
    "client",
    "client key",
    "certificate authority",
    "client certificate",
    "export",
    "terminology override",
    "webhook subscription",
    "detail purge",
    "relation setting",
    "handling plan setting",
    "login setting",
    "identity provider",
    "token issuer",
    "term turn",
];

/// The words whose records are about a person, each with a condition on its row `t`.
pub const ABOUT_PERSONS: &[(&str, &str, Way)] = &[
    ("person", "persons", Way::Person("id")),
    ("identity number", "identity_numbers", Way::Person("person_id")),
    ("address", "person_addresses", Way::Person("person_id")),
    ("external identifier", "external_identifiers", Way::Identified),
    ("person review", "person_reviews", Way::Never),
    ("duplicate candidate", "duplicate_candidates", Way::Two("first_id", "second_id")),
    ("person merge", "person_merges", Way::Two("kept_id", "merged_id")),
    ("relation", "relations", Way::Two("person_id", "relative_id")),
    // That somebody is banned is told where the ban is read, and nowhere else.
    ("contact ban", "contact_bans", Way::Never),
    // How a protected person is handled is told where it is read with a reason, also after the protection.
    ("handling plan", "handling_plans", Way::Never),
    ("handling plan staff", "handling_plan_staff", Way::Never),
    ("clearing", "clearings", Way::Never),
    // That a protected record was opened is told to those who look into it.
    ("emergency opening", "emergency_openings", Way::Never),
    ("duty", "duties", Way::Person("person_id")),
    ("offering teacher", "offering_teachers", Way::Duty("duty_id")),
    ("education background", "education_backgrounds", Way::Person("person_id")),
    ("enrolment", "enrolments", Way::Person("person_id")),
    ("participation", "participations", Way::Person("person_id")),
    ("participation exception", "participation_exceptions", Way::Person("person_id")),
    ("group membership", "group_memberships", Way::Person("person_id")),
    ("group assignment", "group_assignments", Way::Duty("duty_id")),
    ("attendance", "attendances", Way::Person("person_id")),
    ("attendance exemption", "attendance_exemptions", Way::Person("person_id")),
    // That somebody said why is told where the reason is read, and nowhere else.
    ("absence reason", "absence_reasons", Way::Never),
    ("activity", "activities", Way::Person("person_id")),
    ("absence report", "absence_reports", Way::Person("person_id")),
    // Which lessons: the report itself is told.
    ("absence report lesson", "absence_report_lessons", Way::Never),
    ("leave request", "leave_requests", Way::Person("person_id")),
    ("absence notice", "absence_notices", Way::Two("person_id", "to_id")),
    ("absence case", "absence_cases", Way::Person("person_id")),
    ("lesson staff", "lesson_staff", Way::Duty("duty_id")),
    ("calendar feed", "calendar_feeds", Way::Account("account_id")),
    ("account", "accounts", Way::Account("id")),
    ("role assignment", "role_assignments", Way::Account("account_id")),
    ("credential", "credentials", Way::Account("account_id")),
    ("session", "sessions", Way::Account("account_id")),
    ("alarm", "alarms", Way::Account("account_id")),
    ("app access", "app_accesses", Way::Account("account_id")),
    ("external identity", "external_identities", Way::Account("account_id")),
    ("second factor", "second_factors", Way::Account("account_id")),
    ("recovery code", "recovery_codes", Way::Account("account_id")),
];

/// The way from a record to the person it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// The column names the person.
    Person(&'static str),
    /// The columns name two persons, neither of whom may be protected.
    Two(&'static str, &'static str),
    /// The column names a duty, which names the person.
    Duty(&'static str),
    /// The column names an account, which may belong to a person.
    Account(&'static str),
    /// Nobody is told: that it exists says that a person was met out of reach.
    Never,
    /// An external identifier: of a person, or of something free of persons.
    Identified,
}

const OPEN_PERSON: &str = "EXISTS (SELECT 1 FROM persons p WHERE p.organiser_id = t.organiser_id AND NOT p.is_protected AND p.id = ";

/// The condition on `changes`, as SQL for both databases. It takes no parameters.
pub(crate) fn visible() -> String {
    let quoted: Vec<String> = FREE_OF_PERSONS.iter().map(|word| format!("'{word}'")).collect();
    let free = quoted.join(", ");
    let mut condition = format!("(changes.entity IN ({free})");
    for (word, table, way) in ABOUT_PERSONS {
        let open = match way {
            Way::Person(column) => format!("{OPEN_PERSON}t.{column})"),
            Way::Two(one, other) => format!("{OPEN_PERSON}t.{one}) AND {OPEN_PERSON}t.{other})"),
            Way::Duty(column) => format!(
                "EXISTS (SELECT 1 FROM duties d JOIN persons p ON p.organiser_id = d.organiser_id AND p.id = d.person_id \
                 WHERE d.organiser_id = t.organiser_id AND d.id = t.{column} AND NOT p.is_protected)"
            ),
            Way::Account(column) => format!(
                "EXISTS (SELECT 1 FROM accounts a LEFT JOIN persons p ON p.organiser_id = a.organiser_id AND p.id = a.person_id \
                 WHERE a.organiser_id = t.organiser_id AND a.id = t.{column} \
                 AND (a.person_id IS NULL OR (p.id IS NOT NULL AND NOT p.is_protected)))"
            ),
            Way::Never => "1 = 0".to_owned(),
            Way::Identified => {
                format!("(t.entity IN ({free}) OR (t.entity = 'person' AND {OPEN_PERSON}t.entity_id)))")
            }
        };
        condition.push_str(&format!(
            " OR (changes.entity = '{word}' AND EXISTS (SELECT 1 FROM {table} t \
             WHERE t.organiser_id = changes.organiser_id AND t.id = changes.entity_id AND {open}))"
        ));
    }
    condition.push(')');
    condition
}

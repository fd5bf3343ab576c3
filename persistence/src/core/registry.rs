//! The register of tables: whose each row is, what class of information it holds, how
//! long it is kept, and where it stands in a subject-access export. A table without an
//! entry fails a test; a technical table says why the change log passes it by.

use skolhus_domain::access::InformationClass;

/// Whose rows they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tenancy {
    /// Each row belongs to an organiser; the primary key begins with it.
    Organiser,
    /// Shared by all organisers, with the reason.
    Shared(&'static str),
}

/// How the change log follows the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kept {
    /// Every change of a row is noted.
    Followed,
    /// It is the log itself.
    Log,
    /// Technical, with the reason why its changes say nothing about the register.
    Technical(&'static str),
}

/// What the table says about persons.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InformationOf {
    /// Nothing.
    Nobody,
    /// Information of this class about the person named by the column.
    Person(InformationClass, &'static str),
    /// Secrets and login data of the account named by the column.
    Account(&'static str),
}

/// One table's entry.
#[derive(Clone, Copy, Debug)]
pub struct Registered {
    /// The table.
    pub table: &'static str,
    /// Whose rows.
    pub tenancy: Tenancy,
    /// How it is followed.
    pub kept: Kept,
    /// What it says about persons.
    pub information: InformationOf,
    /// The retention class: the rule that says how long a row is kept.
    pub retention: &'static str,
    /// The section of a subject-access export (registerutdrag) it belongs to, if any.
    pub subject_access: Option<&'static str>,
}

const fn followed(
    table: &'static str,
    information: InformationOf,
    retention: &'static str,
    subject_access: Option<&'static str>,
) -> Registered {
    Registered {
        table,
        tenancy: Tenancy::Organiser,
        kept: Kept::Followed,
        information,
        retention,
        subject_access,
    }
}

const fn technical(table: &'static str, why: &'static str, retention: &'static str) -> Registered {
    Registered {
        table,
        tenancy: Tenancy::Shared("technical"),
        kept: Kept::Technical(why),
        information: InformationOf::Nobody,
        retention,
        subject_access: None,
    }
}

const fn log(table: &'static str, subject_access: Option<&'static str>) -> Registered {
    Registered {
        table,
        tenancy: Tenancy::Organiser,
        kept: Kept::Log,
        information: InformationOf::Nobody,
        retention: "change-log",
        subject_access,
    }
}

/// Every table.
pub const TABLES: &[Registered] = &[
    followed("organisers", InformationOf::Nobody, "base-data", None),
    followed("accounts", InformationOf::Account("id"), "account", Some("accounts")),
    followed("role_assignments", InformationOf::Account("account_id"), "account", Some("accounts")),
    followed("credentials", InformationOf::Account("account_id"), "account", None),
    followed("sessions", InformationOf::Account("account_id"), "login", Some("logins")),
    followed("app_accesses", InformationOf::Account("account_id"), "account", Some("accounts")),
    followed("second_factors", InformationOf::Account("account_id"), "account", None),
    followed("recovery_codes", InformationOf::Account("account_id"), "account", None),
    Registered {
        tenancy: Tenancy::Organiser,
        ..technical(
            "second_factor_steps",
            "which code was taken last; the login that it was taken for is followed",
            "account",
        )
    },
    followed("clients", InformationOf::Nobody, "base-data", None),
    followed("alarms", InformationOf::Account("account_id"), "login", Some("logins")),
    followed("client_keys", InformationOf::Nobody, "base-data", None),
    followed("certificate_authorities", InformationOf::Nobody, "base-data", None),
    followed("client_certificates", InformationOf::Nobody, "base-data", None),
    followed("controllers", InformationOf::Nobody, "base-data", None),
    followed("school_units", InformationOf::Nobody, "base-data", None),
    followed("sites", InformationOf::Nobody, "base-data", None),
    followed("terms", InformationOf::Nobody, "base-data", None),
    followed("days_off", InformationOf::Nobody, "base-data", None),
    followed("persons", InformationOf::Person(InformationClass::Contact, "id"), "person", Some("person")),
    followed(
        "identity_numbers",
        InformationOf::Person(InformationClass::IdentityNumber, "person_id"),
        "person",
        Some("person"),
    ),
    followed(
        "person_addresses",
        InformationOf::Person(InformationClass::Contact, "person_id"),
        "person",
        Some("person"),
    ),
    followed(
        "external_identifiers",
        InformationOf::Person(InformationClass::Basic, "entity_id"),
        "person",
        Some("person"),
    ),
    followed(
        "person_reviews",
        InformationOf::Person(InformationClass::Protected, "person_id"),
        "person",
        Some("person"),
    ),
    followed(
        "relations",
        InformationOf::Person(InformationClass::Contact, "person_id"),
        "relation",
        Some("relations"),
    ),
    followed(
        "contact_bans",
        InformationOf::Person(InformationClass::Protected, "person_id"),
        "relation",
        Some("relations"),
    ),
    followed("relation_settings", InformationOf::Nobody, "base-data", None),
    followed(
        "handling_plans",
        InformationOf::Person(InformationClass::Protected, "person_id"),
        "person",
        Some("person"),
    ),
    followed(
        "handling_plan_staff",
        InformationOf::Person(InformationClass::Protected, "staff_id"),
        "person",
        Some("person"),
    ),
    followed(
        "clearings",
        InformationOf::Person(InformationClass::Protected, "person_id"),
        "relation",
        Some("relations"),
    ),
    followed(
        "emergency_openings",
        InformationOf::Person(InformationClass::Protected, "person_id"),
        "person",
        Some("person"),
    ),
    followed("handling_plan_settings", InformationOf::Nobody, "base-data", None),
    followed(
        "person_merges",
        InformationOf::Person(InformationClass::Contact, "kept_id"),
        "person",
        Some("person"),
    ),
    followed(
        "duplicate_candidates",
        InformationOf::Person(InformationClass::Contact, "first_id"),
        "person",
        Some("person"),
    ),
    followed("duties", InformationOf::Person(InformationClass::Basic, "person_id"), "duty", Some("duties")),
    followed("courses", InformationOf::Nobody, "base-data", None),
    followed("course_offerings", InformationOf::Nobody, "base-data", None),
    followed("offering_terms", InformationOf::Nobody, "base-data", None),
    followed("offering_teachers", InformationOf::Nobody, "base-data", None),
    followed("term_turns", InformationOf::Nobody, "base-data", None),
    Registered {
        tenancy: Tenancy::Organiser,
        ..technical(
            "term_turn_records",
            "what a turn of term made; each of those records is followed itself",
            "base-data",
        )
    },
    followed(
        "education_backgrounds",
        InformationOf::Person(InformationClass::Grade, "person_id"),
        "pupil-history",
        Some("education"),
    ),
    followed(
        "enrolments",
        InformationOf::Person(InformationClass::Basic, "person_id"),
        "pupil-history",
        Some("enrolments"),
    ),
    followed(
        "participations",
        InformationOf::Person(InformationClass::Basic, "person_id"),
        "pupil-history",
        Some("participations"),
    ),
    followed("groups", InformationOf::Nobody, "base-data", None),
    followed(
        "group_memberships",
        InformationOf::Person(InformationClass::Basic, "person_id"),
        "pupil-history",
        Some("groups"),
    ),
    followed("group_assignments", InformationOf::Nobody, "base-data", None),
    followed("offering_groups", InformationOf::Nobody, "base-data", None),
    followed(
        "participation_exceptions",
        InformationOf::Person(InformationClass::AbsenceReason, "person_id"),
        "pupil-history",
        Some("participations"),
    ),
    followed("rooms", InformationOf::Nobody, "base-data", None),
    followed("lesson_series", InformationOf::Nobody, "schedule", None),
    followed("lessons", InformationOf::Nobody, "schedule", None),
    followed("lesson_rooms", InformationOf::Nobody, "schedule", None),
    followed("lesson_staff", InformationOf::Nobody, "schedule", None),
    followed("calendar_feeds", InformationOf::Account("account_id"), "account", Some("accounts")),
    followed("schedule_settings", InformationOf::Nobody, "base-data", None),
    followed("attendance_registers", InformationOf::Nobody, "attendance", None),
    followed(
        "attendances",
        InformationOf::Person(InformationClass::AbsenceReason, "person_id"),
        "attendance",
        Some("attendance"),
    ),
    followed(
        "attendance_exemptions",
        InformationOf::Person(InformationClass::AbsenceReason, "person_id"),
        "attendance",
        Some("attendance"),
    ),
    followed(
        "absence_reasons",
        InformationOf::Person(InformationClass::AbsenceReason, "person_id"),
        "absence-reason",
        Some("attendance"),
    ),
    followed("activity_days", InformationOf::Nobody, "attendance", None),
    followed(
        "activities",
        InformationOf::Person(InformationClass::AbsenceReason, "person_id"),
        "attendance",
        Some("attendance"),
    ),
    followed(
        "absence_reports",
        InformationOf::Person(InformationClass::AbsenceReason, "person_id"),
        "attendance",
        Some("attendance"),
    ),
    followed("absence_report_lessons", InformationOf::Nobody, "attendance", None),
    followed(
        "leave_requests",
        InformationOf::Person(InformationClass::AbsenceReason, "person_id"),
        "attendance",
        Some("attendance"),
    ),
    followed(
        "absence_notices",
        InformationOf::Person(InformationClass::AbsenceReason, "person_id"),
        "attendance",
        Some("attendance"),
    ),
    followed(
        "absence_cases",
        InformationOf::Person(InformationClass::AbsenceReason, "person_id"),
        "attendance",
        Some("attendance"),
    ),
    followed("attendance_settings", InformationOf::Nobody, "base-data", None),
    followed("jobs", InformationOf::Nobody, "job", None),
    Registered {
        tenancy: Tenancy::Organiser,
        ..technical("job_rows", "a job's report; the job itself is followed", "job")
    },
    Registered {
        tenancy: Tenancy::Organiser,
        ..technical(
            "import_absences",
            "what a source's last whole file left out; what was ended for it is followed",
            "base-data",
        )
    },
    technical("code_entries", "dated codes of law and authorities, set by migrations", "base-data"),
    followed("terminology_overrides", InformationOf::Nobody, "base-data", None),
    followed("webhook_subscriptions", InformationOf::Nobody, "base-data", None),
    followed("detail_purges", InformationOf::Nobody, "change-log", None),
    log("changes", Some("changes")),
    log("change_details", Some("changes")),
    log("change_seals", None),
    technical("refresh_tokens", "rotation of a session's tokens; the session itself is followed", "login"),
    technical("signing_keys", "the server's own keys; public halves are published", "key"),
    technical(
        "used_assertions",
        "what clients signed and used once, by a hash; the keys are followed",
        "hour",
    ),
    technical("throttles", "counts login attempts by a hash", "hour"),
    technical(
        "bankid_orders",
        "logins with BankID on their way; the session that one gives is followed",
        "hour",
    ),
    Registered {
        tenancy: Tenancy::Organiser,
        information: InformationOf::Account("account_id"),
        subject_access: Some("logins"),
        ..technical(
            "bankid_logins",
            "from where somebody logged in, which the log's details may not hold; the session itself is followed",
            "login-origin",
        )
    },
    followed("identity_providers", InformationOf::Nobody, "base-data", None),
    followed("external_identities", InformationOf::Account("account_id"), "account", Some("accounts")),
    technical(
        "oidc_logins",
        "logins by OpenID Connect on their way, by the hash of a secret; the session that comes of one is followed",
        "login-origin",
    ),
    followed("token_issuers", InformationOf::Nobody, "base-data", None),
    followed("login_settings", InformationOf::Nobody, "base-data", None),
    technical(
        "sent_codes",
        "codes on their way to a phone, by a hash; what follows from giving one back is followed",
        "hour",
    ),
    technical(
        "web_handovers",
        "codes on their way from an app to the web, by a hash; the session that one gives is followed",
        "hour",
    ),
    technical("idempotency_keys", "remembers answers for 24 hours", "day"),
    Registered {
        tenancy: Tenancy::Organiser,
        ..technical(
            "feed_presences",
            "follows from the log: which ids can be seen, and which could be",
            "base-data",
        )
    },
    technical("feed_clock", "how far the feed's consumer has read", "none"),
    technical("log_consumers", "how far each consumer has read", "none"),
    technical("outbox_messages", "messages on their way out; what caused them is followed", "outbox"),
    technical("__diesel_schema_migrations", "which migrations have run", "none"),
];

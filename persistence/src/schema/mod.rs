//! The tables as diesel sees them, a file per capability. Written by hand, since one
//! schema serves both databases; a test loads every table on each, and another compares
//! the two.

mod attendance;
mod change;
mod code;
mod course;
mod duty;
mod education_background;
mod enrolment;
mod group;
mod idempotency;
mod identity;
mod integration;
mod organisation;
mod outbox;
mod participation;
mod person;
mod schedule;
mod terminology;

pub use attendance::*;
pub use change::*;
pub use code::*;
pub use course::*;
pub use duty::*;
pub use education_background::*;
pub use enrolment::*;
pub use group::*;
pub use idempotency::*;
pub use identity::*;
pub use integration::*;
pub use organisation::*;
pub use outbox::*;
pub use participation::*;
pub use person::*;
pub use schedule::*;
pub use terminology::*;

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    role_assignments,
    sessions,
    credentials,
    refresh_tokens,
    clients,
    persons,
    alarms,
);
diesel::allow_tables_to_appear_in_same_query!(accounts, emergency_openings);
diesel::allow_tables_to_appear_in_same_query!(accounts, handling_plans);
// What a client reaches by the types of school units, and the certificate that its token is bound to.
diesel::allow_tables_to_appear_in_same_query!(
    clients,
    school_units,
    client_certificates,
    certificate_authorities,
);
diesel::allow_tables_to_appear_in_same_query!(changes, change_details, webhook_subscriptions);

// What the register's finders join: a person's reach goes through all of these.
diesel::allow_tables_to_appear_in_same_query!(
    organisers,
    controllers,
    school_units,
    sites,
    terms,
    days_off,
    persons,
    identity_numbers,
    external_identifiers,
    duties,
    courses,
    course_offerings,
    offering_terms,
    offering_teachers,
    education_backgrounds,
    enrolments,
    participations,
    person_addresses,
    relations,
    contact_bans,
    clearings,
    emergency_openings,
    handling_plans,
    handling_plan_staff,
    participation_exceptions,
    groups,
    group_memberships,
    group_assignments,
    offering_groups,
    rooms,
    lesson_series,
    lessons,
    lesson_rooms,
    lesson_staff,
    attendance_exemptions,
    absence_reasons,
    activities,
    activity_days,
    attendance_registers,
    attendances,
    absence_reports,
    absence_report_lessons,
    leave_requests,
    absence_notices,
    absence_cases,
    attendance_settings,
    calendar_feeds,
);

diesel::allow_tables_to_appear_in_same_query!(external_identifiers, import_absences);
diesel::allow_tables_to_appear_in_same_query!(relations, import_absences);
diesel::allow_tables_to_appear_in_same_query!(person_merges, persons);
diesel::allow_tables_to_appear_in_same_query!(term_turns, term_turn_records);
diesel::allow_tables_to_appear_in_same_query!(duplicate_candidates, persons);
// Who logs in is found by an identity number.
diesel::allow_tables_to_appear_in_same_query!(accounts, identity_numbers);

/// A table as the program declares it.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The table.
    pub table: &'static str,
    /// Its columns in order: name, and the name of the SQL type.
    pub columns: Vec<(String, String)>,
}

/// Names the columns of tables, and reads one row of each.
macro_rules! declared_tables {
    ($($table:ident,)*) => {
        /// Every table as the program declares it: for the test that compares it with the
        /// databases.
        #[must_use]
        pub fn declared() -> Vec<Declared> {
            vec![$(declare::<_, <$table::table as diesel::query_builder::AsQuery>::SqlType>(
                stringify!($table), diesel::QueryDsl::select($table::table, $table::all_columns),
            ),)*]
        }

        /// Reads at most one row of every table, with all columns, and says how each went.
        pub fn read_one_of_each(
            connection: &mut crate::DatabaseConnection,
        ) -> Vec<(&'static str, Result<usize, crate::Error>)> {
            use diesel::{QueryDsl, RunQueryDsl};
            vec![$({
                let one = $table::table.select($table::all_columns).limit(1);
                (stringify!($table), one.execute(connection).map_err(crate::Error::from))
            },)*]
        }
    };
}

declared_tables! {
    jobs,
    job_rows,
    import_absences,
    changes,
    change_details,
    change_seals,
    log_consumers,
    feed_presences,
    feed_clock,
    webhook_subscriptions,
    detail_purges,
    code_entries,
    courses,
    course_offerings,
    offering_terms,
    offering_teachers,
    term_turns,
    term_turn_records,
    duties,
    education_backgrounds,
    enrolments,
    rooms,
    lesson_series,
    lessons,
    lesson_rooms,
    lesson_staff,
    attendance_exemptions,
    absence_reasons,
    activity_days,
    activities,
    calendar_feeds,
    schedule_settings,
    attendance_registers,
    attendances,
    absence_reports,
    absence_report_lessons,
    leave_requests,
    absence_notices,
    absence_cases,
    attendance_settings,
    groups,
    group_memberships,
    group_assignments,
    offering_groups,
    participation_exceptions,
    idempotency_keys,
    accounts,
    role_assignments,
    credentials,
    sessions,
    second_factors,
    second_factor_steps,
    recovery_codes,
    refresh_tokens,
    clients,
    alarms,
    client_keys,
    certificate_authorities,
    client_certificates,
    used_assertions,
    signing_keys,
    throttles,
    bankid_orders,
    bankid_logins,
    app_accesses,
    login_settings,
    identity_providers,
    external_identities,
    oidc_logins,
    token_issuers,
    sent_codes,
    web_handovers,
    organisers,
    controllers,
    school_units,
    sites,
    terms,
    days_off,
    outbox_messages,
    participations,
    persons,
    identity_numbers,
    external_identifiers,
    person_addresses,
    person_reviews,
    relations,
    contact_bans,
    relation_settings,
    handling_plans,
    handling_plan_staff,
    clearings,
    emergency_openings,
    handling_plan_settings,
    person_merges,
    duplicate_candidates,
    terminology_overrides,
}

/// A table's columns: the names as diesel writes them, the types as Rust names them.
fn declare<Q, S>(table: &'static str, query: Q) -> Declared
where
    Q: diesel::query_builder::QueryFragment<diesel::pg::Pg>,
{
    let text = diesel::debug_query::<diesel::pg::Pg, _>(&query).to_string();
    let list = text.split_once(" FROM ").map_or("", |(list, _)| list);
    let names = list.split('.').skip(1).filter_map(|part| part.split('"').nth(1)).map(str::to_owned);
    let mut types = Vec::new();
    let (mut depth, mut word) = (0_u32, String::new());
    for character in std::any::type_name::<S>().trim_matches(['(', ')']).chars() {
        match character {
            ',' if depth == 0 => types.push(std::mem::take(&mut word)),
            ' ' => {}
            other => {
                depth = match other {
                    '<' => depth + 1,
                    '>' => depth.saturating_sub(1),
                    _ => depth,
                };
                word.push(other);
            }
        }
    }
    types.push(word);
    types.retain(|kind| !kind.is_empty());
    Declared { table, columns: names.zip(types).collect() }
}

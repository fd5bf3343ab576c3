//! The tables as diesel sees them, a file per capability. Written by hand, since one
//! schema serves both databases; a test loads every table on each, and another compares
//! the two.

mod change;
mod code;
mod course;
mod duty;
mod enrolment;
mod idempotency;
mod identity;
mod integration;
mod organisation;
mod outbox;
mod participation;
mod person;

pub use change::*;
pub use code::*;
pub use course::*;
pub use duty::*;
pub use enrolment::*;
pub use idempotency::*;
pub use identity::*;
pub use integration::*;
pub use organisation::*;
pub use outbox::*;
pub use participation::*;
pub use person::*;

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    role_assignments,
    sessions,
    credentials,
    refresh_tokens,
    clients,
    persons,
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
    enrolments,
    participations,
);

diesel::allow_tables_to_appear_in_same_query!(external_identifiers, import_absences);

//! The tables of `integration`.

use diesel::table;

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    jobs (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        kind -> Text,
        state -> Text,
        dry_run -> Bool,
        partial -> Bool,
        ends_percent -> Integer,
        school_type -> Text,
        runner_id -> Guid,
        account_id -> Nullable<Guid>,
        system -> Nullable<Text>,
        fingerprint -> Nullable<Text>,
        progress -> JsonDoc,
        results -> JsonDoc,
        resume_at -> JsonDoc,
        failure -> Nullable<Text>,
        started_at -> Nullable<Instant>,
        running_since -> Nullable<Instant>,
        ended_at -> Nullable<Instant>,
        approved_by_id -> Nullable<Guid>,
        approved_at -> Nullable<Instant>,
        approval_reason -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    job_rows (organiser_id, job_id, number) {
        organiser_id -> Guid,
        job_id -> Guid,
        number -> BigInt,
        noted_at -> Instant,
        severity -> Text,
        kind -> Nullable<Text>,
        file -> Nullable<Text>,
        line -> Nullable<BigInt>,
        field -> Nullable<Text>,
        code -> Nullable<Text>,
        source_id -> Nullable<Text>,
        detail -> Text,
        facts -> Nullable<JsonDoc>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    import_absences (organiser_id, entity, system, value) {
        organiser_id -> Guid,
        entity -> Text,
        system -> Text,
        value -> Text,
        noted_at -> Instant,
    }
}

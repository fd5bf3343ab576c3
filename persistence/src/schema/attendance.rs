//! The tables of `attendance`.

use diesel::table;

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    attendance_registers (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        state -> Text,
        registered_by_id -> Nullable<Guid>,
        closed_at -> Nullable<Instant>,
        closed_by_id -> Nullable<Guid>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    attendances (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        lesson_id -> Guid,
        person_id -> Guid,
        mark -> Text,
        late_minutes -> Integer,
        left_early_minutes -> Integer,
        missed_authorised -> Bool,
        present_minutes -> Integer,
        authorised_minutes -> Integer,
        unauthorised_minutes -> Integer,
        other_minutes -> Integer,
        ground -> Nullable<Text>,
        ground_id -> Nullable<Guid>,
        decided_reason -> Nullable<Text>,
        registered_by_id -> Nullable<Guid>,
    }
}

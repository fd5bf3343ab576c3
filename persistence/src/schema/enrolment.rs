//! The tables of `enrolment`.

use diesel::table;

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    enrolments (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        school_unit_id -> Guid,
        school_type -> Text,
        school_year -> Nullable<Integer>,
        programme -> Nullable<Text>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

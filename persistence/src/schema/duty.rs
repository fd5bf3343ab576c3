//! The tables of `duty`.

use diesel::table;

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    duties (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        school_unit_id -> Guid,
        role -> Text,
        signature -> Nullable<Text>,
        signature_key -> Nullable<Text>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

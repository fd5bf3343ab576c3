//! The tables of `education_background`.

use diesel::table;

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    education_backgrounds (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        stated_code -> Nullable<Text>,
        stated_evidence -> Nullable<Text>,
        stated_on -> Nullable<Date>,
        certified_code -> Nullable<Text>,
        certified_by_id -> Nullable<Guid>,
        certified_on -> Nullable<Date>,
        basis -> Nullable<Text>,
        certified_evidence -> Nullable<Text>,
        correction -> Nullable<Text>,
    }
}

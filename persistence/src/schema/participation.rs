//! The tables of `participation`.

use diesel::table;

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    participations (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        offering_id -> Guid,
        period_from -> Date,
        period_to -> Date,
        state -> Text,
        state_from -> Nullable<Date>,
        state_to -> Nullable<Date>,
        state_reason -> Nullable<Text>,
        held_from -> Nullable<Date>,
        held_to -> Nullable<Date>,
        breaks -> JsonDoc,
        pace -> JsonDoc,
        funding -> JsonDoc,
        origin -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    participation_exceptions (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        offering_id -> Guid,
        kind -> Text,
        reason -> Nullable<Text>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

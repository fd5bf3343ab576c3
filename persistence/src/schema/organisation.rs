//! The tables of `organisation`.

use diesel::table;

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    organisers (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        name -> Text,
        organisation_number -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    controllers (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        name -> Text,
        kind -> Text,
        name_sort_key -> Text,
        name_search_key -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    school_units (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        controller_id -> Guid,
        name -> Text,
        name_sort_key -> Text,
        name_search_key -> Text,
        school_types -> JsonDoc,
        codes -> JsonDoc,
        active -> Bool,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        code_search_key -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    sites (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        school_unit_id -> Guid,
        name -> Text,
        name_sort_key -> Text,
        municipality_code -> Text,
        address -> Nullable<Text>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        name_search_key -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    terms (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        school_unit_id -> Nullable<Guid>,
        kind -> Text,
        name -> Text,
        first_day -> Date,
        last_day -> Date,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    days_off (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        term_id -> Guid,
        kind -> Text,
        name -> Text,
        first_day -> Date,
        last_day -> Date,
    }
}

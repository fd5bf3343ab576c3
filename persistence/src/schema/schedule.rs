//! The tables of `schedule`.

use diesel::table;

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    rooms (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        school_unit_id -> Guid,
        kind -> Text,
        name -> Text,
        name_sort_key -> Text,
        name_search_key -> Text,
        seats -> Nullable<Integer>,
        is_shared -> Bool,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    lesson_series (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        offering_id -> Guid,
        first_day -> Date,
        last_day -> Date,
        every_weeks -> Integer,
        slots -> JsonDoc,
        title -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    lessons (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        offering_id -> Guid,
        series_id -> Nullable<Guid>,
        series_week -> Nullable<Date>,
        series_slot -> Nullable<Integer>,
        day -> Date,
        starts_at -> Instant,
        ends_at -> Instant,
        state -> Text,
        state_reason -> Nullable<Text>,
        title -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    lesson_rooms (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        lesson_id -> Guid,
        room_id -> Guid,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    lesson_staff (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        lesson_id -> Guid,
        duty_id -> Guid,
        part -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    calendar_feeds (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        account_id -> Guid,
        person_id -> Nullable<Guid>,
        group_id -> Nullable<Guid>,
        name -> Text,
        secret -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    schedule_settings (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        teacher_clashes -> Text,
        room_clashes -> Text,
        participant_clashes -> Text,
    }
}

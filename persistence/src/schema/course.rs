//! The tables of `course`.

use diesel::table;

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    courses (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        code -> Text,
        title -> Text,
        title_sort_key -> Text,
        title_search_key -> Text,
        subject_code -> Nullable<Text>,
        kind -> Text,
        points -> Nullable<Integer>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    course_offerings (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        course_id -> Guid,
        school_unit_id -> Guid,
        title -> Text,
        title_sort_key -> Text,
        title_search_key -> Text,
        first_day -> Date,
        last_day -> Date,
        course_type -> Nullable<Text>,
        course_numbers -> JsonDoc,
        form -> Text,
        pace_percent -> Integer,
        planned_minutes -> Nullable<Integer>,
        course_days -> Nullable<Integer>,
        meeting_days -> Nullable<Integer>,
        site_id -> Nullable<Guid>,
        capacity -> Nullable<Integer>,
        part_of_id -> Nullable<Guid>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    offering_terms (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        offering_id -> Guid,
        term_id -> Guid,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    offering_teachers (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        offering_id -> Guid,
        duty_id -> Guid,
        role -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    term_turns (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        school_unit_id -> Guid,
        from_term_id -> Guid,
        to_term_id -> Guid,
        state -> Text,
        reversal_reason -> Nullable<Text>,
        reversed_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::Guid;
    term_turn_records (organiser_id, turn_id, entity, record_id) {
        organiser_id -> Guid,
        turn_id -> Guid,
        entity -> Text,
        record_id -> Guid,
        action -> Text,
        source_id -> Nullable<Guid>,
        record_version -> BigInt,
        former_last_day -> Nullable<Date>,
    }
}

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

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    absence_reports (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        extent -> Text,
        first_day -> Nullable<Date>,
        last_day -> Nullable<Date>,
        starts_at -> Nullable<Instant>,
        ends_at -> Nullable<Instant>,
        reported_by -> Text,
        reported_by_id -> Nullable<Guid>,
        entered_by_id -> Nullable<Guid>,
        reported_at -> Instant,
        ended_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    absence_report_lessons (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        report_id -> Guid,
        lesson_id -> Guid,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    leave_requests (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        first_day -> Date,
        last_day -> Date,
        reason -> Text,
        asked_by_id -> Guid,
        state -> Text,
        decided_by_id -> Nullable<Guid>,
        decider -> Nullable<Text>,
        decided_on -> Nullable<Date>,
        motivation -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    absence_notices (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        day -> Date,
        to_id -> Guid,
        corrected_at -> Nullable<Instant>,
        receipt_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    absence_cases (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        day -> Date,
        why -> Text,
        state -> Text,
        ended_how -> Nullable<Text>,
        ended_by_id -> Nullable<Guid>,
        ended_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    attendance_settings (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        report_days_ahead -> Integer,
        report_days_long -> Integer,
        mentor_leave_days -> Integer,
        counted_in -> Text,
        denominator -> Text,
        late_counts -> Text,
        absent_from_minutes -> Nullable<Integer>,
        reasons_asked -> Bool,
        reasons_kept_days -> Integer,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    activity_days (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        offering_id -> Guid,
        day -> Date,
        registered_by_id -> Nullable<Guid>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    activities (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        activity_day_id -> Guid,
        person_id -> Guid,
        is_active -> Bool,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    attendance_exemptions (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        lesson_id -> Guid,
        person_id -> Guid,
        reason -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    absence_reasons (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        lesson_id -> Nullable<Guid>,
        report_id -> Nullable<Guid>,
        day -> Date,
        code -> Nullable<Text>,
        stated_by_id -> Nullable<Guid>,
    }
}

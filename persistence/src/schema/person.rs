//! The tables of `person`.

use diesel::table;

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    persons (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        given_name -> Text,
        middle_name -> Nullable<Text>,
        family_name -> Text,
        preferred_given_name -> Nullable<Text>,
        name_sort_key -> Text,
        name_search_key -> Text,
        birth_date -> Nullable<Date>,
        sex -> Text,
        contact -> JsonDoc,
        protection -> Text,
        is_protected -> Bool,
        registered_at_id -> Nullable<Guid>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    person_addresses (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        kind -> Text,
        care_of -> Nullable<Text>,
        street_lines -> JsonDoc,
        postal_code -> Nullable<Text>,
        city -> Text,
        country -> Text,
        municipality_code -> Nullable<Text>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        source -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    identity_numbers (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        kind -> Text,
        number -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        source -> Text,
        identity_level -> Nullable<Text>,
        dormant -> Bool,
        issued_by_id -> Guid,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    external_identifiers (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        entity -> Text,
        entity_id -> Guid,
        system -> Text,
        value -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    person_reviews (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        kind -> Text,
        state -> Text,
        person_id -> Nullable<Guid>,
        reasons -> JsonDoc,
        met_ids -> JsonDoc,
        entry -> JsonDoc,
        note -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    relations (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        relative_id -> Guid,
        kind -> Text,
        source -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        see -> Bool,
        report_absence -> Bool,
        decide -> Bool,
        receive_notices -> Bool,
        collect -> Bool,
        state -> Text,
        proposal -> Nullable<JsonDoc>,
        reason -> Text,
        entered_by_id -> Nullable<Guid>,
        decided_by_id -> Nullable<Guid>,
        decision_note -> Nullable<Text>,
        import_job_id -> Nullable<Guid>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    contact_bans (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        against_id -> Nullable<Guid>,
        described -> Nullable<Text>,
        kind -> Text,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
        proposal -> Nullable<JsonDoc>,
        reason -> Text,
        entered_by_id -> Nullable<Guid>,
        decided_by_id -> Nullable<Guid>,
        decision_note -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    relation_settings (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        second_person -> Bool,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    person_merges (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        kept_id -> Guid,
        merged_id -> Guid,
        state -> Text,
        reason -> Text,
        reversal_reason -> Nullable<Text>,
        reversed_at -> Nullable<Instant>,
        moved -> JsonDoc,
        added -> JsonDoc,
        carried -> Nullable<JsonDoc>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    duplicate_candidates (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        first_id -> Guid,
        second_id -> Guid,
        class -> Text,
        score -> Integer,
        evidence -> JsonDoc,
        dismissal_reason -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    handling_plans (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        alias_word -> Text,
        alias_number -> Integer,
        shown -> Text,
        chosen_given_name -> Nullable<Text>,
        chosen_family_name -> Nullable<Text>,
        name_sort_key -> Nullable<Text>,
        responsible_id -> Nullable<Guid>,
        home -> Nullable<Text>,
        notes -> Nullable<Text>,
        reviewed_on -> Nullable<Date>,
        review_due -> Date,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    handling_plan_staff (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        plan_id -> Guid,
        staff_id -> Guid,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    clearings (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        relative_id -> Guid,
        state -> Text,
        reason -> Text,
        entered_by_id -> Nullable<Guid>,
        decided_by_id -> Nullable<Guid>,
        decision_note -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    emergency_openings (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Guid,
        opened_by_id -> Guid,
        roles -> Text,
        reason -> Text,
        reviewed_by_id -> Nullable<Guid>,
        reviewed_at -> Nullable<Instant>,
        finding -> Nullable<Text>,
        note -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    handling_plan_settings (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        interval_months -> Integer,
        decided_on -> Date,
        decision -> Text,
    }
}

//! The tables as diesel sees them. Written by hand, since one schema serves both
//! databases; a test loads every table on each, and another compares the two.

use diesel::{allow_tables_to_appear_in_same_query, table};

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
    accounts (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        person_id -> Nullable<Guid>,
        email -> Text,
        email_key -> Text,
        disabled_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    role_assignments (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        account_id -> Guid,
        role -> Text,
        school_unit_id -> Nullable<Guid>,
        valid_from -> Date,
        valid_to -> Nullable<Date>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    credentials (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        account_id -> Guid,
        kind -> Text,
        secret -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    sessions (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        account_id -> Guid,
        level -> Text,
        started_at -> Instant,
        expires_at -> Instant,
        ended_at -> Nullable<Instant>,
        ended_because -> Nullable<Text>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    refresh_tokens (token_hash) {
        token_hash -> Text,
        organiser_id -> Guid,
        session_id -> Guid,
        issued_at -> Instant,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    clients (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        name -> Text,
        secret -> Text,
        scopes -> JsonDoc,
        school_units -> JsonDoc,
        expires_at -> Nullable<Instant>,
        disabled_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    signing_keys (id) {
        id -> Guid,
        purpose -> Text,
        public_key -> Text,
        sealed_key -> Text,
        created_at -> Instant,
        retired_at -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Instant};
    throttles (throttle_key) {
        throttle_key -> Text,
        window_started_at -> Instant,
        attempts -> Integer,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Instant, JsonDoc};
    idempotency_keys (caller, operation, idempotency_key) {
        caller -> Text,
        operation -> Text,
        idempotency_key -> Text,
        body_hash -> Text,
        status -> Integer,
        made -> JsonDoc,
        created_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    changes (arrival) {
        arrival -> BigInt,
        organiser_id -> Guid,
        transaction_id -> Guid,
        ordinal -> Integer,
        recorded_at -> Instant,
        actor_kind -> Text,
        actor_id -> Nullable<Guid>,
        session_id -> Nullable<Guid>,
        actor_name -> Text,
        permission -> Text,
        request_id -> Guid,
        action -> Text,
        entity -> Text,
        entity_id -> Guid,
        version -> BigInt,
        details_hash -> Text,
        position -> Nullable<BigInt>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid};
    change_details (transaction_id, ordinal) {
        organiser_id -> Guid,
        transaction_id -> Guid,
        ordinal -> Integer,
        details -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    change_seals (organiser_id, number) {
        organiser_id -> Guid,
        number -> BigInt,
        sealed_at -> Instant,
        positions -> JsonDoc,
        hashes -> JsonDoc,
        previous_seal -> Text,
        seal -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{};
    log_consumers (name) {
        name -> Text,
        position -> BigInt,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    outbox_messages (id) {
        id -> Guid,
        organiser_id -> Guid,
        kind -> Text,
        target_id -> Guid,
        payload -> Text,
        created_at -> Instant,
        next_attempt_at -> Instant,
        attempts -> Integer,
        sent_at -> Nullable<Instant>,
        given_up_at -> Nullable<Instant>,
        last_error -> Nullable<Text>,
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
    }
}

allow_tables_to_appear_in_same_query!(accounts, role_assignments, sessions, credentials);

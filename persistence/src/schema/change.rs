//! The tables of `change`.

use diesel::table;

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
    use crate::core::types::Guid;
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
    log_consumers (name) {
        name -> Text,
        position -> BigInt,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant, JsonDoc};
    webhook_subscriptions (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        url -> Text,
        entities -> JsonDoc,
        sealed_secret -> Text,
        active -> Bool,
        gathered -> Bool,
        expires_at -> Nullable<Instant>,
        paused_at -> Nullable<Instant>,
        pause_reason -> Nullable<Text>,
        missed_from -> Nullable<BigInt>,
        missed_to -> Nullable<BigInt>,
        previous_sealed_secret -> Nullable<Text>,
        previous_secret_until -> Nullable<Instant>,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    detail_purges (organiser_id, id) {
        organiser_id -> Guid,
        id -> Guid,
        version -> BigInt,
        created_at -> Instant,
        modified_at -> Instant,
        withdrawn_at -> Nullable<Instant>,
        first_position -> BigInt,
        last_position -> BigInt,
        reason -> Text,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::{Guid, Instant};
    feed_presences (organiser_id, entity, entity_id, unit_id) {
        organiser_id -> Guid,
        entity -> Text,
        entity_id -> Guid,
        unit_id -> Guid,
        present -> Bool,
        settled_at -> Instant,
    }
}

table! {
    use diesel::sql_types::*;
    use crate::core::types::Instant;
    feed_clock (name) {
        name -> Text,
        position -> BigInt,
        settled_at -> Instant,
    }
}

//! The tables of `outbox`.

use diesel::table;

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

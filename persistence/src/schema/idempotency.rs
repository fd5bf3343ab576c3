//! The tables of `idempotency`.

use diesel::table;

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

//! Messages on their way out: written in the transaction they belong to, sent after it.

/// The columns of a new message, in the order a transaction writes them.
pub(crate) const COLUMNS: &[&str] =
    &["id", "organiser_id", "kind", "target_id", "payload", "created_at", "next_attempt_at", "attempts"];

//! A row that the change log follows: declared once, written only through [`super::tx::Tx`].

use serde_json::{Map, Value};

use super::{
    rows::Cell,
    types::{Ts, Uid},
};

/// A row of a registered table with an organiser, an id and a version.
pub(crate) trait Record: Clone {
    /// The table.
    const TABLE: &'static str;
    /// The word for the thing in the change log, as in the published interface.
    const ENTITY: &'static str;
    /// The columns, in the order of [`Record::cells`].
    const COLUMNS: &'static [&'static str];
    /// One cell for each column.
    fn cells(&self) -> Vec<Cell>;
    /// The row as the change log keeps it.
    fn document(&self) -> Map<String, Value>;
    /// Organiser and id.
    fn key(&self) -> (Uid, Uid);
    /// The version, from 1.
    fn version(&self) -> i64;
    /// Whether the row is a withdrawn entry.
    fn is_withdrawn(&self) -> bool;
    /// When it was entered, and when it was changed last.
    fn instants(&self) -> (Ts, Ts);
    /// Moves the row on to its next version.
    fn advance(&mut self, version: i64, modified_at: Ts);
    /// Makes it a withdrawn entry.
    fn withdraw(&mut self, at: Ts);
}

/// Declares a row: the struct, how diesel reads it, and how the change log writes it.
/// Every record has `organiser_id`, `id`, `version`, `created_at`, `modified_at` and
/// `withdrawn_at`; the columns after them are its own, in the order of `schema.rs`.
macro_rules! record {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident in $table:ident as $entity:literal {
            $($(#[$field_meta:meta])* $field:ident: $type:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, diesel::Queryable, diesel::Selectable, serde::Serialize)]
        #[diesel(table_name = crate::schema::$table)]
        $vis struct $name {
            $vis organiser_id: $crate::core::types::Uid,
            $vis id: $crate::core::types::Uid,
            $vis version: i64,
            $vis created_at: $crate::core::types::Ts,
            $vis modified_at: $crate::core::types::Ts,
            $vis withdrawn_at: Option<$crate::core::types::Ts>,
            $($(#[$field_meta])* $vis $field: $type,)*
        }

        impl $crate::core::record::Record for $name {
            const TABLE: &'static str = stringify!($table);
            const ENTITY: &'static str = $entity;
            const COLUMNS: &'static [&'static str] = &[
                "organiser_id", "id", "version", "created_at", "modified_at", "withdrawn_at",
                $(stringify!($field),)*
            ];
            fn cells(&self) -> Vec<$crate::core::rows::Cell> {
                let row = self.clone();
                vec![
                    row.organiser_id.into(), row.id.into(), row.version.into(),
                    row.created_at.into(), row.modified_at.into(), row.withdrawn_at.into(),
                    $(row.$field.into(),)*
                ]
            }
            fn document(&self) -> serde_json::Map<String, serde_json::Value> {
                $crate::core::record::document(self)
            }
            fn key(&self) -> ($crate::core::types::Uid, $crate::core::types::Uid) {
                (self.organiser_id, self.id)
            }
            fn version(&self) -> i64 { self.version }
            fn is_withdrawn(&self) -> bool { self.withdrawn_at.is_some() }
            fn instants(&self) -> ($crate::core::types::Ts, $crate::core::types::Ts) {
                (self.created_at, self.modified_at)
            }
            fn advance(&mut self, version: i64, modified_at: $crate::core::types::Ts) {
                self.version = version;
                self.modified_at = modified_at;
            }
            fn withdraw(&mut self, at: $crate::core::types::Ts) {
                self.withdrawn_at = Some(at);
            }
        }
    };
}
pub(crate) use record;

/// The fields of a row that the change log compares; the bookkeeping ones are in the change itself.
pub(crate) fn document<T: serde::Serialize>(row: &T) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(mut fields)) => {
            for bookkeeping in ["organiser_id", "id", "version", "created_at", "modified_at"] {
                fields.remove(bookkeeping);
            }
            fields
        }
        // A struct of cells always serialises to an object.
        Ok(_) | Err(_) => Map::new(),
    }
}

/// Writes a secret into the change log as a mark that only tells one from another. What
/// is kept of a secret is itself a salted hash or the hash of a random one, so that the
/// mark helps nobody to guess it.
pub(crate) fn concealed<S: serde::Serializer>(secret: &str, serializer: S) -> Result<S::Ok, S::Error> {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(secret.as_bytes());
    let mark = hex::encode(hash.get(..4).unwrap_or_default());
    serializer.serialize_str(&format!("concealed {mark}"))
}

/// As [`concealed`], for a secret that may be none.
pub(crate) fn concealed_if_any<S: serde::Serializer>(
    secret: &Option<String>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match secret {
        Some(secret) => concealed(secret, serializer),
        None => serializer.serialize_none(),
    }
}

//! Portable column types. The two databases store them differently; Rust sees one type.
//!
//! | here | PostgreSQL | SQLite |
//! |---|---|---|
//! | [`Guid`], [`Uid`] | uuid | BLOB of 16 bytes |
//! | [`Instant`], [`Ts`] | timestamptz | INTEGER, microseconds since 1970 |
//! | [`JsonDoc`], [`Json`] | jsonb | TEXT |

use chrono::{DateTime, Utc};
use diesel::{
    backend::Backend,
    deserialize::{self, FromSql, FromSqlRow},
    expression::AsExpression,
    pg::{Pg, PgValue},
    query_builder::QueryId,
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{BigInt, Binary, HasSqlType, Jsonb, SqlType, Text, Timestamptz, Uuid as PgUuid},
    sqlite::Sqlite,
};
use serde::Serialize;
use sha2::{Digest, Sha256};
use skolhus_domain::id::Id;
use uuid::Uuid;

use super::connection::{MultiBackend, MultiRawValue};

/// The SQL type of identifiers.
#[derive(SqlType, QueryId, Clone, Copy, Debug, Default)]
#[diesel(postgres_type(oid = 2950, array_oid = 2951), sqlite_type(name = "Binary"))]
pub struct Guid;

/// The SQL type of instants.
#[derive(SqlType, QueryId, Clone, Copy, Debug, Default)]
#[diesel(postgres_type(oid = 1184, array_oid = 1185), sqlite_type(name = "Long"))]
pub struct Instant;

/// The SQL type of JSON documents.
#[derive(SqlType, QueryId, Clone, Copy, Debug, Default)]
#[diesel(postgres_type(oid = 3802, array_oid = 3807), sqlite_type(name = "Text"))]
pub struct JsonDoc;

macro_rules! portable {
    ($sql:ident, $rust:ident) => {
        impl HasSqlType<$sql> for MultiBackend {
            fn metadata(lookup: &mut Self::MetadataLookup) -> Self::TypeMetadata {
                MultiBackend::lookup_sql_type::<$sql>(lookup)
            }
        }
        impl FromSql<$sql, MultiBackend> for $rust {
            fn from_sql(value: MultiRawValue<'_>) -> deserialize::Result<Self> {
                value.from_sql::<$rust, $sql>()
            }
        }
        impl ToSql<$sql, MultiBackend> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
                out.set_value(($sql, self));
                Ok(IsNull::No)
            }
        }
    };
}
portable!(Guid, Uid);
portable!(Instant, Ts);
portable!(JsonDoc, Json);

/// An identifier in a row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, FromSqlRow, AsExpression, Serialize)]
#[diesel(sql_type = Guid)]
#[serde(transparent)]
pub struct Uid(pub Uuid);

impl Uid {
    /// The identifier as it stands in a row.
    pub fn of(id: impl Id) -> Self {
        Self(id.uuid())
    }

    /// The identifiers as they stand in rows.
    pub fn all<I: Id>(ids: &[I]) -> Vec<Self> {
        ids.iter().copied().map(Self::of).collect()
    }

    /// The identifier of a row that is fully told by its parent and some words, such as the
    /// place of a term in an offering: the same each time a use-case runs (a UUID of version 8).
    pub fn derived(table: &str, parent: Uid, words: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        hash.update(table.as_bytes());
        hash.update(parent.0.as_bytes());
        for word in words {
            hash.update([0]);
            hash.update(word);
        }
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash.finalize()).for_each(|(byte, hashed)| *byte = hashed);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The identifier as the domain knows it.
    #[must_use]
    pub fn to<T: Id>(self) -> T {
        T::from_uuid(self.0)
    }
}

impl ToSql<Guid, Pg> for Uid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<PgUuid, Pg>::to_sql(&self.0, &mut out.reborrow())
    }
}
impl FromSql<Guid, Pg> for Uid {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <Uuid as FromSql<PgUuid, Pg>>::from_sql(value).map(Self)
    }
}
impl ToSql<Guid, Sqlite> for Uid {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_bytes().as_slice());
        Ok(IsNull::No)
    }
}
impl FromSql<Guid, Sqlite> for Uid {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let bytes = <Vec<u8> as FromSql<Binary, Sqlite>>::from_sql(value)?;
        Ok(Self(Uuid::from_slice(&bytes)?))
    }
}

/// An instant in a row, to the microsecond.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, FromSqlRow, AsExpression, Serialize)]
#[diesel(sql_type = Instant)]
#[serde(transparent)]
pub struct Ts(pub DateTime<Utc>);

impl Ts {
    /// The instant, cut to the microsecond that both databases keep.
    #[must_use]
    pub fn of(instant: DateTime<Utc>) -> Self {
        Self(DateTime::from_timestamp_micros(instant.timestamp_micros()).unwrap_or(instant))
    }
}

impl ToSql<Instant, Pg> for Ts {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamptz, Pg>::to_sql(&self.0, &mut out.reborrow())
    }
}
impl FromSql<Instant, Pg> for Ts {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <DateTime<Utc> as FromSql<Timestamptz, Pg>>::from_sql(value).map(Self)
    }
}
impl ToSql<Instant, Sqlite> for Ts {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.timestamp_micros());
        Ok(IsNull::No)
    }
}
impl FromSql<Instant, Sqlite> for Ts {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let micros = <i64 as FromSql<BigInt, Sqlite>>::from_sql(value)?;
        DateTime::from_timestamp_micros(micros).map(Self).ok_or_else(|| "an instant out of range".into())
    }
}

/// A JSON document in a row.
#[derive(Clone, PartialEq, Debug, FromSqlRow, AsExpression, Serialize)]
#[diesel(sql_type = JsonDoc)]
#[serde(transparent)]
pub struct Json(pub serde_json::Value);

impl ToSql<JsonDoc, Pg> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Jsonb, Pg>::to_sql(&self.0, &mut out.reborrow())
    }
}
impl FromSql<JsonDoc, Pg> for Json {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        <serde_json::Value as FromSql<Jsonb, Pg>>::from_sql(value).map(Self)
    }
}
impl ToSql<JsonDoc, Sqlite> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(&self.0)?);
        Ok(IsNull::No)
    }
}
impl FromSql<JsonDoc, Sqlite> for Json {
    fn from_sql(value: <Sqlite as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        let text = <String as FromSql<Text, Sqlite>>::from_sql(value)?;
        Ok(Self(serde_json::from_str(&text)?))
    }
}

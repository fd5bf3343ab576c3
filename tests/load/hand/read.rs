//! A column of a row, as either driver has it.

use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::types::ValueRef;
use serde::de::DeserializeOwned;
use tokio_postgres::types::Json;
use uuid::Uuid;

use crate::Failure;

/// A row. What is null is none.
pub trait Read {
    fn id(&self, place: usize) -> Result<Option<Uuid>, Failure>;
    fn number(&self, place: usize) -> Result<Option<i64>, Failure>;
    fn text(&self, place: usize) -> Result<Option<String>, Failure>;
    fn day(&self, place: usize) -> Result<Option<NaiveDate>, Failure>;
    fn instant(&self, place: usize) -> Result<Option<DateTime<Utc>>, Failure>;
    fn json<T: DeserializeOwned>(&self, place: usize) -> Result<Option<T>, Failure>;
}

/// What a row is read as.
pub trait FromRow: Sized {
    fn read(row: &impl Read) -> Result<Self, Failure>;
}

/// What a column that is never null holds.
pub fn there<T>(value: Option<T>) -> Result<T, Failure> {
    value.ok_or_else(|| "a column is null".into())
}

impl Read for rusqlite::Row<'_> {
    fn id(&self, place: usize) -> Result<Option<Uuid>, Failure> {
        Ok(self.get_ref(place)?.as_blob_or_null()?.map(Uuid::from_slice).transpose()?)
    }

    fn number(&self, place: usize) -> Result<Option<i64>, Failure> {
        Ok(self.get(place)?)
    }

    fn text(&self, place: usize) -> Result<Option<String>, Failure> {
        Ok(self.get(place)?)
    }

    fn day(&self, place: usize) -> Result<Option<NaiveDate>, Failure> {
        Ok(self.get_ref(place)?.as_str_or_null()?.map(str::parse).transpose()?)
    }

    fn instant(&self, place: usize) -> Result<Option<DateTime<Utc>>, Failure> {
        match self.get_ref(place)? {
            ValueRef::Null => Ok(None),
            micros => {
                Ok(Some(DateTime::from_timestamp_micros(micros.as_i64()?).ok_or("an instant is too far")?))
            }
        }
    }

    fn json<T: DeserializeOwned>(&self, place: usize) -> Result<Option<T>, Failure> {
        Ok(self.get_ref(place)?.as_str_or_null()?.map(serde_json::from_str).transpose()?)
    }
}

impl Read for tokio_postgres::Row {
    fn id(&self, place: usize) -> Result<Option<Uuid>, Failure> {
        Ok(self.try_get(place)?)
    }

    fn number(&self, place: usize) -> Result<Option<i64>, Failure> {
        Ok(self.try_get(place)?)
    }

    fn text(&self, place: usize) -> Result<Option<String>, Failure> {
        Ok(self.try_get(place)?)
    }

    fn day(&self, place: usize) -> Result<Option<NaiveDate>, Failure> {
        Ok(self.try_get(place)?)
    }

    fn instant(&self, place: usize) -> Result<Option<DateTime<Utc>>, Failure> {
        Ok(self.try_get(place)?)
    }

    fn json<T: DeserializeOwned>(&self, place: usize) -> Result<Option<T>, Failure> {
        let value: Option<Json<T>> = self.try_get(place)?;
        Ok(value.map(|value| value.0))
    }
}

//! Pages of a list: by key, never by counting rows, so that a row which keeps its sort
//! key appears exactly once however the list changes during the walk.

use chrono::{DateTime, Utc};
use uuid::Uuid;

/// Which way a list runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Direction {
    /// Smallest first.
    #[default]
    Ascending,
    /// Largest first.
    Descending,
}

/// Where a page ended: the sort value of its last row, and the row's id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// The sort value; an instant as microseconds since 1970.
    pub key: String,
    /// The row.
    pub id: Uuid,
}

/// Which page is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageRequest<S> {
    /// 1 to 500 rows.
    pub limit: u32,
    /// What the list is sorted by.
    pub sort: S,
    /// Which way.
    pub direction: Direction,
    /// After this row.
    pub after: Option<Cursor>,
    /// Only rows changed after this instant.
    pub modified_after: Option<DateTime<Utc>>,
}

/// One page of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins, if there is more.
    pub next: Option<Cursor>,
    /// The instant up to which the page tells what changed, where it was asked for what changed and
    /// the records can be followed.
    pub as_of: Option<DateTime<Utc>>,
}

impl<T> Page<T> {
    /// Makes a page of rows fetched with one row more than the limit.
    pub(crate) fn cut(mut rows: Vec<T>, limit: u32, cursor: impl Fn(&T) -> Cursor) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = if more { rows.last().map(cursor) } else { None };
        Self { items: rows, next, as_of: None }
    }

    /// The same page with each row converted.
    ///
    /// # Errors
    /// The first conversion's that fails.
    pub fn try_map<U, E>(self, convert: impl FnMut(T) -> Result<U, E>) -> Result<Page<U>, E> {
        Ok(Page {
            items: self.items.into_iter().map(convert).collect::<Result<_, _>>()?,
            next: self.next,
            as_of: self.as_of,
        })
    }
}

/// Sorts a boxed query by a column and the id, and starts it after the cursor.
/// `$parse` turns the cursor's text into the column's type.
macro_rules! keyset {
    ($query:expr, $request:expr, $column:expr, $id:expr, $parse:expr) => {{
        use diesel::prelude::*;
        let mut query = $query;
        if let Some(cursor) = &$request.after {
            let value = $parse(cursor.key.as_str());
            let id = $crate::core::types::Uid(cursor.id);
            query = match $request.direction {
                $crate::core::page::Direction::Ascending => {
                    query.filter($column.gt(value.clone()).or($column.eq(value).and($id.gt(id))))
                }
                $crate::core::page::Direction::Descending => {
                    query.filter($column.lt(value.clone()).or($column.eq(value).and($id.lt(id))))
                }
            };
        }
        let query = match $request.direction {
            $crate::core::page::Direction::Ascending => query.order(($column.asc(), $id.asc())),
            $crate::core::page::Direction::Descending => query.order(($column.desc(), $id.desc())),
        };
        query.limit(i64::from($request.limit) + 1)
    }};
}
pub(crate) use keyset;

/// A cursor's text as text.
pub(crate) fn text(key: &str) -> String {
    key.to_owned()
}

/// A cursor's text as an instant; a token we did not make ends at the beginning of time.
pub(crate) fn instant(key: &str) -> super::types::Ts {
    let micros = key.parse().unwrap_or_default();
    super::types::Ts(DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::UNIX_EPOCH))
}

/// An instant as a cursor's text.
pub(crate) fn instant_key(instant: super::types::Ts) -> String {
    instant.0.timestamp_micros().to_string()
}

/// A cursor's text as a date.
pub(crate) fn date(key: &str) -> chrono::NaiveDate {
    key.parse().unwrap_or(chrono::NaiveDate::MIN)
}

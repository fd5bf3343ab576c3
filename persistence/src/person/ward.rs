//! Those over whom the caller's relations give rights today.

use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::PersonId,
    person::{NameDraft, PersonName},
};

use crate::{
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset, text},
        types::{Ts, Uid},
    },
    schema::persons,
};

/// What a list of wards is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WardSort {
    /// The name, in Swedish order.
    #[default]
    Name,
    /// When the record was changed last.
    ModifiedAt,
}

/// A ward: who they are to somebody who has any right over them.
#[derive(Clone, Debug)]
pub struct NamedWard {
    /// Who.
    pub id: PersonId,
    /// Their name.
    pub name: PersonName,
}

type Row = (Uid, Ts, String, (String, Option<String>, String, Option<String>));

/// One page of the caller's wards. The scope holds who they are; a protected one is among them only
/// where the caller is cleared to know of them.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PageRequest<WardSort>,
) -> Result<Page<NamedWard>, Error> {
    let ids: Vec<Uid> = scope.wards().iter().map(|ward| Uid::of(ward.person)).collect();
    let cleared: Vec<Uid> =
        scope.wards().iter().filter(|ward| ward.is_protected).map(|ward| Uid::of(ward.person)).collect();
    if ids.is_empty() {
        return Ok(Page { items: Vec::new(), next: None, as_of: None });
    }
    let mut query: persons::BoxedQuery<'_, MultiBackend> = persons::table
        .filter(persons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(persons::id.eq_any(ids))
        .filter(persons::is_protected.eq(false).or(persons::id.eq_any(cleared)))
        .filter(persons::withdrawn_at.is_null())
        .into_boxed();
    if let Some(after) = request.modified_after {
        query = query.filter(persons::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        WardSort::Name => keyset!(query, request, persons::name_sort_key, persons::id, text),
        WardSort::ModifiedAt => keyset!(query, request, persons::modified_at, persons::id, instant),
    };
    let rows: Vec<Row> = query
        .select((
            persons::id,
            persons::modified_at,
            persons::name_sort_key,
            (persons::given_name, persons::middle_name, persons::family_name, persons::preferred_given_name),
        ))
        .load(connection)?;
    let cursor = |(id, modified_at, sort_key, _): &Row| Cursor {
        key: match request.sort {
            WardSort::Name => sort_key.clone(),
            WardSort::ModifiedAt => instant_key(*modified_at),
        },
        id: id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(|(id, _, _, (given, middle, family, preferred_given))| {
        let name = PersonName::new(&NameDraft { given, middle, family, preferred_given }).map_err(|_| {
            Error::Inconsistent {
                table: "persons",
                id: id.0.to_string(),
                detail: "the name cannot be read".to_owned(),
            }
        })?;
        Ok(NamedWard { id: id.to(), name })
    })
}

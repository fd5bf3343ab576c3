//! Whose participations add up: candidates for a look at their pace.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{PersonId, SchoolUnitId},
    participation::Participation,
    person::{NameDraft, PersonName},
};

use super::{find::reachable, row::ParticipationRow};
use crate::core::{
    connection::{DatabaseConnection, MultiBackend},
    error::Error,
    page::{Cursor, Page, PageRequest, keyset, text},
    reach,
    types::{Ts, Uid},
};
use crate::schema::{course_offerings, participations, persons};

/// What a list of persons by pace is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PaceSort {
    /// The name, in Swedish order.
    #[default]
    Name,
}

/// A person with participations in outermost offerings, as far as they are within reach.
#[derive(Clone, Debug)]
pub struct ParallelStudies {
    /// Who.
    pub person: PersonId,
    /// Their name.
    pub name: PersonName,
    /// What they take part in on the day or later.
    pub participations: Vec<Participation>,
}

type PersonRow = (Uid, String, Option<String>, String, Option<String>, String);

/// One page of the persons who take part in two outermost offerings at once on a day or later, with
/// all of these participations: two statements.
///
/// # Errors
/// A failure of the database.
pub fn parallel_studies(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    units: &[SchoolUnitId],
    from: NaiveDate,
    request: &PageRequest<PaceSort>,
) -> Result<Page<ParallelStudies>, Error> {
    let mut query = persons::table
        .filter(reach::persons(scope))
        .filter(reach::parallel_studies(from))
        .into_boxed::<MultiBackend>();
    if !units.is_empty() {
        query = query.filter(reach::persons_of_units(units, scope));
    }
    if let Some(after) = request.modified_after {
        query = query.filter(diesel::dsl::exists(
            participations::table
                .filter(participations::organiser_id.eq(persons::organiser_id))
                .filter(participations::person_id.eq(persons::id))
                .filter(participations::modified_at.gt(Ts::of(after))),
        ));
    }
    let PaceSort::Name = request.sort;
    let query = keyset!(query, request, persons::name_sort_key, persons::id, text);
    let columns = (
        persons::id,
        persons::given_name,
        persons::middle_name,
        persons::family_name,
        persons::preferred_given_name,
        persons::name_sort_key,
    );
    let rows: Vec<PersonRow> = query.select(columns).load(connection)?;
    let cursor = |(id, .., key): &PersonRow| Cursor { key: key.clone(), id: id.0 };
    let page = Page::cut(rows, request.limit, cursor);
    let ids: Vec<Uid> = page.items.iter().map(|(id, ..)| *id).collect();
    let rows: Vec<ParticipationRow> = reachable(scope)
        .filter(participations::person_id.eq_any(ids))
        .filter(participations::held_to.ge(from))
        .filter(course_offerings::part_of_id.is_null())
        .select(ParticipationRow::as_select())
        .load(connection)?;
    let mut theirs: BTreeMap<Uid, Vec<Participation>> = BTreeMap::new();
    for row in rows {
        theirs.entry(row.person_id).or_default().push(row.into_saved()?.value);
    }
    page.try_map(|(id, given, middle, family, preferred_given, _)| {
        let name = PersonName::new(&NameDraft { given, middle, family, preferred_given }).map_err(|_| {
            Error::Inconsistent {
                table: "persons",
                id: id.0.to_string(),
                detail: "the name cannot be read".to_owned(),
            }
        })?;
        Ok(ParallelStudies { person: id.to(), name, participations: theirs.remove(&id).unwrap_or_default() })
    })
}

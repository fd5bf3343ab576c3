//! The roster: participations with their persons' names, a page at a time.

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{OfferingId, ParticipationId, PersonId, SchoolUnitId, TermId},
    participation::{Origin, Participation, StateCode},
    person::{NameDraft, PersonName},
};

use super::{
    find::{Joined, kept_under_shown_names, reachable_under_shown_names},
    row::ParticipationRow,
};
use crate::{
    Saved,
    core::{
        connection::DatabaseConnection,
        error::Error,
        feed::modified_after,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset, text},
        shown_name,
        types::{Json, Uid},
    },
    schema::{course_offerings, offering_terms, participations, persons},
};

/// What a list of participations is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ParticipationSort {
    /// The name that is shown, in Swedish order.
    #[default]
    Name,
    /// The first day.
    PeriodFrom,
    /// When it was changed last.
    ModifiedAt,
}

/// Which participations are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct ParticipationFilter {
    /// In these offerings.
    pub offerings: Vec<OfferingId>,
    /// Of these persons.
    pub persons: Vec<PersonId>,
    /// In offerings of these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// In offerings that cover one of these terms.
    pub terms: Vec<TermId>,
    /// In one of these states.
    pub states: Vec<StateCode>,
    /// That came to be like this.
    pub origin: Option<Origin>,
    /// Held on this day; study breaks do not interrupt that.
    pub active_on: Option<NaiveDate>,
}

impl ParticipationFilter {
    /// Whether one offering is asked for, and at the most a day: what is asked for all day long.
    fn is_of_a_class(&self) -> bool {
        let Self { offerings, persons, school_units, terms, states, origin, active_on: _ } = self;
        offerings.len() == 1
            && persons.is_empty()
            && school_units.is_empty()
            && terms.is_empty()
            && states.is_empty()
            && origin.is_none()
    }
}

/// A participation with the name of its person.
#[derive(Clone, Debug)]
pub struct Named {
    /// The participation.
    pub saved: Saved<ParticipationId, Participation>,
    /// Whose it is: the person's name, or the one under which the caller meets them.
    pub name: PersonName,
}

type NamedRow = (ParticipationRow, (String, Option<String>, String, Option<String>), Option<Json>, String);

impl Named {
    pub(super) fn load(
        connection: &mut DatabaseConnection,
        scope: &Scope,
        query: Joined<'_>,
    ) -> Result<Vec<Self>, Error> {
        load(connection, scope, query)?.into_iter().map(|row| Self::of(scope, row)).collect()
    }

    fn of(scope: &Scope, row: NamedRow) -> Result<Self, Error> {
        let (row, (given, middle, family, preferred_given), plan, _) = row;
        let id = row.person_id;
        let name = PersonName::new(&NameDraft { given, middle, family, preferred_given }).map_err(|_| {
            Error::Inconsistent {
                table: "persons",
                id: id.0.to_string(),
                detail: "the name cannot be read".to_owned(),
            }
        })?;
        let name = shown_name::met(scope, id.to(), name, plan)?;
        Ok(Self { saved: row.into_saved()?, name })
    }
}

fn load(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    query: Joined<'_>,
) -> Result<Vec<NamedRow>, Error> {
    let columns = (
        ParticipationRow::as_select(),
        (persons::given_name, persons::middle_name, persons::family_name, persons::preferred_given_name),
        shown_name::column(connection.is_postgres()),
        shown_name::sort_key(scope),
    );
    Ok(query.select(columns).load(connection)?)
}

/// One page of the roster, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &ParticipationFilter,
    request: &PageRequest<ParticipationSort>,
) -> Result<Page<Named>, Error> {
    let reachable = if filter.is_of_a_class() && request.modified_after.is_none() {
        kept_under_shown_names(scope)
    } else {
        reachable_under_shown_names(scope)
    };
    let query = narrowed(reachable, filter);
    let query = modified_after!(query, request, scope, participations, "participation");
    let query = match request.sort {
        ParticipationSort::Name => {
            keyset!(query, request, shown_name::sort_key(scope), participations::id, text)
        }
        ParticipationSort::PeriodFrom => {
            keyset!(query, request, participations::period_from, participations::id, date)
        }
        ParticipationSort::ModifiedAt => {
            keyset!(query, request, participations::modified_at, participations::id, instant)
        }
    };
    let rows = load(connection, scope, query)?;
    let cursor = |(row, .., sort_key): &NamedRow| Cursor {
        key: match request.sort {
            ParticipationSort::Name => sort_key.clone(),
            ParticipationSort::PeriodFrom => row.period_from.to_string(),
            ParticipationSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor)
        .followed(connection, "participation", scope, request)?
        .try_map(|row| Named::of(scope, row))
}

fn narrowed<'a>(mut query: Joined<'a>, filter: &ParticipationFilter) -> Joined<'a> {
    let ParticipationFilter { offerings, persons, school_units, terms, states, origin, active_on } = filter;
    if let [offering] = offerings.as_slice() {
        query = query.filter(participations::offering_id.eq(Uid::of(*offering)));
    } else if !offerings.is_empty() {
        let offerings: Vec<Uid> = offerings.iter().copied().map(Uid::of).collect();
        query = query.filter(participations::offering_id.eq_any(offerings));
    }
    if !persons.is_empty() {
        let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
        query = query.filter(participations::person_id.eq_any(persons));
    }
    if !school_units.is_empty() {
        let units: Vec<Uid> = school_units.iter().copied().map(Uid::of).collect();
        query = query.filter(course_offerings::school_unit_id.eq_any(units));
    }
    if !terms.is_empty() {
        let terms: Vec<Uid> = terms.iter().copied().map(Uid::of).collect();
        query = query.filter(diesel::dsl::exists(
            offering_terms::table
                .filter(offering_terms::organiser_id.eq(participations::organiser_id))
                .filter(offering_terms::offering_id.eq(participations::offering_id))
                .filter(offering_terms::withdrawn_at.is_null())
                .filter(offering_terms::term_id.eq_any(terms)),
        ));
    }
    if !states.is_empty() {
        let states: Vec<&'static str> = states.iter().map(|state| state.code()).collect();
        query = query.filter(participations::state.eq_any(states));
    }
    if let Some(origin) = *origin {
        query = query.filter(participations::origin.eq(origin.code()));
    }
    if let Some(day) = *active_on {
        query = query.filter(participations::held_from.le(day)).filter(participations::held_to.ge(day));
    }
    query
}

//! The name under which a protected person stands in a roster: what their handling plan says. It is put
//! together in the statement that reads the roster, so that a page costs no more.

use diesel::sql_types::{Nullable, Text};
use serde_json::Value;
use skolhus_domain::{
    access::Scope,
    id::PersonId,
    person::{Alias, NameDraft, PersonName, ShownNameKind},
};

use super::{
    error::Error,
    fixed_sql::FixedSql,
    types::{Json, JsonDoc, Uid},
};

/// The handling plan of the row of `persons`, as a subquery's end.
macro_rules! plan {
    ($select:literal) => {
        concat!(
            "(SELECT ",
            $select,
            " FROM handling_plans AS shown WHERE shown.organiser_id = persons.organiser_id \
             AND shown.person_id = persons.id AND shown.withdrawn_at IS NULL)"
        )
    };
}

/// There is a plan, and so a name, for the row of `persons`.
pub(super) const HAS_PLAN: &str = concat!("EXISTS ", plan!("1"));

/// As [`column`], for statements that are text.
pub(crate) fn text(postgres: bool) -> &'static str {
    if postgres {
        concat!(
            "(CASE WHEN persons.is_protected THEN COALESCE(",
            plan!(
                "jsonb_build_array(shown.shown, shown.alias_word, shown.alias_number, shown.chosen_given_name, shown.chosen_family_name)"
            ),
            ", '[]'::jsonb) END)"
        )
    } else {
        concat!(
            "(CASE WHEN persons.is_protected THEN COALESCE(",
            plan!(
                "json_array(shown.shown, shown.alias_word, shown.alias_number, shown.chosen_given_name, shown.chosen_family_name)"
            ),
            ", '[]') END)"
        )
    }
}

/// What the plan shows: the kind, the alias and the chosen name. Null for a person who is not protected; empty
/// for one who has no plan, and so no name.
pub(crate) fn column(postgres: bool) -> FixedSql<Nullable<JsonDoc>> {
    FixedSql::new(text(postgres))
}

/// What a roster is sorted by, so that a place in it does not tell the name that stands behind another.
/// Those who meet nobody under another name sort by the name itself, which has an index.
pub(crate) fn sort_key(scope: &Scope) -> FixedSql<Text> {
    FixedSql::new(if scope.meets_under_shown_names().is_empty() {
        "persons.name_sort_key"
    } else {
        concat!(
            "(CASE WHEN persons.is_protected THEN COALESCE(",
            plan!("shown.name_sort_key"),
            ", persons.name_sort_key) ELSE persons.name_sort_key END)"
        )
    })
}

/// The name that the caller meets: the person's own, or what the plan shows.
///
/// # Errors
/// [`Error::Inconsistent`] for a plan whose name cannot be read: better no answer than the wrong name.
pub(crate) fn met(
    scope: &Scope,
    person: PersonId,
    own: PersonName,
    plan: Option<Json>,
) -> Result<PersonName, Error> {
    match plan {
        Some(Json(plan)) if !scope.is_system() && !scope.knows_by_name(person) => {
            read(own, plan).ok_or_else(|| Error::Inconsistent {
                table: "handling_plans",
                id: person.to_string(),
                detail: "the name that is shown cannot be read".to_owned(),
            })
        }
        Some(_) | None => Ok(own),
    }
}

/// Who a member of staff is, to those who see where they work: their id, and the given name and the family name
/// in use. Of a protected one the name that the plan shows and nothing else, and to people alone: no
/// integrator's client is told. None where there is nobody, or no name that may be told.
pub(crate) fn of_staff(
    scope: &Scope,
    id: Option<Uid>,
    name: (Option<String>, Option<String>),
    plan: Option<Json>,
) -> Option<(Option<PersonId>, String, String)> {
    let (Some(id), (Some(given), Some(family))) = (id, name) else { return None };
    let Some(Json(plan)) = plan else { return Some((Some(id.to()), given, family)) };
    scope.account()?;
    let own = NameDraft { given, middle: None, family, preferred_given: None };
    let shown = read(PersonName::new(&own).ok()?, plan)?;
    Some((None, shown.given().as_str().to_owned(), shown.family().as_str().to_owned()))
}

fn read(own: PersonName, plan: Value) -> Option<PersonName> {
    type Stored = (String, String, u16, Option<String>, Option<String>);
    let (kind, word, number, given, family): Stored = serde_json::from_value(plan).ok()?;
    match ShownNameKind::from_code(&kind).ok()? {
        ShownNameKind::Own => Some(own),
        ShownNameKind::Alias => Alias::new(&word, number).ok()?.name().ok(),
        ShownNameKind::Chosen => {
            let draft = NameDraft { given: given?, middle: None, family: family?, preferred_given: None };
            PersonName::new(&draft).ok()
        }
    }
}

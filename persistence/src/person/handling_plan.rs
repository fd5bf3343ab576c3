//! Handling plans: there is one for every person from the moment they are protected, with an alias, whether
//! somebody has made a plan or not.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::{HandlingPlanId, Id, PersonId},
    person::{
        Alias, Grant, Guarded, HandlingPlan, NameDraft, PersonName, PlanState, Protection, ShownName,
        ShownNameKind,
    },
};

use super::clearing;
use crate::{
    Saved,
    core::{
        connection::MultiBackend,
        error::Error,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset},
        reach,
        record::record,
        tx::Tx,
        types::{Ts, Uid},
    },
    schema::{accounts, duties, handling_plan_staff, handling_plans, persons, role_assignments},
};

record! {
    /// A plan's row.
    pub(crate) struct HandlingPlanRow in handling_plans as "handling plan" {
        person_id: Uid,
        alias_word: String,
        alias_number: i32,
        shown: String,
        chosen_given_name: Option<String>,
        chosen_family_name: Option<String>,
        name_sort_key: Option<String>,
        responsible_id: Option<Uid>,
        home: Option<String>,
        notes: Option<String>,
        reviewed_on: Option<NaiveDate>,
        review_due: NaiveDate,
    }
}

record! {
    /// A row of a member of staff who may know.
    pub(crate) struct HandlingPlanStaffRow in handling_plan_staff as "handling plan staff" {
        plan_id: Uid,
        staff_id: Uid,
    }
}

/// A plan as it is saved, closed until access to the person has been recorded.
pub type SavedPlan = Saved<HandlingPlanId, Guarded<HandlingPlan>>;

/// What the register of plans is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum HandlingPlanSort {
    /// When it is to be reviewed; plans that are missing are due since the person was protected.
    #[default]
    ReviewDue,
    /// When it was changed last.
    ModifiedAt,
}

/// Which plans are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct HandlingPlanFilter {
    /// In these states.
    pub states: Vec<PlanState>,
    /// To be reviewed before this day.
    pub due_before: Option<NaiveDate>,
    /// For which these persons answer.
    pub responsible: Vec<PersonId>,
}

/// A line of the register: how far a person's plan has come, and no name.
#[derive(Clone, Debug)]
pub struct PlanEntry {
    /// The plan.
    pub id: HandlingPlanId,
    /// Its version.
    pub version: i64,
    /// When it was changed last.
    pub modified_at: chrono::DateTime<chrono::Utc>,
    /// Whose.
    pub person: PersonId,
    /// How they are protected.
    pub protection: Protection,
    /// The alias.
    pub alias: Alias,
    /// How far it has come.
    pub state: PlanState,
    /// Who answers for it.
    pub responsible: Option<PersonId>,
    /// When somebody decided about it, or looked at it, last.
    pub reviewed_on: Option<NaiveDate>,
    /// When it is to be reviewed.
    pub review_due: NaiveDate,
}

/// Plans with their persons.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person =
        handling_plans::organiser_id.eq(persons::organiser_id).and(handling_plans::person_id.eq(persons::id));
    handling_plans::table.inner_join(persons::table.on(with_person))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;

/// The plans of the protected persons within reach. A plan is not read any more when the protection is over.
fn reachable<'a>(scope: &Scope) -> Joined<'a> {
    joined()
        .into_boxed()
        .filter(reach::protected_persons_too(scope))
        .filter(persons::is_protected.eq(true))
        .filter(handling_plans::withdrawn_at.is_null())
}

/// Gives persons who are protected from now on an alias, and a plan to be made; one from an earlier
/// protection begins anew, and nobody is cleared by it. At most six statements.
///
/// # Errors
/// [`Error::Collision`] when another transaction took the alias meanwhile, so that the use-case runs again;
/// a failure of the database.
pub(super) fn begin(tx: &mut Tx<'_>, scope: &Scope, of: &[PersonId]) -> Result<(), Error> {
    if of.is_empty() {
        return Ok(());
    }
    let organiser = Uid::of(scope.organiser());
    let ids: Vec<Uid> = of.iter().copied().map(Uid::of).collect();
    let taken: Vec<(String, i32)> = handling_plans::table
        .filter(handling_plans::organiser_id.eq(organiser))
        .select((handling_plans::alias_word, handling_plans::alias_number))
        .load(tx.connection())?;
    let mut taken: BTreeSet<(String, i32)> = taken.into_iter().collect();
    let earlier: Vec<HandlingPlanRow> = handling_plans::table
        .filter(handling_plans::organiser_id.eq(organiser))
        .filter(handling_plans::person_id.eq_any(ids))
        .select(HandlingPlanRow::as_select())
        .load(tx.connection())?;
    let earlier: BTreeMap<Uid, HandlingPlanRow> =
        earlier.into_iter().map(|row| (row.person_id, row)).collect();
    let (now, today) = (tx.now(), scope.today());
    let (mut new, mut again) = (Vec::new(), Vec::new());
    for person in of {
        let chance = tx.fresh();
        let (_, chance) = chance.0.as_u64_pair();
        let free = Alias::candidates(chance)
            .find(|alias| taken.insert((alias.word().to_owned(), i32::from(alias.number()))));
        let alias = free.ok_or_else(|| Error::Inconsistent {
            table: "handling_plans",
            id: person.to_string(),
            detail: "every alias is in use".to_owned(),
        })?;
        let plan = HandlingPlan::missing(*person, alias, today);
        match earlier.get(&Uid::of(*person)) {
            Some(before) => {
                let after = HandlingPlanRow::of(organiser, before.id, before.created_at, &plan);
                again.push((before.clone(), after));
            }
            None => new.push(HandlingPlanRow::of(organiser, tx.fresh(), now, &plan)),
        }
    }
    if !again.is_empty() {
        let plans: Vec<Uid> = again.iter().map(|(row, _)| row.id).collect();
        let persons: Vec<Uid> = again.iter().map(|(row, _)| row.person_id).collect();
        withdraw_staff(tx, organiser, &plans)?;
        clearing::withdraw_of(tx, organiser, &persons)?;
    }
    tx.insert(&new)
        .map_err(|error| error.raced("handling_plans_alias_idx").raced("handling_plans_person_idx"))?;
    tx.update_many(again).map(drop)
}

/// The plan of a protected person for whom access has been recorded in this transaction.
///
/// # Errors
/// A failure of the database.
pub fn open(
    tx: &mut Tx<'_>,
    scope: &Scope,
    person: PersonId,
    grant: &Grant,
) -> Result<Option<SavedPlan>, Error> {
    if !grant.covers(person) {
        return Ok(None);
    }
    let found: Option<(HandlingPlanRow, String)> = reachable(scope)
        .filter(handling_plans::person_id.eq(Uid::of(person)))
        .select((HandlingPlanRow::as_select(), persons::protection))
        .first(tx.connection())
        .optional()?;
    let Some((row, protection)) = found else { return Ok(None) };
    let staff: Vec<Uid> = handling_plan_staff::table
        .filter(handling_plan_staff::organiser_id.eq(row.organiser_id))
        .filter(handling_plan_staff::plan_id.eq(row.id))
        .filter(handling_plan_staff::withdrawn_at.is_null())
        .select(handling_plan_staff::staff_id)
        .load(tx.connection())?;
    let protection = protected(&protection);
    let HandlingPlanRow { id, version, created_at, modified_at, .. } = row;
    let plan = row.into_plan(staff.into_iter().map(Uid::to).collect())?;
    Ok(Some(Saved {
        id: id.to(),
        version,
        created_at: created_at.0,
        modified_at: modified_at.0,
        value: Guarded::new(person, protection, plan),
    }))
}

/// What is stored of somebody who is protected; should the two columns disagree, the one that closes counts.
fn protected(code: &str) -> Protection {
    let stated = Protection::from_stored_code(code);
    if stated.is_protected() { stated } else { Protection::Marked }
}

/// Saves a plan, as the next version after `before`. The reason stands in the log.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &SavedPlan,
    (old, new): (&HandlingPlan, &HandlingPlan),
    reason: &str,
) -> Result<(), Error> {
    tx.because(reason);
    let (organiser, id) = (Uid::of(scope.organiser()), Uid::of(before.id));
    let created_at = Ts::of(before.created_at);
    let row = HandlingPlanRow {
        version: before.version,
        modified_at: Ts::of(before.modified_at),
        ..HandlingPlanRow::of(organiser, id, created_at, old)
    };
    let after = HandlingPlanRow::of(organiser, id, created_at, new);
    tx.write_states(vec![(row, after, old.may_know != new.may_know)])?;
    save_staff(tx, organiser, id, &new.may_know)
}

/// Saves who may know: what is not among them is withdrawn.
fn save_staff(tx: &mut Tx<'_>, organiser: Uid, plan: Uid, wanted: &BTreeSet<PersonId>) -> Result<(), Error> {
    let now = tx.now();
    let rows: Vec<HandlingPlanStaffRow> = handling_plan_staff::table
        .filter(handling_plan_staff::organiser_id.eq(organiser))
        .filter(handling_plan_staff::plan_id.eq(plan))
        .select(HandlingPlanStaffRow::as_select())
        .load(tx.connection())?;
    let mut missing: BTreeSet<Uid> = wanted.iter().copied().map(Uid::of).collect();
    let mut changed = Vec::new();
    for before in rows {
        let stands = missing.remove(&before.staff_id);
        let withdrawn_at = if stands { None } else { before.withdrawn_at.or(Some(now)) };
        changed.push((before.clone(), HandlingPlanStaffRow { withdrawn_at, ..before }));
    }
    let mut new = Vec::with_capacity(missing.len());
    for staff_id in missing {
        new.push(HandlingPlanStaffRow {
            organiser_id: organiser,
            id: tx.fresh(),
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            plan_id: plan,
            staff_id,
        });
    }
    tx.insert(&new)?;
    tx.update_many(changed).map(drop)
}

fn withdraw_staff(tx: &mut Tx<'_>, organiser: Uid, plans: &[Uid]) -> Result<(), Error> {
    let now = tx.now();
    let rows: Vec<HandlingPlanStaffRow> = handling_plan_staff::table
        .filter(handling_plan_staff::organiser_id.eq(organiser))
        .filter(handling_plan_staff::plan_id.eq_any(plans))
        .filter(handling_plan_staff::withdrawn_at.is_null())
        .select(HandlingPlanStaffRow::as_select())
        .load(tx.connection())?;
    let pairs = rows
        .into_iter()
        .map(|before| (before.clone(), HandlingPlanStaffRow { withdrawn_at: Some(now), ..before }));
    tx.update_many(pairs.collect()).map(drop)
}

/// One page of the register of plans. It runs in a write, since each person on it is noted as accessed.
///
/// # Errors
/// A failure of the database.
pub fn list(
    tx: &mut Tx<'_>,
    scope: &Scope,
    filter: &HandlingPlanFilter,
    request: &PageRequest<HandlingPlanSort>,
) -> Result<Page<PlanEntry>, Error> {
    let today = scope.today();
    let HandlingPlanFilter { states, due_before, responsible } = filter;
    let mut query = reachable(scope);
    if !states.is_empty() {
        let has = |state| states.contains(&state);
        let made = handling_plans::reviewed_on.is_not_null();
        query = query.filter(
            (handling_plans::reviewed_on.is_null().and(Bool::of(has(PlanState::Missing))))
                .or(made.and(handling_plans::review_due.gt(today)).and(Bool::of(has(PlanState::InForce))))
                .or(made.and(handling_plans::review_due.le(today)).and(Bool::of(has(PlanState::ReviewDue)))),
        );
    }
    if let Some(day) = due_before {
        query = query.filter(handling_plans::review_due.lt(*day));
    }
    if !responsible.is_empty() {
        let ids: Vec<Uid> = responsible.iter().copied().map(Uid::of).collect();
        query = query.filter(handling_plans::responsible_id.eq_any(ids));
    }
    // Who is protected can be followed by nobody.
    if let Some(after) = request.modified_after {
        query = query.filter(handling_plans::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        HandlingPlanSort::ReviewDue => {
            keyset!(query, request, handling_plans::review_due, handling_plans::id, date)
        }
        HandlingPlanSort::ModifiedAt => {
            keyset!(query, request, handling_plans::modified_at, handling_plans::id, instant)
        }
    };
    let rows: Vec<(HandlingPlanRow, String)> =
        query.select((HandlingPlanRow::as_select(), persons::protection)).load(tx.connection())?;
    let cursor = |(row, _): &(HandlingPlanRow, String)| Cursor {
        key: match request.sort {
            HandlingPlanSort::ReviewDue => row.review_due.to_string(),
            HandlingPlanSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(|(row, protection)| {
        let HandlingPlanRow { id, version, modified_at, person_id, .. } = row;
        let plan = row.into_plan(BTreeSet::new())?;
        Ok(PlanEntry {
            id: id.to(),
            version,
            modified_at: modified_at.0,
            person: person_id.to(),
            protection: protected(&protection),
            state: plan.state(today),
            alias: plan.alias,
            responsible: plan.responsible,
            reviewed_on: plan.reviewed_on,
            review_due: plan.review_due,
        })
    })
}

/// A condition that is decided already.
struct Bool;

impl Bool {
    fn of(value: bool) -> diesel::expression::SqlLiteral<diesel::sql_types::Bool> {
        diesel::dsl::sql(if value { "TRUE" } else { "FALSE" })
    }
}

/// Those of the persons who work in the organiser: with a duty that is not over, or an account that has a role
/// of staff. Protected staff are among them.
///
/// # Errors
/// A failure of the database.
pub fn staff_among(tx: &mut Tx<'_>, scope: &Scope, ids: &[PersonId]) -> Result<BTreeSet<PersonId>, Error> {
    if ids.is_empty() {
        return Ok(BTreeSet::new());
    }
    let today = scope.today();
    let organiser = Uid::of(scope.organiser());
    let works = duties::table
        .filter(duties::organiser_id.eq(persons::organiser_id))
        .filter(duties::person_id.eq(persons::id))
        .filter(duties::withdrawn_at.is_null())
        .filter(duties::valid_to.is_null().or(duties::valid_to.ge(today)));
    let has_role = accounts::table
        .inner_join(
            role_assignments::table.on(role_assignments::organiser_id
                .eq(accounts::organiser_id)
                .and(role_assignments::account_id.eq(accounts::id))),
        )
        .filter(accounts::organiser_id.eq(persons::organiser_id))
        .filter(accounts::person_id.eq(persons::id.nullable()))
        .filter(accounts::withdrawn_at.is_null())
        .filter(role_assignments::withdrawn_at.is_null())
        .filter(role_assignments::role.ne_all(["participant", "guardian"]))
        .filter(role_assignments::valid_to.is_null().or(role_assignments::valid_to.ge(today)));
    let found: Vec<Uid> = persons::table
        .filter(persons::organiser_id.eq(organiser))
        .filter(persons::withdrawn_at.is_null())
        .filter(persons::id.eq_any(ids.iter().copied().map(Uid::of).collect::<Vec<_>>()))
        .filter(diesel::dsl::exists(works).or(diesel::dsl::exists(has_role)))
        .select(persons::id)
        .load(tx.connection())?;
    Ok(found.into_iter().map(Uid::to).collect())
}

impl HandlingPlanRow {
    /// The first version of a row.
    fn of(organiser_id: Uid, id: Uid, created_at: Ts, plan: &HandlingPlan) -> Self {
        let HandlingPlan {
            person,
            alias,
            shown,
            responsible,
            may_know: _,
            home,
            notes,
            reviewed_on,
            review_due,
        } = plan;
        let chosen = match shown {
            ShownName::Chosen(name) => Some(name),
            ShownName::Alias | ShownName::Own => None,
        };
        let name_sort_key = match shown {
            ShownName::Alias => alias.name().ok().map(|name| name.sort_key()),
            ShownName::Chosen(name) => Some(name.sort_key()),
            ShownName::Own => None,
        };
        Self {
            organiser_id,
            id,
            version: 1,
            created_at,
            modified_at: created_at,
            withdrawn_at: None,
            person_id: Uid::of(*person),
            alias_word: alias.word().to_owned(),
            alias_number: i32::from(alias.number()),
            shown: shown.kind().code().to_owned(),
            chosen_given_name: chosen.map(|name| name.given().as_str().to_owned()),
            chosen_family_name: chosen.map(|name| name.family().as_str().to_owned()),
            name_sort_key,
            responsible_id: responsible.map(Uid::of),
            home: home.as_ref().map(|text| text.as_str().to_owned()),
            notes: notes.as_ref().map(|text| text.as_str().to_owned()),
            reviewed_on: *reviewed_on,
            review_due: *review_due,
        }
    }

    fn into_plan(self, may_know: BTreeSet<PersonId>) -> Result<HandlingPlan, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            person_id,
            alias_word,
            alias_number,
            shown,
            chosen_given_name,
            chosen_family_name,
            name_sort_key: _,
            responsible_id,
            home,
            notes,
            reviewed_on,
            review_due,
        } = self;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: "handling_plans",
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let text = |text: Option<String>, longest| {
            let read = text.map(|text| skolhus_domain::text::Text::lines(&text, longest)).transpose();
            read.map_err(|_| inconsistent("a text cannot be read"))
        };
        let number = u16::try_from(alias_number).unwrap_or_default();
        let shown = match (ShownNameKind::from_code(&shown), chosen_given_name, chosen_family_name) {
            (Ok(ShownNameKind::Alias), ..) => ShownName::Alias,
            (Ok(ShownNameKind::Own), ..) => ShownName::Own,
            (Ok(ShownNameKind::Chosen), Some(given), Some(family)) => {
                let draft = NameDraft { given, middle: None, family, preferred_given: None };
                let name = PersonName::new(&draft).map_err(|_| inconsistent("the name cannot be read"))?;
                ShownName::Chosen(name)
            }
            _ => return Err(inconsistent("the name that is shown cannot be read")),
        };
        Ok(HandlingPlan {
            person: person_id.to(),
            alias: Alias::new(&alias_word, number).map_err(|_| inconsistent("the alias cannot be read"))?,
            shown,
            responsible: responsible_id.map(|id| PersonId::from_uuid(id.0)),
            may_know,
            home: text(home, 2_000)?,
            notes: text(notes, 4_000)?,
            reviewed_on,
            review_due,
        })
    }
}

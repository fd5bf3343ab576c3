//! Contact bans and barred relatives, each read in one statement with both names.

use chrono::NaiveDate;
use diesel::{dsl::sql, expression::SqlLiteral, prelude::*};
use serde_json::{Value, json};
use skolhus_domain::{
    access::Scope,
    id::{ContactBanId, PersonId},
    period::Period,
    person::{
        Grant, NameDraft, PersonName,
        relation::{Against, BanKind, BanProposal, BanState, ContactBan},
    },
    refusal::Refusal,
    text::Text,
};

use super::relation::name;
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset, text},
        reach,
        record::record,
        tx::Tx,
        types::{Json, JsonDoc, Ts, Uid},
    },
    schema::{contact_bans, persons},
};

record! {
    /// A ban's row.
    pub(crate) struct ContactBanRow in contact_bans as "contact ban" {
        person_id: Uid,
        against_id: Option<Uid>,
        described: Option<String>,
        kind: String,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
        proposal: Option<Json>,
        reason: String,
        entered_by_id: Option<Uid>,
        decided_by_id: Option<Uid>,
        decision_note: Option<String>,
    }
}

/// What a list of bans is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum ContactBanSort {
    /// The name of the person who is kept safe, in Swedish order.
    #[default]
    Name,
    /// The first day.
    PeriodFrom,
    /// When it was changed last.
    ModifiedAt,
}

/// Which bans are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct ContactBanFilter {
    /// Of these persons.
    pub persons: Vec<PersonId>,
    /// Against these persons.
    pub against: Vec<PersonId>,
    /// Of these kinds.
    pub kinds: Vec<BanKind>,
    /// In these states.
    pub states: Vec<BanState>,
    /// Whose days the day is among.
    pub valid_on: Option<NaiveDate>,
}

/// A ban with names.
#[derive(Clone, Debug)]
pub struct ContactBanView {
    /// The ban.
    pub saved: Saved<ContactBanId, ContactBan>,
    /// The name of the person who is kept safe.
    pub person_name: PersonName,
    /// When they were born.
    pub birth_date: Option<NaiveDate>,
    /// The name of the person against whom it is, if they are in the register.
    pub against_name: Option<PersonName>,
}

/// Bans with the persons whom they keep safe.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person =
        contact_bans::organiser_id.eq(persons::organiser_id).and(contact_bans::person_id.eq(persons::id));
    contact_bans::table.inner_join(persons::table.on(with_person))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;

/// The bans that a scope reaches.
fn reachable<'a>(scope: &Scope) -> Joined<'a> {
    joined().into_boxed().filter(reach::contact_bans(scope))
}

/// The row; the person's name, sort key and date of birth; the name of whom it is against.
type ViewRow =
    (ContactBanRow, (String, Option<String>, String, Option<String>), (String, Option<NaiveDate>), Json);

fn against_name(postgres: bool) -> SqlLiteral<JsonDoc> {
    sql(if postgres {
        "coalesce((SELECT jsonb_build_array(p.given_name, p.middle_name, p.family_name, p.preferred_given_name) \
         FROM persons AS p WHERE p.organiser_id = contact_bans.organiser_id AND p.id = contact_bans.against_id), \
         'null'::jsonb)"
    } else {
        "coalesce((SELECT json_array(p.given_name, p.middle_name, p.family_name, p.preferred_given_name) \
         FROM persons AS p WHERE p.organiser_id = contact_bans.organiser_id AND p.id = contact_bans.against_id), \
         'null')"
    })
}

fn load(connection: &mut DatabaseConnection, query: Joined<'_>) -> Result<Vec<ViewRow>, Error> {
    let against = against_name(connection.is_postgres());
    let columns = (
        ContactBanRow::as_select(),
        (persons::given_name, persons::middle_name, persons::family_name, persons::preferred_given_name),
        (persons::name_sort_key, persons::birth_date),
        against,
    );
    Ok(query.select(columns).load(connection)?)
}

/// One ban.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ContactBanId,
) -> Result<Option<ContactBanView>, Error> {
    let query = reachable(scope).filter(contact_bans::id.eq(Uid::of(id)));
    load(connection, query)?.into_iter().map(into_view).next().transpose()
}

/// Those whom a ban concerns, if one of them is protected and the scope reaches the person whom it keeps safe: for
/// whom access is to be recorded before it is opened.
///
/// # Errors
/// A failure of the database.
pub fn ends_of_protected(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ContactBanId,
) -> Result<Option<Vec<PersonId>>, Error> {
    let ends: Option<(Uid, Option<Uid>)> = joined()
        .filter(reach::contact_bans_of_protected(scope))
        .filter(contact_bans::id.eq(Uid::of(id)))
        .select((contact_bans::person_id, contact_bans::against_id))
        .first(tx.connection())
        .optional()?;
    Ok(ends.map(|(person, against)| std::iter::once(person).chain(against).map(Uid::to).collect()))
}

/// One ban that concerns somebody protected, to all of whom access has been recorded in this transaction.
///
/// # Errors
/// A failure of the database.
pub fn open(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ContactBanId,
    grant: &Grant,
) -> Result<Option<ContactBanView>, Error> {
    let query = joined()
        .into_boxed()
        .filter(reach::contact_bans_of_protected(scope))
        .filter(contact_bans::id.eq(Uid::of(id)));
    let view = load(tx.connection(), query)?.into_iter().map(into_view).next().transpose()?;
    Ok(view.filter(|view| {
        let ban = &view.saved.value;
        grant.covers(ban.person) && ban.against_person().is_none_or(|against| grant.covers(against))
    }))
}

/// Every ban that keeps one of the persons safe; by id.
///
/// # Errors
/// A failure of the database.
pub fn of_persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    persons: &[PersonId],
) -> Result<Vec<ContactBanView>, Error> {
    if persons.is_empty() {
        return Ok(Vec::new());
    }
    let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
    let query = reachable(scope).filter(contact_bans::person_id.eq_any(persons));
    let mut views: Vec<ContactBanView> =
        load(connection, query)?.into_iter().map(into_view).collect::<Result<_, _>>()?;
    views.sort_by_key(|view| view.saved.id);
    Ok(views)
}

/// Every ban that stands against a person of the register and names one of the persons at either end; it gives
/// those of protected persons too, for what is done with all of them and shown to nobody. By id.
///
/// # Errors
/// A failure of the database.
pub(super) fn naming(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    persons: &[PersonId],
) -> Result<Vec<Saved<ContactBanId, ContactBan>>, Error> {
    let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
    let against: Vec<Option<Uid>> = persons.iter().copied().map(Some).collect();
    let rows: Vec<ContactBanRow> = contact_bans::table
        .filter(contact_bans::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(contact_bans::withdrawn_at.is_null())
        .filter(contact_bans::against_id.is_not_null())
        .filter(
            contact_bans::person_id
                .eq_any(persons)
                .or(contact_bans::against_id.eq_any(against).assume_not_null()),
        )
        .order(contact_bans::id)
        .select(ContactBanRow::as_select())
        .load(connection)?;
    rows.into_iter().map(ContactBanRow::into_saved).collect()
}

/// One page of the bans, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &ContactBanFilter,
    request: &PageRequest<ContactBanSort>,
) -> Result<Page<ContactBanView>, Error> {
    page(connection, narrowed(reachable(scope), filter), request)
}

/// One page of the bans with a protected person at either end. Only in a transaction that records whose
/// records it opens.
///
/// # Errors
/// A failure of the database.
pub fn list_protected(
    tx: &mut Tx<'_>,
    scope: &Scope,
    filter: &ContactBanFilter,
    request: &PageRequest<ContactBanSort>,
) -> Result<Page<ContactBanView>, Error> {
    let query = joined().into_boxed().filter(reach::contact_bans_of_protected(scope));
    page(tx.connection(), narrowed(query, filter), request)
}

fn page(
    connection: &mut DatabaseConnection,
    mut query: Joined<'_>,
    request: &PageRequest<ContactBanSort>,
) -> Result<Page<ContactBanView>, Error> {
    if let Some(after) = request.modified_after {
        query = query.filter(contact_bans::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        ContactBanSort::Name => keyset!(query, request, persons::name_sort_key, contact_bans::id, text),
        ContactBanSort::PeriodFrom => {
            keyset!(query, request, contact_bans::valid_from, contact_bans::id, date)
        }
        ContactBanSort::ModifiedAt => {
            keyset!(query, request, contact_bans::modified_at, contact_bans::id, instant)
        }
    };
    let rows = load(connection, query)?;
    let cursor = |(row, _, (sort_key, _), _): &ViewRow| Cursor {
        key: match request.sort {
            ContactBanSort::Name => sort_key.clone(),
            ContactBanSort::PeriodFrom => row.valid_from.to_string(),
            ContactBanSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(into_view)
}

fn narrowed<'a>(mut query: Joined<'a>, filter: &ContactBanFilter) -> Joined<'a> {
    let ContactBanFilter { persons, against, kinds, states, valid_on } = filter;
    if !persons.is_empty() {
        let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
        query = query.filter(contact_bans::person_id.eq_any(persons));
    }
    if !against.is_empty() {
        let against: Vec<Option<Uid>> = against.iter().copied().map(Uid::of).map(Some).collect();
        query = query.filter(contact_bans::against_id.eq_any(against));
    }
    if !kinds.is_empty() {
        let kinds: Vec<&'static str> = kinds.iter().map(|kind| kind.code()).collect();
        query = query.filter(contact_bans::kind.eq_any(kinds));
    }
    if !states.is_empty() {
        // Each state that is not asked for is left out.
        if !states.contains(&BanState::InForce) {
            query = query.filter(contact_bans::proposal.is_not_null());
        }
        if !states.contains(&BanState::ChangeWaiting) {
            query = query.filter(contact_bans::proposal.is_null());
        }
    }
    if let Some(day) = *valid_on {
        query = query
            .filter(contact_bans::valid_from.le(day))
            .filter(contact_bans::valid_to.is_null().or(contact_bans::valid_to.ge(day)));
    }
    query
}

/// Whether the id is in use, also by one out of reach or lifted.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: ContactBanId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(contact_bans::table.find(key))).get_result(connection)?)
}

/// Enters a ban. The reason stands in the log too.
///
/// # Errors
/// A failure of the database.
pub fn insert(tx: &mut Tx<'_>, scope: &Scope, id: ContactBanId, ban: &ContactBan) -> Result<(), Error> {
    tx.because(ban.reason.as_str());
    let now = tx.now();
    tx.insert(&[ContactBanRow::of(Uid::of(scope.organiser()), Uid::of(id), now, now, ban)])
}

/// Saves a new state of a ban, as the next version after `before`; one that is lifted now leaves
/// the lists. `why` stands in the log.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<ContactBanId, ContactBan>,
    after: &ContactBan,
    why: &str,
) -> Result<(), Error> {
    tx.because(why);
    let now = tx.now();
    let Saved { id, version, created_at, modified_at, value } = before;
    let (organiser, id, created_at) = (Uid::of(scope.organiser()), Uid::of(*id), Ts::of(*created_at));
    let old = ContactBanRow {
        version: *version,
        modified_at: Ts::of(*modified_at),
        ..ContactBanRow::of(organiser, id, created_at, now, value)
    };
    tx.update(&old, ContactBanRow::of(organiser, id, created_at, now, after)).map(drop)
}

fn proposal_document(proposal: &BanProposal) -> Json {
    Json(match proposal {
        BanProposal::Period(period) => json!({ "from": period.from(), "to": period.to() }),
        BanProposal::Lift => json!("lift"),
    })
}

fn proposal_of(document: Value) -> Option<BanProposal> {
    if document == "lift" {
        return Some(BanProposal::Lift);
    }
    let from: NaiveDate = serde_json::from_value(document.get("from")?.clone()).ok()?;
    let to: Option<NaiveDate> = serde_json::from_value(document.get("to")?.clone()).ok()?;
    Some(BanProposal::Period(Period::new(from, to).ok()?))
}

impl ContactBanRow {
    /// The first version of a row; `now` is the instant at which a lifted one is lifted.
    fn of(organiser_id: Uid, id: Uid, created_at: Ts, now: Ts, ban: &ContactBan) -> Self {
        let ContactBan {
            person,
            against,
            kind,
            period,
            proposal,
            reason,
            entered_by,
            decided_by,
            decision_note,
            withdrawn,
        } = ban;
        let (against_id, described) = match against {
            Against::Person(person) => (Some(Uid::of(*person)), None),
            Against::Described(text) => (None, Some(text.as_str().to_owned())),
        };
        Self {
            organiser_id,
            id,
            version: 1,
            created_at,
            modified_at: created_at,
            withdrawn_at: withdrawn.then_some(now),
            person_id: Uid::of(*person),
            against_id,
            described,
            kind: kind.code().to_owned(),
            valid_from: period.from(),
            valid_to: period.to(),
            proposal: proposal.as_ref().map(proposal_document),
            reason: reason.as_str().to_owned(),
            entered_by_id: entered_by.map(Uid::of),
            decided_by_id: decided_by.map(Uid::of),
            decision_note: decision_note.as_ref().map(|note| note.as_str().to_owned()),
        }
    }

    fn into_saved(self) -> Result<Saved<ContactBanId, ContactBan>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at,
            person_id,
            against_id,
            described,
            kind,
            valid_from,
            valid_to,
            proposal,
            reason,
            entered_by_id,
            decided_by_id,
            decision_note,
        } = self;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: "contact_bans",
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let refused = |refusal: Refusal| inconsistent(&format!("{:?}", refusal.rule));
        let against = match (against_id, described) {
            (Some(person), None) => Against::Person(person.to()),
            (None, Some(text)) => Against::Described(Text::line(&text, 200).map_err(refused)?),
            _ => return Err(inconsistent("it is against a person or somebody described")),
        };
        let value = ContactBan {
            person: person_id.to(),
            against,
            kind: BanKind::from_code(&kind).map_err(refused)?,
            period: Period::new(valid_from, valid_to).map_err(refused)?,
            proposal: proposal
                .map(|Json(document)| {
                    proposal_of(document).ok_or_else(|| inconsistent("the proposal cannot be read"))
                })
                .transpose()?,
            reason: Text::lines(&reason, 500).map_err(refused)?,
            entered_by: entered_by_id.map(Uid::to),
            decided_by: decided_by_id.map(Uid::to),
            decision_note: decision_note.map(|note| Text::lines(&note, 500)).transpose().map_err(refused)?,
            withdrawn: withdrawn_at.is_some(),
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}

fn into_view(row: ViewRow) -> Result<ContactBanView, Error> {
    let (row, (given, middle, family, preferred_given), (_, birth_date), against) = row;
    let id = row.id;
    let inconsistent = |detail: &str| Error::Inconsistent {
        table: "contact_bans",
        id: id.0.to_string(),
        detail: detail.to_owned(),
    };
    let person_name = PersonName::new(&NameDraft { given, middle, family, preferred_given })
        .map_err(|_| inconsistent("the name cannot be read"))?;
    let against_name = match against.0 {
        Value::Null => None,
        document => Some(name(document).ok_or_else(|| inconsistent("the other's name cannot be read"))?),
    };
    Ok(ContactBanView { saved: row.into_saved()?, person_name, birth_date, against_name })
}

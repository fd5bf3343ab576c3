//! Relations, each read in one statement with both names and what bears on its rights.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::{dsl::sql, expression::SqlLiteral, prelude::*, sql_types::Bool};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use skolhus_domain::{
    access::Scope,
    id::{AccountId, JobId, PersonId, RelationId, SchoolUnitId},
    period::Period,
    person::{
        DataSource, Grant, NameDraft, PersonName,
        relation::{Relation, RelationKind, RelationState, Right, RightSet, Situation, Terms, rights_on},
    },
    refusal::Refusal,
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset, text},
        reach,
        record::record,
        scope::{CLEARED, rights},
        tx::Tx,
        types::{Json, JsonDoc, Ts, Uid},
    },
    schema::{accounts, persons, relations},
};

record! {
    /// A relation's row.
    pub(crate) struct RelationRow in relations as "relation" {
        person_id: Uid,
        relative_id: Uid,
        kind: String,
        source: String,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
        see: bool,
        report_absence: bool,
        decide: bool,
        receive_notices: bool,
        collect: bool,
        state: String,
        proposal: Option<Json>,
        reason: String,
        entered_by_id: Option<Uid>,
        decided_by_id: Option<Uid>,
        decision_note: Option<String>,
        import_job_id: Option<Uid>,
    }
}

/// What a list of relations is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RelationSort {
    /// The name of the person over whom they are, in Swedish order.
    #[default]
    Name,
    /// The first day.
    PeriodFrom,
    /// When it was changed last.
    ModifiedAt,
}

/// Which relations are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct RelationFilter {
    /// Over these persons.
    pub persons: Vec<PersonId>,
    /// Of these relatives.
    pub relatives: Vec<PersonId>,
    /// Of these kinds.
    pub kinds: Vec<RelationKind>,
    /// In these states.
    pub states: Vec<RelationState>,
    /// From these sources.
    pub sources: Vec<DataSource>,
    /// Raised by these imports.
    pub import_jobs: Vec<JobId>,
    /// Over persons who belong to one of these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// Whose days the day is among.
    pub valid_on: Option<NaiveDate>,
}

/// A relation with what stands around it.
#[derive(Clone, Debug)]
pub struct RelationView {
    /// The relation.
    pub saved: Saved<RelationId, Relation>,
    /// The name of the person over whom it is.
    pub person_name: PersonName,
    /// The relative's name.
    pub relative_name: PersonName,
    /// When the person over whom it is was born.
    pub birth_date: Option<NaiveDate>,
    /// Whether they are protected; only oneself, the program and those who open it meet such a relation.
    pub is_protected: bool,
    /// Whether the relative is cleared to know of them.
    pub is_cleared: bool,
    /// The days of the bans against the relative.
    pub bans: Vec<Period>,
}

impl RelationView {
    /// The rights that it carries on a day.
    #[must_use]
    pub fn rights_on(&self, day: NaiveDate) -> RightSet {
        let relation = &self.saved.value;
        let situation = Situation {
            birth_date: self.birth_date,
            bans: &self.bans,
            is_protected: self.is_protected,
            is_cleared: self.is_cleared,
        };
        rights_on(day, relation.kind, &relation.terms, relation.is_confirmed(), &situation)
    }
}

impl RelationView {
    /// Whether it is in force on a day, whatever rights it carries: somebody to reach may carry none.
    #[must_use]
    pub fn is_in_force_on(&self, day: NaiveDate) -> bool {
        let mut all = self.clone();
        all.saved.value.terms.rights = RightSet::ALL;
        !all.rights_on(day).is_empty()
    }
}

/// Relations with the persons over whom they are.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person =
        relations::organiser_id.eq(persons::organiser_id).and(relations::person_id.eq(persons::id));
    relations::table.inner_join(persons::table.on(with_person))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;

/// The relations that a scope reaches.
fn reachable<'a>(scope: &Scope) -> Joined<'a> {
    joined().into_boxed().filter(reach::relations(scope))
}

/// The row; the person's name, sort key, date of birth and protection, and whether the relative is cleared; the
/// relative's name; the bans.
type ViewRow = (
    RelationRow,
    (String, Option<String>, String, Option<String>),
    (String, Option<NaiveDate>, bool, bool),
    Json,
    Json,
);

/// What only the two databases' own functions can put together in the same statement.
fn around(postgres: bool) -> (SqlLiteral<JsonDoc>, SqlLiteral<JsonDoc>) {
    let (name, bans) = if postgres {
        (
            "(SELECT jsonb_build_array(p.given_name, p.middle_name, p.family_name, p.preferred_given_name) \
             FROM persons AS p WHERE p.organiser_id = relations.organiser_id AND p.id = relations.relative_id)",
            "(SELECT coalesce(jsonb_agg(jsonb_build_array(b.valid_from, b.valid_to)), '[]'::jsonb) \
             FROM contact_bans AS b WHERE b.organiser_id = relations.organiser_id \
             AND b.person_id = relations.person_id AND b.against_id = relations.relative_id \
             AND b.withdrawn_at IS NULL)",
        )
    } else {
        (
            "(SELECT json_array(p.given_name, p.middle_name, p.family_name, p.preferred_given_name) \
             FROM persons AS p WHERE p.organiser_id = relations.organiser_id AND p.id = relations.relative_id)",
            "(SELECT json_group_array(json_array(b.valid_from, b.valid_to)) \
             FROM contact_bans AS b WHERE b.organiser_id = relations.organiser_id \
             AND b.person_id = relations.person_id AND b.against_id = relations.relative_id \
             AND b.withdrawn_at IS NULL)",
        )
    };
    (sql(name), sql(bans))
}

/// The columns of a [`ViewRow`], and others after them.
macro_rules! view_columns {
    ($connection:expr $(, $more:expr)?) => {{
        let (name, bans) = around($connection.is_postgres());
        (
            RelationRow::as_select(),
            (persons::given_name, persons::middle_name, persons::family_name, persons::preferred_given_name),
            (persons::name_sort_key, persons::birth_date, persons::is_protected, sql::<Bool>(CLEARED)),
            name,
            bans,
            $($more,)?
        )
    }};
}

fn load(connection: &mut DatabaseConnection, query: Joined<'_>) -> Result<Vec<ViewRow>, Error> {
    Ok(query.select(view_columns!(connection)).load(connection)?)
}

/// One relation.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: RelationId,
) -> Result<Option<RelationView>, Error> {
    let query = reachable(scope).filter(relations::id.eq(Uid::of(id)));
    load(connection, query)?.into_iter().map(into_view).next().transpose()
}

/// Those of the relations that are within reach; by id, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[RelationId],
) -> Result<Vec<RelationView>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uid> = ids.iter().copied().map(Uid::of).collect();
    let query = reachable(scope).filter(relations::id.eq_any(ids));
    let mut views: Vec<RelationView> =
        load(connection, query)?.into_iter().map(into_view).collect::<Result<_, _>>()?;
    views.sort_by_key(|view| view.saved.id);
    Ok(views)
}

/// Every relation that stands and names one of the persons at either end, and whether the caller may be told of
/// it: it gives those of protected persons too, for what is done with all of them and shown to nobody. By id.
///
/// # Errors
/// A failure of the database.
pub(super) fn naming(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    persons: &[PersonId],
) -> Result<Vec<(RelationView, bool)>, Error> {
    let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
    let query = joined()
        .into_boxed()
        .filter(relations::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(relations::withdrawn_at.is_null())
        .filter(relations::person_id.eq_any(persons.clone()).or(relations::relative_id.eq_any(persons)));
    let rows = query.select(view_columns!(connection, reach::relations(scope))).load(connection)?;
    let with_told = |(row, person, around, relative, bans, told)| {
        Ok((into_view((row, person, around, relative, bans))?, told))
    };
    let mut views: Vec<(RelationView, bool)> =
        rows.into_iter().map(with_told).collect::<Result<_, Error>>()?;
    views.sort_by_key(|(view, _)| view.saved.id);
    Ok(views)
}

/// The rows of relations, withdrawn ones too, and whether the caller may be told of each; by id.
///
/// # Errors
/// A failure of the database.
pub(super) fn rows(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[Uid],
) -> Result<Vec<(RelationRow, bool)>, Error> {
    let query = joined()
        .filter(relations::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(relations::id.eq_any(ids.to_vec()))
        .order(relations::id)
        .select((RelationRow::as_select(), reach::relations(scope)));
    Ok(query.load(connection)?)
}

/// Every relation over the persons, those that were rejected among them; by id.
///
/// # Errors
/// A failure of the database.
pub fn of_persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    persons: &[PersonId],
) -> Result<Vec<RelationView>, Error> {
    if persons.is_empty() {
        return Ok(Vec::new());
    }
    let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
    let query = reachable(scope).filter(relations::person_id.eq_any(persons));
    let mut views: Vec<RelationView> =
        load(connection, query)?.into_iter().map(into_view).collect::<Result<_, _>>()?;
    views.sort_by_key(|view| view.saved.id);
    Ok(views)
}

/// Every relation that stands over the persons, whoever asks, of protected relatives too: for what the program decides
/// and shows to nobody, such as who is told at home. By id, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn over_persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    persons: &[PersonId],
) -> Result<Vec<RelationView>, Error> {
    if persons.is_empty() {
        return Ok(Vec::new());
    }
    let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
    let query = joined()
        .into_boxed()
        .filter(relations::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(relations::withdrawn_at.is_null())
        .filter(persons::withdrawn_at.is_null())
        .filter(relations::person_id.eq_any(persons))
        .filter(sql::<Bool>(
            "EXISTS (SELECT 1 FROM persons AS relative WHERE relative.organiser_id = relations.organiser_id \
             AND relative.id = relations.relative_id AND relative.withdrawn_at IS NULL)",
        ));
    let mut views: Vec<RelationView> =
        load(connection, query)?.into_iter().map(into_view).collect::<Result<_, _>>()?;
    views.sort_by_key(|view| view.saved.id);
    Ok(views)
}

/// The two whom a relation concerns, if one of them is protected and the scope reaches the person over whom
/// it is: for whom access is to be recorded before it is opened.
///
/// # Errors
/// A failure of the database.
pub fn ends_of_protected(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RelationId,
) -> Result<Option<[PersonId; 2]>, Error> {
    let ends: Option<(Uid, Uid)> = joined()
        .filter(reach::relations_of_protected(scope))
        .filter(relations::id.eq(Uid::of(id)))
        .select((relations::person_id, relations::relative_id))
        .first(tx.connection())
        .optional()?;
    Ok(ends.map(|(person, relative)| [person.to(), relative.to()]))
}

/// One relation that concerns somebody protected, for both of whom access has been recorded in this transaction.
///
/// # Errors
/// A failure of the database.
pub fn open(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RelationId,
    grant: &Grant,
) -> Result<Option<RelationView>, Error> {
    let query = joined()
        .into_boxed()
        .filter(reach::relations_of_protected(scope))
        .filter(relations::id.eq(Uid::of(id)));
    let view = load(tx.connection(), query)?.into_iter().map(into_view).next().transpose()?;
    Ok(view.filter(|view| {
        let relation = &view.saved.value;
        grant.covers(relation.person) && grant.covers(relation.relative)
    }))
}

/// Every relation over the person, those that were rejected among them, and those of protected relatives: for
/// those who open them.
///
/// # Errors
/// A failure of the database.
pub fn open_of_person(
    tx: &mut Tx<'_>,
    scope: &Scope,
    person: PersonId,
    grant: &Grant,
) -> Result<Vec<RelationView>, Error> {
    if !grant.covers(person) {
        return Ok(Vec::new());
    }
    let query = joined()
        .into_boxed()
        .filter(relations::withdrawn_at.is_null())
        .filter(reach::protected_persons_too(scope))
        .filter(relations::person_id.eq(Uid::of(person)));
    let mut views: Vec<RelationView> =
        load(tx.connection(), query)?.into_iter().map(into_view).collect::<Result<_, _>>()?;
    views.sort_by_key(|view| view.saved.id);
    Ok(views)
}

/// One page of the relations, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &RelationFilter,
    request: &PageRequest<RelationSort>,
) -> Result<Page<RelationView>, Error> {
    page(connection, narrowed(reachable(scope), scope, filter), request)
}

/// One page of the relations with a protected person at either end. Only in a transaction that records
/// whose records it opens.
///
/// # Errors
/// A failure of the database.
pub fn list_protected(
    tx: &mut Tx<'_>,
    scope: &Scope,
    filter: &RelationFilter,
    request: &PageRequest<RelationSort>,
) -> Result<Page<RelationView>, Error> {
    let query = joined().into_boxed().filter(reach::relations_of_protected(scope));
    page(tx.connection(), narrowed(query, scope, filter), request)
}

fn page(
    connection: &mut DatabaseConnection,
    mut query: Joined<'_>,
    request: &PageRequest<RelationSort>,
) -> Result<Page<RelationView>, Error> {
    if let Some(after) = request.modified_after {
        query = query.filter(relations::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        RelationSort::Name => keyset!(query, request, persons::name_sort_key, relations::id, text),
        RelationSort::PeriodFrom => keyset!(query, request, relations::valid_from, relations::id, date),
        RelationSort::ModifiedAt => keyset!(query, request, relations::modified_at, relations::id, instant),
    };
    let rows = load(connection, query)?;
    let cursor = |(row, _, (sort_key, ..), ..): &ViewRow| Cursor {
        key: match request.sort {
            RelationSort::Name => sort_key.clone(),
            RelationSort::PeriodFrom => row.valid_from.to_string(),
            RelationSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(into_view)
}

fn narrowed<'a>(mut query: Joined<'a>, scope: &Scope, filter: &RelationFilter) -> Joined<'a> {
    let RelationFilter { persons, relatives, kinds, states, sources, import_jobs, school_units, valid_on } =
        filter;
    if !sources.is_empty() {
        let sources: Vec<&'static str> = sources.iter().map(|source| source.code()).collect();
        query = query.filter(relations::source.eq_any(sources));
    }
    if !import_jobs.is_empty() {
        let jobs: Vec<Uid> = import_jobs.iter().copied().map(Uid::of).collect();
        query = query.filter(relations::import_job_id.eq_any(jobs).assume_not_null());
    }
    if !school_units.is_empty() {
        query = query.filter(reach::persons_of_units(school_units, scope));
    }
    if !persons.is_empty() {
        let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
        query = query.filter(relations::person_id.eq_any(persons));
    }
    if !relatives.is_empty() {
        let relatives: Vec<Uid> = relatives.iter().copied().map(Uid::of).collect();
        query = query.filter(relations::relative_id.eq_any(relatives));
    }
    if !kinds.is_empty() {
        let kinds: Vec<&'static str> = kinds.iter().map(|kind| kind.code()).collect();
        query = query.filter(relations::kind.eq_any(kinds));
    }
    if !states.is_empty() {
        let states: Vec<&'static str> = states.iter().map(|state| state.code()).collect();
        query = query.filter(relations::state.eq_any(states));
    }
    if let Some(day) = *valid_on {
        query = query
            .filter(relations::valid_from.le(day))
            .filter(relations::valid_to.is_null().or(relations::valid_to.ge(day)));
    }
    query
}

/// Holds a person until the transaction ends: relations over them, and bans, are checked by one at
/// a time.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Error> {
    tx.lock_in("persons", &[Uid::of(person)])
}

/// As [`lock`], several persons.
///
/// # Errors
/// A failure of the database.
pub fn lock_many(tx: &mut Tx<'_>, persons: &[PersonId]) -> Result<(), Error> {
    let mut persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
    persons.sort_unstable();
    tx.lock_in("persons", &persons)
}

/// Whether the id is in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: RelationId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(relations::table.find(key))).get_result(connection)?)
}

/// The person behind an account, whether it is in use or not: who entered what now waits.
///
/// # Errors
/// A failure of the database.
pub fn person_of_account(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    account: AccountId,
) -> Result<Option<PersonId>, Error> {
    let person: Option<Option<Uid>> = accounts::table
        .find((Uid::of(scope.organiser()), Uid::of(account)))
        .select(accounts::person_id)
        .first(connection)
        .optional()?;
    Ok(person.flatten().map(Uid::to))
}

/// As [`person_of_account`], of several accounts; those without a person are left out.
///
/// # Errors
/// A failure of the database.
pub fn persons_of_accounts(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    of: Vec<AccountId>,
) -> Result<BTreeMap<AccountId, PersonId>, Error> {
    if of.is_empty() {
        return Ok(BTreeMap::new());
    }
    let of: Vec<Uid> = of.into_iter().map(Uid::of).collect();
    let rows: Vec<(Uid, Option<Uid>)> = accounts::table
        .filter(accounts::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(accounts::id.eq_any(of))
        .select((accounts::id, accounts::person_id))
        .load(connection)?;
    Ok(rows.into_iter().filter_map(|(account, person)| Some((account.to(), person?.to()))).collect())
}

/// Enters a relation. The reason stands in the log too.
///
/// # Errors
/// A failure of the database.
pub fn insert(tx: &mut Tx<'_>, scope: &Scope, id: RelationId, relation: &Relation) -> Result<(), Error> {
    tx.because(relation.reason.as_str());
    let now = tx.now();
    tx.insert(&[RelationRow::of(Uid::of(scope.organiser()), Uid::of(id), now, now, relation)])
}

/// Saves a new state of a relation, as the next version after `before`; one that is withdrawn now
/// leaves the lists. `why` stands in the log.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<RelationId, Relation>,
    after: &Relation,
    why: &str,
) -> Result<(), Error> {
    tx.because(why);
    let (old, new) = versions(scope, tx.now(), before, after);
    tx.update(&old, new).map(drop)
}

/// Saves new states of relations, each as the next version. `why` stands in the log, of this transaction's other changes too.
///
/// # Errors
/// [`Error::Stale`] when one has changed meanwhile; a failure of the database.
pub fn update_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(Saved<RelationId, Relation>, Relation)],
    why: Option<&str>,
) -> Result<(), Error> {
    if let Some(why) = why {
        tx.because(why);
    }
    let now = tx.now();
    let pairs = changes.iter().map(|(before, after)| versions(scope, now, before, after)).collect();
    tx.update_many(pairs).map(drop)
}

/// The rows of a relation before and after.
pub(super) fn versions(
    scope: &Scope,
    now: Ts,
    before: &Saved<RelationId, Relation>,
    after: &Relation,
) -> (RelationRow, RelationRow) {
    let Saved { id, version, created_at, modified_at, value } = before;
    let (organiser, id, created_at) = (Uid::of(scope.organiser()), Uid::of(*id), Ts::of(*created_at));
    let old = RelationRow {
        version: *version,
        modified_at: Ts::of(*modified_at),
        ..RelationRow::of(organiser, id, created_at, now, value)
    };
    (old, RelationRow::of(organiser, id, created_at, now, after))
}

/// Terms as they are stored while they wait.
#[derive(Serialize, Deserialize)]
struct StoredTerms {
    from: NaiveDate,
    to: Option<NaiveDate>,
    rights: Vec<String>,
}

impl StoredTerms {
    fn document(terms: &Terms) -> Json {
        let stored = Self {
            from: terms.period.from(),
            to: terms.period.to(),
            rights: terms.rights.iter().map(|right| right.code().to_owned()).collect(),
        };
        // Strings and dates alone: it always is a document.
        Json(serde_json::to_value(stored).unwrap_or_default())
    }

    fn read(document: Value) -> Option<Terms> {
        let Self { from, to, rights } = serde_json::from_value(document).ok()?;
        let rights: Vec<Right> =
            rights.iter().map(|code| Right::from_code(code)).collect::<Result<_, _>>().ok()?;
        Some(Terms { period: Period::new(from, to).ok()?, rights: rights.into_iter().collect() })
    }
}

impl RelationRow {
    /// The first version of a row; `now` is the instant at which a withdrawn one is withdrawn.
    pub(super) fn of(organiser_id: Uid, id: Uid, created_at: Ts, now: Ts, relation: &Relation) -> Self {
        let Relation {
            person,
            relative,
            kind,
            source,
            terms: Terms { period, rights },
            state,
            proposal,
            reason,
            entered_by,
            decided_by,
            decision_note,
            import_job,
            withdrawn,
        } = relation;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at,
            modified_at: created_at,
            withdrawn_at: withdrawn.then_some(now),
            person_id: Uid::of(*person),
            relative_id: Uid::of(*relative),
            kind: kind.code().to_owned(),
            source: source.code().to_owned(),
            valid_from: period.from(),
            valid_to: period.to(),
            see: rights.has(Right::See),
            report_absence: rights.has(Right::ReportAbsence),
            decide: rights.has(Right::Decide),
            receive_notices: rights.has(Right::ReceiveNotices),
            collect: rights.has(Right::Collect),
            state: state.code().to_owned(),
            proposal: proposal.as_ref().map(StoredTerms::document),
            reason: reason.as_str().to_owned(),
            entered_by_id: entered_by.map(Uid::of),
            decided_by_id: decided_by.map(Uid::of),
            decision_note: decision_note.as_ref().map(|note| note.as_str().to_owned()),
            import_job_id: import_job.map(Uid::of),
        }
    }

    pub(super) fn into_saved(self) -> Result<Saved<RelationId, Relation>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at,
            person_id,
            relative_id,
            kind,
            source,
            valid_from,
            valid_to,
            see,
            report_absence,
            decide,
            receive_notices,
            collect,
            state,
            proposal,
            reason,
            entered_by_id,
            decided_by_id,
            decision_note,
            import_job_id,
        } = self;
        let inconsistent = |detail: &str| Error::Inconsistent {
            table: "relations",
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let refused = |refusal: Refusal| inconsistent(&format!("{:?}", refusal.rule));
        let value = Relation {
            person: person_id.to(),
            relative: relative_id.to(),
            kind: RelationKind::from_code(&kind).map_err(refused)?,
            source: DataSource::from_code(&source).ok_or_else(|| inconsistent("an unknown source"))?,
            terms: Terms {
                period: Period::new(valid_from, valid_to).map_err(refused)?,
                rights: rights(see, report_absence, decide, receive_notices, collect),
            },
            state: RelationState::from_code(&state).map_err(refused)?,
            proposal: proposal
                .map(|Json(document)| {
                    StoredTerms::read(document).ok_or_else(|| inconsistent("the proposal cannot be read"))
                })
                .transpose()?,
            reason: Text::lines(&reason, 500).map_err(refused)?,
            entered_by: entered_by_id.map(Uid::to),
            decided_by: decided_by_id.map(Uid::to),
            decision_note: decision_note.map(|note| Text::lines(&note, 500)).transpose().map_err(refused)?,
            import_job: import_job_id.map(Uid::to),
            withdrawn: withdrawn_at.is_some(),
        };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}

fn into_view(row: ViewRow) -> Result<RelationView, Error> {
    let (row, (given, middle, family, preferred_given), around, relative, bans) = row;
    let (_, birth_date, is_protected, is_cleared) = around;
    let id = row.id;
    let inconsistent = |detail: &str| Error::Inconsistent {
        table: "relations",
        id: id.0.to_string(),
        detail: detail.to_owned(),
    };
    let person_name = PersonName::new(&NameDraft { given, middle, family, preferred_given })
        .map_err(|_| inconsistent("the name cannot be read"))?;
    let relative_name = name(relative.0).ok_or_else(|| inconsistent("the relative's name cannot be read"))?;
    let bans = periods(bans.0).ok_or_else(|| inconsistent("a ban cannot be read"))?;
    Ok(RelationView {
        saved: row.into_saved()?,
        person_name,
        relative_name,
        birth_date,
        is_protected,
        is_cleared,
        bans,
    })
}

/// A name out of a document: given, middle, family, preferred given.
pub(super) fn name(document: Value) -> Option<PersonName> {
    type Stored = (String, Option<String>, String, Option<String>);
    let (given, middle, family, preferred_given): Stored = serde_json::from_value(document).ok()?;
    PersonName::new(&NameDraft { given, middle, family, preferred_given }).ok()
}

fn periods(document: Value) -> Option<Vec<Period>> {
    let stored: Vec<(NaiveDate, Option<NaiveDate>)> = serde_json::from_value(document).ok()?;
    stored.into_iter().map(|(from, to)| Period::new(from, to).ok()).collect()
}

//! Persons' rows, each read in one statement with its identity numbers and external identifiers.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use diesel::{
    dsl::{exists as some, sql},
    expression::SqlLiteral,
    prelude::*,
};
use serde_json::Value;
use skolhus_domain::{
    access::Scope,
    id::{Id, OrganiserId, PersonId, SchoolUnitId},
    period::Period,
    person::{
        ContactDetails, CoordinationStanding, DataSource, ExternalIdentifier, Grant, HeldIdentityNumber,
        IdentityLevel, IdentityNumber, IdentityNumberKind, NameDraft, NewPerson, Person, PersonFacts,
        PersonName, Protection, Sex, search_key_of_query,
    },
};
use uuid::Uuid;

use super::{
    address, contact, external_identifier, handling_plan, identity_number, merge, named_relation,
    relation::RelationView,
};
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        feed::modified_after,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset, text},
        reach::{self, Condition},
        record::record,
        tx::Tx,
        types::{Json, JsonDoc, Ts, Uid},
    },
    schema::{external_identifiers, identity_numbers, persons},
};

record! {
    /// A person's row.
    pub(crate) struct PersonRow in persons as "person" {
        given_name: String,
        middle_name: Option<String>,
        family_name: String,
        preferred_given_name: Option<String>,
        name_sort_key: String,
        name_search_key: String,
        birth_date: Option<NaiveDate>,
        sex: String,
        contact: Json,
        protection: String,
        is_protected: bool,
        registered_at_id: Option<Uid>,
    }
}

/// What a list of persons is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PersonSort {
    /// Family name, given names, middle name, in Swedish order.
    #[default]
    Name,
    /// When the record was changed last.
    ModifiedAt,
}

/// Which persons are asked for. `Debug` would tell what was searched for: there is none.
#[derive(Clone, Default)]
pub struct PersonFilter {
    /// Words of the name, each by its beginning.
    pub name: Option<String>,
    /// Parts of the name, each anywhere in a word.
    pub name_contains: Option<String>,
    /// Who belongs to one of these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// Born on that day.
    pub birth_date: Option<NaiveDate>,
    /// What another system calls the person: system and value.
    pub external: Option<(String, String)>,
}

pub(super) type Query<'a> = persons::BoxedQuery<'a, MultiBackend>;
type Parts = (PersonRow, Json, Json);
type PartColumns = (diesel::dsl::AsSelect<PersonRow, MultiBackend>, SqlLiteral<JsonDoc>, SqlLiteral<JsonDoc>);

pub(super) fn within<'a>(condition: Condition) -> Query<'a> {
    persons::table.filter(condition).into_boxed()
}

/// The row, its identity numbers and its external identifiers: a list costs one statement,
/// however many numbers its persons have. The two databases build JSON by other names.
fn columns(postgres: bool) -> PartColumns {
    let (numbers, external) = if postgres {
        (
            "(SELECT coalesce(jsonb_agg(jsonb_build_array(n.kind, n.number, n.valid_from, n.valid_to, n.source, \
             n.identity_level, n.dormant::int, replace(n.issued_by_id::text, '-', ''))), '[]'::jsonb) \
             FROM identity_numbers AS n WHERE n.organiser_id = persons.organiser_id AND n.person_id = persons.id \
             AND n.withdrawn_at IS NULL)",
            "(SELECT coalesce(jsonb_agg(jsonb_build_array(x.system, x.value)), '[]'::jsonb) \
             FROM external_identifiers AS x WHERE x.organiser_id = persons.organiser_id \
             AND x.entity_id = persons.id AND x.entity = 'person' AND x.withdrawn_at IS NULL)",
        )
    } else {
        (
            "(SELECT json_group_array(json_array(n.kind, n.number, n.valid_from, n.valid_to, n.source, \
             n.identity_level, n.dormant, lower(hex(n.issued_by_id)))) \
             FROM identity_numbers AS n WHERE n.organiser_id = persons.organiser_id AND n.person_id = persons.id \
             AND n.withdrawn_at IS NULL)",
            "(SELECT json_group_array(json_array(x.system, x.value)) \
             FROM external_identifiers AS x WHERE x.organiser_id = persons.organiser_id \
             AND x.entity_id = persons.id AND x.entity = 'person' AND x.withdrawn_at IS NULL)",
        )
    };
    (PersonRow::as_select(), sql::<JsonDoc>(numbers), sql::<JsonDoc>(external))
}

fn load(connection: &mut DatabaseConnection, query: Query<'_>) -> Result<Vec<Parts>, Error> {
    let columns = columns(connection.is_postgres());
    Ok(query.select(columns).load(connection)?)
}

/// What is known about each of the persons, unguarded: for the program's own comparison. A row
/// that cannot be read is left out, so that it does not stop what follows the change log.
pub(super) fn facts_by_id(
    connection: &mut DatabaseConnection,
    query: Query<'_>,
) -> Result<BTreeMap<Uid, PersonFacts>, Error> {
    let mut all = BTreeMap::new();
    for parts in load(connection, query)? {
        let id = parts.0.id;
        match facts_of(parts) {
            Ok(facts) => {
                all.insert(id, facts);
            }
            Err(error) => tracing::warn!(%error, "a person is left out of the search for duplicates"),
        }
    }
    Ok(all)
}

pub(super) fn load_saved(
    connection: &mut DatabaseConnection,
    query: Query<'_>,
) -> Result<Vec<Saved<PersonId, Person>>, Error> {
    load(connection, query)?.into_iter().map(into_saved).collect()
}

/// One person, unless protected.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonId,
) -> Result<Option<Saved<PersonId, Person>>, Error> {
    Ok(find_many(connection, scope, &[id])?.pop())
}

/// Those of the persons that the scope reaches, in one statement and no order; never a
/// protected one.
///
/// # Errors
/// A failure of the database.
pub fn find_many(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ids: &[PersonId],
) -> Result<Vec<Saved<PersonId, Person>>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let query = within(reach::persons(scope)).filter(persons::id.eq_any(Uid::all(ids)));
    load_saved(connection, query)
}

/// The person, if the scope reaches them, and the relatives whom it meets in relations over them,
/// in one statement and no order; never a protected one.
///
/// # Errors
/// A failure of the database.
pub fn find_with_relatives(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonId,
    relations: &[RelationView],
) -> Result<Vec<Saved<PersonId, Person>>, Error> {
    let relatives: Vec<Uid> = relations.iter().map(|view| Uid::of(view.saved.value.relative)).collect();
    let themselves = persons::id.eq(Uid::of(id)).and(reach::persons(scope));
    let query = persons::table
        .filter(persons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(persons::withdrawn_at.is_null())
        .filter(persons::is_protected.eq(false))
        .filter(themselves.or(persons::id.eq_any(relatives)))
        .into_boxed();
    load_saved(connection, query)
}

/// Whether the scope reaches the person; never a protected one.
///
/// # Errors
/// A failure of the database.
pub fn exists(connection: &mut DatabaseConnection, scope: &Scope, id: PersonId) -> Result<bool, Error> {
    let found = persons::table.filter(reach::persons(scope)).filter(persons::id.eq(Uid::of(id)));
    Ok(diesel::select(some(found)).get_result(connection)?)
}

/// Who holds an identity number, within reach; T and TF numbers may have several holders.
///
/// # Errors
/// A failure of the database.
pub fn find_by_number(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    number: &IdentityNumber,
) -> Result<Vec<Saved<PersonId, Person>>, Error> {
    let holds = identity_numbers::table
        .filter(identity_numbers::organiser_id.eq(persons::organiser_id))
        .filter(identity_numbers::person_id.eq(persons::id))
        .filter(identity_numbers::withdrawn_at.is_null())
        .filter(identity_numbers::kind.eq(number.kind().code()))
        .filter(identity_numbers::number.eq(number.canonical()));
    let query = within(reach::persons(scope)).filter(some(holds)).order(persons::name_sort_key).limit(100);
    load_saved(connection, query)
}

/// One page of the persons; protected ones are neither on it nor counted by it.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &PersonFilter,
    request: &PageRequest<PersonSort>,
) -> Result<Page<Saved<PersonId, Person>>, Error> {
    let mut query = within(reach::persons(scope));
    let PersonFilter { name, name_contains, school_units, birth_date, external } = filter;
    for word in search_key_of_query(name.as_deref().unwrap_or_default()).split_whitespace() {
        query = query.filter(persons::name_search_key.like(format!("% {word}%")));
    }
    for part in search_key_of_query(name_contains.as_deref().unwrap_or_default()).split_whitespace() {
        query = query.filter(persons::name_search_key.like(format!("%{part}%")));
    }
    if !school_units.is_empty() {
        query = query.filter(reach::persons_of_units(school_units, scope));
    }
    if let Some(day) = birth_date {
        query = query.filter(persons::birth_date.eq(*day));
    }
    if let Some((system, value)) = external {
        query = query.filter(some(
            external_identifiers::table
                .filter(external_identifiers::organiser_id.eq(persons::organiser_id))
                .filter(external_identifiers::entity.eq("person"))
                .filter(external_identifiers::entity_id.eq(persons::id))
                .filter(external_identifiers::withdrawn_at.is_null())
                .filter(external_identifiers::system.eq(system))
                .filter(external_identifiers::value.eq(value)),
        ));
    }
    let query = modified_after!(query, request, scope, persons, "person");
    page(connection, query, request)?.followed(connection, "person", scope, request)
}

/// One page of the persons who are protected, or whose protection nobody has stated: for those
/// who check it, with the access recorded.
///
/// # Errors
/// A failure of the database.
pub fn list_protected(
    tx: &mut Tx<'_>,
    scope: &Scope,
    protection: &[Protection],
    request: &PageRequest<PersonSort>,
) -> Result<Page<Saved<PersonId, Person>>, Error> {
    let codes: Vec<&str> = protection.iter().map(|protection| protection.code()).collect();
    let mut query = within(reach::protected_persons_too(scope));
    // What is stored but unknown to this program counts as marked.
    let unknown = persons::protection.ne_all(Protection::ALL.map(Protection::code));
    query = if protection.contains(&Protection::Marked) {
        query.filter(persons::protection.eq_any(codes).or(unknown))
    } else {
        query.filter(persons::protection.eq_any(codes))
    };
    // Who is protected can be followed by nobody.
    if let Some(after) = request.modified_after {
        query = query.filter(persons::modified_at.gt(Ts::of(after)));
    }
    page(tx.connection(), query, request)
}

fn page(
    connection: &mut DatabaseConnection,
    query: Query<'_>,
    request: &PageRequest<PersonSort>,
) -> Result<Page<Saved<PersonId, Person>>, Error> {
    let query = match request.sort {
        PersonSort::Name => keyset!(query, request, persons::name_sort_key, persons::id, text),
        PersonSort::ModifiedAt => keyset!(query, request, persons::modified_at, persons::id, instant),
    };
    let rows = load(connection, query)?;
    let cursor = |(row, ..): &Parts| Cursor {
        key: match request.sort {
            PersonSort::Name => row.name_sort_key.clone(),
            PersonSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(into_saved)
}

/// One person, protected or not, for whom access has been recorded in this transaction.
///
/// # Errors
/// A failure of the database.
pub fn open(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    grant: &Grant,
) -> Result<Option<Saved<PersonId, Person>>, Error> {
    if !grant.covers(id) {
        return Ok(None);
    }
    let query = within(reach::protected_persons_too(scope)).filter(persons::id.eq(Uid::of(id)));
    Ok(load_saved(tx.connection(), query)?.pop())
}

/// Those of the persons whom the scope reaches and for whom access has been recorded in this transaction,
/// protected or not, in no order.
///
/// # Errors
/// A failure of the database.
pub fn open_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    ids: &[PersonId],
    grant: &Grant,
) -> Result<Vec<Saved<PersonId, Person>>, Error> {
    let covered: Vec<PersonId> = ids.iter().copied().filter(|id| grant.covers(*id)).collect();
    if covered.is_empty() {
        return Ok(Vec::new());
    }
    let query = within(reach::protected_persons_too(scope)).filter(persons::id.eq_any(Uid::all(&covered)));
    load_saved(tx.connection(), query)
}

/// States of persons about whom nobody had said anything that they are not protected, in one statement. The
/// use-case has opened them: others are left as they are.
///
/// # Errors
/// [`Error::Stale`] when one of them has changed meanwhile; a failure of the database.
pub fn state_unprotected(tx: &mut Tx<'_>, scope: &Scope, ids: &[PersonId]) -> Result<(), Error> {
    let rows: Vec<PersonRow> = persons::table
        .filter(reach::persons(scope))
        .filter(persons::id.eq_any(Uid::all(ids)))
        .filter(persons::protection.eq(Protection::NotStated.code()))
        .select(PersonRow::as_select())
        .load(tx.connection())?;
    let stated = rows.into_iter().map(|before| {
        let after = PersonRow { protection: Protection::None.code().to_owned(), ..before.clone() };
        (before, after)
    });
    tx.update_many(stated.collect()).map(drop)
}

/// The caller's own record, also when they are protected; none for those who are no person.
///
/// # Errors
/// A failure of the database.
pub fn open_own(
    tx: &mut Tx<'_>,
    scope: &Scope,
    grant: &Grant,
) -> Result<Option<Saved<PersonId, Person>>, Error> {
    let Some(own) = scope.person().filter(|own| grant.covers(*own)) else {
        return Ok(None);
    };
    let query = persons::table
        .filter(persons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(persons::id.eq(Uid::of(own)))
        .filter(persons::withdrawn_at.is_null())
        .into_boxed();
    Ok(load_saved(tx.connection(), query)?.pop())
}

/// Who has the id, in the whole organiser, also protected or withdrawn: whether the scope
/// reaches them. None when it is free.
///
/// # Errors
/// A failure of the database.
pub fn id_holder(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: PersonId,
) -> Result<Option<bool>, Error> {
    Ok(persons::table
        .find((Uid::of(scope.organiser()), Uid::of(id)))
        .select(reach::persons(scope))
        .first(connection)
        .optional()?)
}

/// Who has the same name and date of birth in the whole organiser, protected persons among
/// them, and whether the scope reaches them: for the check of what is entered, never to be told
/// as it is.
///
/// # Errors
/// A failure of the database.
pub fn look_alikes(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    facts: &PersonFacts,
) -> Result<Vec<(PersonId, bool)>, Error> {
    let Some(birth_date) = facts.birth_date else {
        return Ok(Vec::new());
    };
    let found: Vec<(Uid, bool)> = persons::table
        .filter(persons::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(persons::withdrawn_at.is_null())
        .filter(persons::name_sort_key.eq(facts.name.sort_key()))
        .filter(persons::birth_date.eq(birth_date))
        .select((persons::id, reach::persons(scope)))
        .limit(20)
        .load(connection)?;
    Ok(found.into_iter().map(|(id, reached)| (id.to(), reached)).collect())
}

/// Enters persons with their identity numbers, external identifiers and addresses, in at most four
/// statements; those who are protected get an alias besides.
///
/// # Errors
/// [`Error::Collision`] when a number, an identifier or an id was taken meanwhile, so that the
/// use-case runs again and finds it; a failure of the database.
pub fn insert_many(tx: &mut Tx<'_>, scope: &Scope, new: Vec<NewPerson>) -> Result<(), Error> {
    let organiser = Uid::of(scope.organiser());
    let now = tx.now();
    let mut rows = Vec::with_capacity(new.len());
    let mut numbers = Vec::new();
    let mut external = Vec::new();
    for person in &new {
        let id = Uid::of(person.id());
        let facts = person.facts();
        rows.push(PersonRow::of(organiser, id, now, facts));
        numbers.extend(identity_number::rows_of(tx, organiser, id, &facts.identity_numbers));
        external.extend(external_identifier::rows_of(tx, organiser, id, &facts.external_identifiers));
    }
    tx.insert(&rows).map_err(|error| error.raced("persons_pkey"))?;
    identity_number::insert_rows(tx, &numbers)?;
    external_identifier::insert_of_persons(tx, &external)?;
    let protected: Vec<PersonId> =
        new.iter().filter(|person| person.facts().protection.is_protected()).map(NewPerson::id).collect();
    handling_plan::begin(tx, scope, &protected)?;
    address::insert_with_persons(tx, scope, new.iter().map(|person| (person.id(), person.addresses())))
}

/// Saves what is known about a person now, as the next version after `version`: numbers and
/// identifiers no longer among it are withdrawn.
///
/// # Errors
/// [`Error::Stale`] when the record has changed meanwhile; as [`insert_many`].
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    version: i64,
    facts: &PersonFacts,
) -> Result<(), Error> {
    let before = row(tx, scope, id, version)?;
    let (organiser, id) = (before.organiser_id, before.id);
    let after = PersonRow::of(organiser, id, before.created_at, facts);
    let after = tx.update(&before, after)?;
    if after.is_protected != before.is_protected {
        merge::protect_merged(tx, scope, id.to(), facts)?;
    }
    if after.is_protected && !before.is_protected {
        handling_plan::begin(tx, scope, &[id.to()])?;
    }
    let numbers = identity_number::replace(tx, organiser, id, &facts.identity_numbers)?;
    let external = external_identifier::replace(tx, organiser, id, &facts.external_identifiers)?;
    if (numbers || external) && after.version == before.version {
        tx.advance(&before)?;
    }
    Ok(())
}

/// What a source that carries neither identity numbers nor protection may change of a person.
#[derive(Clone)]
pub struct Details {
    /// The person.
    pub id: PersonId,
    /// The version that the change was made from.
    pub version: i64,
    /// The name.
    pub name: PersonName,
    /// The date of birth.
    pub birth_date: Option<NaiveDate>,
    /// The legal sex.
    pub sex: Sex,
    /// Contact details.
    pub contact: ContactDetails,
}

/// Saves other details of several persons in two statements; some more where a date of birth is among them.
/// Protected persons are never among those that it changes.
///
/// # Errors
/// [`Error::Stale`] too when a relation was confirmed meanwhile over somebody who would get another date of birth;
/// [`Error::Stale`] when one of them has changed, or has been protected, meanwhile; a failure of
/// the database.
pub fn update_details(tx: &mut Tx<'_>, scope: &Scope, changes: &[Details]) -> Result<(), Error> {
    if changes.is_empty() {
        return Ok(());
    }
    let ids: Vec<PersonId> = changes.iter().map(|change| change.id).collect();
    let rows: Vec<PersonRow> = persons::table
        .filter(reach::persons(scope))
        .filter(persons::id.eq_any(Uid::all(&ids)))
        .select(PersonRow::as_select())
        .load(tx.connection())?;
    let rows: HashMap<Uid, PersonRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    let mut pairs = Vec::with_capacity(changes.len());
    for Details { id, version, name, birth_date, sex, contact } in changes {
        let before = rows
            .get(&Uid::of(*id))
            .filter(|row| row.version == *version)
            .ok_or(Error::Stale { entity: "person" })?;
        let after = PersonRow {
            given_name: name.given().as_str().to_owned(),
            middle_name: name.middle().map(|name| name.as_str().to_owned()),
            family_name: name.family().as_str().to_owned(),
            preferred_given_name: name.preferred_given().map(|name| name.as_str().to_owned()),
            name_sort_key: name.sort_key(),
            name_search_key: name.search_key(),
            birth_date: *birth_date,
            sex: sex.code().to_owned(),
            contact: Json(contact::document(contact)),
            ..before.clone()
        };
        pairs.push((before.clone(), after));
    }
    // Until when relatives may see them follows from it: what was looked at before the save may be so no more.
    let reborn: Vec<PersonId> = pairs
        .iter()
        .filter(|(before, after)| before.birth_date != after.birth_date)
        .map(|(before, _)| before.id.to())
        .collect();
    if !named_relation::relied_on_held(tx, scope, &reborn)?.is_empty() {
        return Err(Error::Stale { entity: "relation" });
    }
    tx.update_many(pairs).map(drop)
}

/// Withdraws a person as a mistaken entry; the numbers and identifiers become free.
///
/// # Errors
/// As [`update`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, id: PersonId, version: i64) -> Result<(), Error> {
    let before = row(tx, scope, id, version)?;
    let after = PersonRow { withdrawn_at: Some(tx.now()), ..before.clone() };
    let after = tx.update(&before, after)?;
    identity_number::replace(tx, after.organiser_id, after.id, &[])?;
    external_identifier::replace(tx, after.organiser_id, after.id, &[])?;
    Ok(())
}

/// The row of a person that the use-case has found within reach before.
fn row(tx: &mut Tx<'_>, scope: &Scope, id: PersonId, version: i64) -> Result<PersonRow, Error> {
    persons::table
        .find((Uid::of(scope.organiser()), Uid::of(id)))
        .filter(persons::version.eq(version))
        .filter(persons::withdrawn_at.is_null())
        .select(PersonRow::as_select())
        .first(tx.connection())
        .optional()?
        .ok_or(Error::Stale { entity: "person" })
}

impl PersonRow {
    /// The row of a person that the use-case has found within reach before.
    pub(super) fn standing(
        tx: &mut Tx<'_>,
        scope: &Scope,
        id: PersonId,
        version: i64,
    ) -> Result<Self, Error> {
        row(tx, scope, id, version)
    }

    /// The row of a withdrawn entry.
    pub(super) fn withdrawn(tx: &mut Tx<'_>, scope: &Scope, id: PersonId) -> Result<Self, Error> {
        persons::table
            .find((Uid::of(scope.organiser()), Uid::of(id)))
            .filter(persons::withdrawn_at.is_not_null())
            .select(Self::as_select())
            .first(tx.connection())
            .optional()?
            .ok_or(Error::Stale { entity: "person" })
    }

    /// The first version of a row.
    pub(super) fn of(organiser_id: Uid, id: Uid, now: Ts, facts: &PersonFacts) -> Self {
        let PersonFacts {
            name,
            birth_date,
            sex,
            identity_numbers: _,
            contact,
            protection,
            external_identifiers: _,
            registered_at,
        } = facts;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            given_name: name.given().as_str().to_owned(),
            middle_name: name.middle().map(|name| name.as_str().to_owned()),
            family_name: name.family().as_str().to_owned(),
            preferred_given_name: name.preferred_given().map(|name| name.as_str().to_owned()),
            name_sort_key: name.sort_key(),
            name_search_key: name.search_key(),
            birth_date: *birth_date,
            sex: sex.code().to_owned(),
            contact: Json(contact::document(contact)),
            protection: protection.code().to_owned(),
            is_protected: protection.is_protected(),
            registered_at_id: registered_at.map(Uid::of),
        }
    }
}

fn into_saved(parts: Parts) -> Result<Saved<PersonId, Person>, Error> {
    let PersonRow { organiser_id, id, version, created_at, modified_at, .. } = parts.0;
    let organiser: OrganiserId = organiser_id.to();
    Ok(Saved {
        id: id.to(),
        version,
        created_at: created_at.0,
        modified_at: modified_at.0,
        value: Person::guarding(id.to(), organiser, facts_of(parts)?),
    })
}

fn facts_of((row, numbers, external): Parts) -> Result<PersonFacts, Error> {
    let PersonRow {
        organiser_id: _,
        id,
        version: _,
        created_at: _,
        modified_at: _,
        withdrawn_at: _,
        given_name,
        middle_name,
        family_name,
        preferred_given_name,
        name_sort_key: _,
        name_search_key: _,
        birth_date,
        sex,
        contact,
        protection,
        is_protected,
        registered_at_id,
    } = row;
    let inconsistent = |detail: &str| Error::Inconsistent {
        table: "persons",
        id: id.0.to_string(),
        detail: detail.to_owned(),
    };
    let name = NameDraft {
        given: given_name,
        middle: middle_name,
        family: family_name,
        preferred_given: preferred_given_name,
    };
    let stated = Protection::from_stored_code(&protection);
    Ok(PersonFacts {
        name: PersonName::new(&name).map_err(|_| inconsistent("the name cannot be read"))?,
        birth_date,
        sex: Sex::from_code(&sex).ok_or_else(|| inconsistent("an unknown sex"))?,
        identity_numbers: held_numbers(&numbers.0)
            .ok_or_else(|| inconsistent("an identity number cannot be read"))?,
        contact: contact::read(contact.0)
            .ok_or_else(|| inconsistent("the contact details cannot be read"))?,
        // Should the two columns ever disagree, the one that closes counts.
        protection: if is_protected && !stated.is_protected() { Protection::Marked } else { stated },
        external_identifiers: identifiers(&external.0)
            .ok_or_else(|| inconsistent("an external identifier cannot be read"))?,
        registered_at: registered_at_id.map(Uid::to),
    })
}

fn held_numbers(document: &Value) -> Option<Vec<HeldIdentityNumber>> {
    let mut numbers: Vec<HeldIdentityNumber> =
        document.as_array()?.iter().map(held_number).collect::<Option<_>>()?;
    numbers.sort_by_key(|held| (held.period.from(), held.number.kind(), held.number.canonical().to_owned()));
    Some(numbers)
}

fn held_number(document: &Value) -> Option<HeldIdentityNumber> {
    type Stored = (String, String, NaiveDate, Option<NaiveDate>, String, Option<String>, i64, Uuid);
    let (kind, number, from, to, source, level, dormant, issuer): Stored =
        serde_json::from_value(document.clone()).ok()?;
    let kind = IdentityNumberKind::from_code(&kind)?;
    let coordination = match level {
        Some(level) => {
            Some(CoordinationStanding { level: IdentityLevel::from_code(&level)?, dormant: dormant != 0 })
        }
        None => None,
    };
    Some(HeldIdentityNumber {
        number: IdentityNumber::from_canonical(kind, &number).ok()?,
        period: Period::new(from, to).ok()?,
        source: DataSource::from_code(&source)?,
        coordination,
        issued_by: (!issuer.is_nil()).then(|| Id::from_uuid(issuer)),
    })
}

fn identifiers(document: &Value) -> Option<Vec<ExternalIdentifier>> {
    let stored: Vec<(String, String)> = serde_json::from_value(document.clone()).ok()?;
    let mut identifiers: Vec<ExternalIdentifier> = stored
        .iter()
        .map(|(system, value)| ExternalIdentifier::new(system, value).ok())
        .collect::<Option<_>>()?;
    identifiers.sort();
    Some(identifiers)
}

//! Persons' addresses over time.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use diesel::{
    dsl::sql,
    prelude::*,
    sql_types::{Nullable, Text},
};
use serde_json::Value;
use skolhus_domain::{
    access::{InformationClass, Scope},
    id::{AddressId, PersonId, SchoolUnitId},
    person::{
        AddressDraft, AddressKind, DataSource, Grant, HeldAddress, HeldAddressDraft, PersonAddress,
        have_shared_a_home,
    },
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset},
        reach,
        record::record,
        rows::MOST_IDS,
        tx::Tx,
        types::{Json, Ts, Uid},
        value_row::{self, ValueRow, all_saved, inconsistent, saved},
    },
    schema::{person_addresses, persons, relations},
};

record! {
    /// An address's row.
    pub(crate) struct AddressRow in person_addresses as "address" {
        person_id: Uid,
        kind: String,
        care_of: Option<String>,
        street_lines: Json,
        postal_code: Option<String>,
        city: String,
        country: String,
        municipality_code: Option<String>,
        valid_from: NaiveDate,
        valid_to: Option<NaiveDate>,
        source: String,
    }
}

/// An address as it is saved.
pub type SavedAddress = Saved<AddressId, PersonAddress>;

/// What a list of addresses is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AddressSort {
    /// The first day.
    #[default]
    PeriodFrom,
    /// When it was changed last.
    ModifiedAt,
}

/// Which addresses are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub struct AddressFilter {
    /// Of these persons.
    pub persons: Vec<PersonId>,
    /// Of persons who belong to these school units.
    pub school_units: Vec<SchoolUnitId>,
    /// Of these kinds.
    pub kinds: Vec<AddressKind>,
    /// In these municipalities.
    pub municipalities: Vec<String>,
    /// In these regions.
    pub regions: Vec<String>,
    /// Whose days the day is among.
    pub valid_on: Option<NaiveDate>,
}

/// Addresses with their persons.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person = person_addresses::organiser_id
        .eq(persons::organiser_id)
        .and(person_addresses::person_id.eq(persons::id));
    person_addresses::table.inner_join(persons::table.on(with_person))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;

/// The addresses that a scope reaches: of the persons it reaches and of whom it shows how they are
/// reached; never of a protected person, nor of a ward, of whom a guardian is shown the home that
/// they share and nothing else.
fn reachable<'a>(scope: &Scope) -> Joined<'a> {
    let mut found = joined()
        .into_boxed()
        .filter(person_addresses::withdrawn_at.is_null())
        .filter(reach::persons(scope))
        // Nor for those who are cleared to know of them: where a protected person lives is opened one by one.
        .filter(persons::is_protected.eq(false));
    if !scope.classes_about_others().has(InformationClass::Contact) {
        found = found.filter(person_addresses::person_id.eq_any(scope.person().map(Uid::of)));
    }
    let closed = scope.wards().iter().map(|ward| ward.person).filter(|ward| !scope.shows_reach_of(*ward));
    found.filter(person_addresses::person_id.ne_all(closed.map(Uid::of)))
}

/// One address.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: AddressId,
) -> Result<Option<SavedAddress>, Error> {
    let query = reachable(scope).filter(person_addresses::id.eq(Uid::of(id)));
    Ok(all_saved(query.select(AddressRow::as_select()).load(connection)?)?.pop())
}

/// The addresses of persons, by first day: one statement for each 10,000 persons.
///
/// # Errors
/// A failure of the database.
pub fn of_persons(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    persons: &[PersonId],
) -> Result<BTreeMap<PersonId, Vec<HeldAddress>>, Error> {
    let mut addresses: BTreeMap<PersonId, Vec<HeldAddress>> = BTreeMap::new();
    for persons in persons.chunks(MOST_IDS) {
        let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
        let query = reachable(scope).filter(person_addresses::person_id.eq_any(persons));
        for saved in by_first_day(connection, query)? {
            addresses.entry(saved.value.person).or_default().push(saved.value.held);
        }
    }
    Ok(addresses)
}

/// The addresses of one person, by first day.
///
/// # Errors
/// A failure of the database.
pub fn of_person(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    person: PersonId,
) -> Result<Vec<SavedAddress>, Error> {
    let query = reachable(scope).filter(person_addresses::person_id.eq(Uid::of(person)));
    by_first_day(connection, query)
}

/// The addresses of a person, protected or not, for whom access has been recorded in this
/// transaction, by first day.
///
/// # Errors
/// A failure of the database.
pub fn open(
    tx: &mut Tx<'_>,
    scope: &Scope,
    person: PersonId,
    grant: &Grant,
) -> Result<Vec<SavedAddress>, Error> {
    if !grant.covers(person) {
        return Ok(Vec::new());
    }
    by_first_day(tx.connection(), of_organiser(scope).filter(person_addresses::person_id.eq(Uid::of(person))))
}

/// Every address of persons who are in the register.
fn of_organiser<'a>(scope: &Scope) -> Joined<'a> {
    joined()
        .into_boxed()
        .filter(person_addresses::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(person_addresses::withdrawn_at.is_null())
        .filter(persons::withdrawn_at.is_null())
}

fn by_first_day(connection: &mut DatabaseConnection, query: Joined<'_>) -> Result<Vec<SavedAddress>, Error> {
    let rows: Vec<AddressRow> = query
        .order((person_addresses::valid_from.asc(), person_addresses::id.asc()))
        .select(AddressRow::as_select())
        .load(connection)?;
    all_saved(rows)
}

/// What a guardian's own addresses and a ward's are: for [`skolhus_domain::person::shared_homes`], and
/// for nothing else. Nothing where anybody in the household is protected: who lives or lived with the
/// ward, those who have relations over them, and the others over whom these have relations.
#[derive(Default)]
pub struct Household {
    /// The ward's.
    pub ward: Vec<HeldAddress>,
    /// The guardian's.
    pub guardian: Vec<HeldAddress>,
}

/// The addresses of a ward and of the guardian who asks, in three statements.
///
/// # Errors
/// A failure of the database.
pub fn of_household(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ward: PersonId,
    guardian: PersonId,
) -> Result<Household, Error> {
    if family_is_protected(connection, scope, ward, guardian)? {
        return Ok(Household::default());
    }
    let both = [Uid::of(ward), Uid::of(guardian)];
    let query = of_organiser(scope)
        .filter(persons::is_protected.eq(false))
        .filter(person_addresses::person_id.eq_any(both));
    let mut household = Household::default();
    for Saved { value: PersonAddress { person, held }, .. } in by_first_day(connection, query)? {
        if person == ward { household.ward.push(held) } else { household.guardian.push(held) }
    }
    if lives_with_protected(connection, scope, &household.ward)? {
        return Ok(Household::default());
    }
    Ok(household)
}

/// Whether a ward, the guardian, anybody who has a relation over the ward, or anybody else over whom one of these has
/// a relation, is protected; however these relations stand.
fn family_is_protected(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    ward: PersonId,
    guardian: PersonId,
) -> Result<bool, Error> {
    let organiser = Uid::of(scope.organiser());
    let relatives = || {
        relations::table
            .filter(relations::organiser_id.eq(organiser))
            .filter(relations::person_id.eq(Uid::of(ward)))
            .filter(relations::withdrawn_at.is_null())
            .select(relations::relative_id)
    };
    let of_relatives = diesel::alias!(relations as of_relatives);
    let siblings = of_relatives
        .filter(of_relatives.field(relations::organiser_id).eq(organiser))
        .filter(of_relatives.field(relations::withdrawn_at).is_null())
        .filter(of_relatives.field(relations::relative_id).eq_any(relatives()))
        .select(of_relatives.field(relations::person_id));
    let protected = persons::table
        .filter(persons::organiser_id.eq(organiser))
        .filter(persons::withdrawn_at.is_null())
        .filter(persons::is_protected)
        .filter(
            persons::id
                .eq_any([Uid::of(ward), Uid::of(guardian)])
                .or(persons::id.eq_any(relatives()))
                .or(persons::id.eq_any(siblings)),
        );
    Ok(diesel::select(diesel::dsl::exists(protected)).get_result(connection)?)
}

/// Whether a protected person has shared a home with somebody who has these addresses.
fn lives_with_protected(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    addresses: &[HeldAddress],
) -> Result<bool, Error> {
    let codes: Vec<&str> =
        addresses.iter().filter_map(|held| Some(held.address.postal_code()?.as_str())).collect();
    let countries: Vec<&str> = addresses.iter().map(|held| held.address.country().as_str()).collect();
    let near = of_organiser(scope)
        .filter(persons::is_protected)
        .filter(person_addresses::country.eq_any(countries))
        .filter(person_addresses::postal_code.is_null().or(person_addresses::postal_code.eq_any(codes)));
    let rows: Vec<AddressRow> = near.select(AddressRow::as_select()).load(connection)?;
    let theirs: Vec<HeldAddress> =
        all_saved(rows)?.into_iter().map(|saved: SavedAddress| saved.value.held).collect();
    Ok(have_shared_a_home(addresses, &theirs))
}

/// Whether the id is in use, also by one out of reach or withdrawn.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(connection: &mut DatabaseConnection, scope: &Scope, id: AddressId) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(diesel::dsl::exists(person_addresses::table.find(key))).get_result(connection)?)
}

/// One page of the addresses, in one statement.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &AddressFilter,
    request: &PageRequest<AddressSort>,
) -> Result<Page<SavedAddress>, Error> {
    let mut query = narrowed(reachable(scope), scope, filter);
    if let Some(after) = request.modified_after {
        query = query.filter(person_addresses::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        AddressSort::PeriodFrom => {
            keyset!(query, request, person_addresses::valid_from, person_addresses::id, date)
        }
        AddressSort::ModifiedAt => {
            keyset!(query, request, person_addresses::modified_at, person_addresses::id, instant)
        }
    };
    let rows: Vec<AddressRow> = query.select(AddressRow::as_select()).load(connection)?;
    let cursor = |row: &AddressRow| Cursor {
        key: match request.sort {
            AddressSort::PeriodFrom => row.valid_from.to_string(),
            AddressSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(saved)
}

fn narrowed<'a>(mut query: Joined<'a>, scope: &Scope, filter: &'a AddressFilter) -> Joined<'a> {
    let AddressFilter { persons, school_units, kinds, municipalities, regions, valid_on } = filter;
    if !persons.is_empty() {
        let persons: Vec<Uid> = persons.iter().copied().map(Uid::of).collect();
        query = query.filter(person_addresses::person_id.eq_any(persons));
    }
    if !school_units.is_empty() {
        query = query.filter(reach::persons_of_units(school_units, scope));
    }
    if !kinds.is_empty() {
        query = query.filter(person_addresses::kind.eq_any(kinds.iter().map(|kind| kind.code())));
    }
    if !municipalities.is_empty() {
        query = query.filter(person_addresses::municipality_code.eq_any(municipalities));
    }
    if !regions.is_empty() {
        let region = sql::<Nullable<Text>>("substr(person_addresses.municipality_code, 1, 2)");
        query = query.filter(region.eq_any(regions));
    }
    if let Some(day) = *valid_on {
        query = query
            .filter(person_addresses::valid_from.le(day))
            .filter(person_addresses::valid_to.is_null().or(person_addresses::valid_to.ge(day)));
    }
    query
}

/// Holds a person until the transaction ends: their addresses are entered by one at a time.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, person: PersonId) -> Result<(), Error> {
    tx.lock_in("persons", &[Uid::of(person)])
}

/// Enters an address.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: AddressId,
    address: &PersonAddress,
) -> Result<SavedAddress, Error> {
    value_row::insert::<AddressRow>(tx, scope, id, address)
}

/// Enters the addresses that new persons come with, in one statement.
pub(super) fn insert_with_persons<'a>(
    tx: &mut Tx<'_>,
    scope: &Scope,
    new: impl Iterator<Item = (PersonId, &'a [HeldAddress])>,
) -> Result<(), Error> {
    let mut rows = Vec::new();
    for (person, addresses) in new {
        for held in addresses {
            rows.push((tx.fresh().to(), PersonAddress { person, held: held.clone() }));
        }
    }
    if rows.is_empty() {
        return Ok(());
    }
    value_row::insert_many::<AddressRow>(tx, scope, &rows).map(drop)
}

/// Saves new states of addresses in one statement, each as the next version after the state it was
/// made from.
///
/// # Errors
/// [`Error::Stale`] when one has changed meanwhile; a failure of the database.
pub fn update_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(SavedAddress, PersonAddress)],
) -> Result<Vec<SavedAddress>, Error> {
    value_row::update_many::<AddressRow>(tx, scope, changes)
}

/// Withdraws an address as a mistaken entry.
///
/// # Errors
/// As [`update_many`].
pub fn withdraw(tx: &mut Tx<'_>, scope: &Scope, before: SavedAddress) -> Result<(), Error> {
    value_row::withdraw_many::<AddressRow>(tx, scope, &[before])
}

impl ValueRow for AddressRow {
    type Id = AddressId;
    type Value = PersonAddress;

    fn of(organiser_id: Uid, id: Uid, now: Ts, value: &PersonAddress) -> Self {
        let PersonAddress { person, held: HeldAddress { kind, address, period, source } } = value;
        let lines: Vec<&str> = address.street_lines().iter().map(|line| line.as_str()).collect();
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            person_id: Uid::of(*person),
            kind: kind.code().to_owned(),
            care_of: address.care_of().map(|line| line.as_str().to_owned()),
            street_lines: Json(Value::from(lines)),
            postal_code: address.postal_code().map(|code| code.as_str().to_owned()),
            city: address.city().as_str().to_owned(),
            country: address.country().as_str().to_owned(),
            municipality_code: address.municipality_code().map(str::to_owned),
            valid_from: period.from(),
            valid_to: period.to(),
            source: source.code().to_owned(),
        }
    }

    fn into_value(self) -> Result<PersonAddress, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            person_id,
            kind,
            care_of,
            street_lines,
            postal_code,
            city,
            country,
            municipality_code,
            valid_from,
            valid_to,
            source,
        } = self;
        let unreadable = |detail: &str| Error::Inconsistent {
            table: "person_addresses",
            id: id.0.to_string(),
            detail: detail.to_owned(),
        };
        let draft = HeldAddressDraft {
            kind: AddressKind::from_code(&kind).map_err(inconsistent::<Self>(id))?,
            address: AddressDraft {
                care_of,
                street_lines: serde_json::from_value(street_lines.0)
                    .map_err(|_| unreadable("the street cannot be read"))?,
                postal_code,
                city,
                country,
                municipality_code,
            },
            from: valid_from,
            to: valid_to,
            source: DataSource::from_code(&source).ok_or_else(|| unreadable("an unknown source"))?,
        };
        let held = HeldAddress::new(&draft).map_err(|_| unreadable("the address cannot be read"))?;
        Ok(PersonAddress { person: person_id.to(), held })
    }
}

//! The caller's scope: the first statement of every transaction.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::{dsl::sql, prelude::*, sql_types::Bool};
use skolhus_domain::{
    access::{Assignment, Caller, ClassSet, ClientGrant, Denial, Identity, Permission, Role, Scope, Ward},
    code::Code,
    id::{AccountId, ClientId, PersonId, SchoolUnitId, SessionId},
    period::Period,
    person::relation::{RelationKind, Right, RightSet, Situation, Terms, is_cleared, rights_on},
};

use super::{
    client_grant::{Granted, codes, networks},
    connection::DatabaseConnection,
    error::Error,
    types::{Json, Ts, Uid},
};
use crate::schema::{
    accounts, certificate_authorities, client_certificates, clients, contact_bans, persons, relations,
    role_assignments, school_units, sessions,
};

/// Loads what the register says about the caller now; the token only says who it is.
pub(crate) fn load(connection: &mut DatabaseConnection, caller: &Caller) -> Result<Scope, Error> {
    let scope = standing(connection, caller)?.scope(caller).map_err(Error::Denied)?;
    match scope.asks_as_guardian() {
        None => Ok(scope),
        Some(guardian) => Ok(scope.with_wards(wards(connection, caller, guardian)?)),
    }
}

/// A permission, and the scope that it gives the caller.
pub(crate) type Opened = (Permission, Result<Scope, Denial>);

/// As [`load`], for several permissions with what is loaded once: the operation shows what each of
/// them opens.
pub(crate) fn load_each(
    connection: &mut DatabaseConnection,
    caller: &Caller,
    permissions: impl IntoIterator<Item = Permission>,
) -> Result<Vec<Opened>, Error> {
    let standing = standing(connection, caller)?;
    let mut scopes: Vec<Opened> = permissions
        .into_iter()
        .map(|permission| {
            let caller = Caller { permission, ..caller.clone() };
            (permission, standing.scope(&caller))
        })
        .collect();
    let guardian = scopes.iter().find_map(|(_, scope)| scope.as_ref().ok()?.asks_as_guardian());
    if let Some(guardian) = guardian {
        let wards = wards(connection, caller, guardian)?;
        scopes = scopes
            .into_iter()
            .map(|(permission, scope)| (permission, scope.map(|scope| scope.with_wards(wards.clone()))))
            .collect();
    }
    Ok(scopes)
}

/// What the register says about a caller, whatever they ask for.
enum Standing {
    System,
    Account { person: Option<PersonId>, assignments: Vec<Assignment> },
    Client(ClientGrant),
}

impl Standing {
    fn scope(&self, caller: &Caller) -> Result<Scope, Denial> {
        match self {
            Self::System => Ok(Scope::system(caller)),
            Self::Account { person, assignments } => Scope::of_account(caller, *person, assignments),
            Self::Client(grant) => Scope::of_client(caller, grant),
        }
    }
}

fn standing(connection: &mut DatabaseConnection, caller: &Caller) -> Result<Standing, Error> {
    match caller.identity {
        Identity::System(_) => Ok(Standing::System),
        Identity::Account(account, session) => of_account(connection, caller, account, session),
        Identity::Client(client) => of_client(connection, caller, client),
    }
}

/// Person, when disabled; the session's end at the latest, and its end; role, and its unit.
type AccountFacts = (Option<Uid>, Option<Ts>, Option<Ts>, Option<Ts>, Option<String>, Option<Uid>);

fn of_account(
    connection: &mut DatabaseConnection,
    caller: &Caller,
    account: AccountId,
    session: Option<SessionId>,
) -> Result<Standing, Error> {
    let today = caller.today();
    let session_key = session.map_or(Uid(uuid::Uuid::nil()), Uid::of);
    let rows: Vec<AccountFacts> = accounts::table
        .left_join(
            role_assignments::table.on(role_assignments::organiser_id
                .eq(accounts::organiser_id)
                .and(role_assignments::account_id.eq(accounts::id))
                .and(role_assignments::withdrawn_at.is_null())
                .and(role_assignments::valid_from.le(today))
                .and(role_assignments::valid_to.is_null().or(role_assignments::valid_to.ge(today)))),
        )
        .left_join(
            sessions::table.on(sessions::organiser_id
                .eq(accounts::organiser_id)
                .and(sessions::account_id.eq(accounts::id))
                .and(sessions::id.eq(session_key))),
        )
        .filter(accounts::organiser_id.eq(Uid::of(caller.organiser)))
        .filter(accounts::id.eq(Uid::of(account)))
        .filter(accounts::withdrawn_at.is_null())
        .select((
            accounts::person_id,
            accounts::disabled_at,
            sessions::expires_at.nullable(),
            sessions::ended_at.nullable(),
            role_assignments::role.nullable(),
            role_assignments::school_unit_id.nullable(),
        ))
        .load(connection)?;

    let Some((person, disabled, expires, ended, ..)) = rows.first().cloned() else {
        return Err(Error::Denied(Denial::Ended));
    };
    let session_over =
        session.is_some() && (ended.is_some() || expires.is_none_or(|expires| expires.0 <= caller.now));
    if disabled.is_some() || session_over {
        return Err(Error::Denied(Denial::Ended));
    }
    let mut assignments = Vec::with_capacity(rows.len());
    for (.., role, unit) in rows {
        let Some(code) = role else { continue };
        let role = Role::from_code(&code).ok_or_else(|| Error::Inconsistent {
            table: "role_assignments",
            id: account.to_string(),
            detail: "an unknown role".to_owned(),
        })?;
        assignments.push(Assignment { role, school_unit: unit.map(Uid::to::<SchoolUnitId>) });
    }
    Ok(Standing::Account { person: person.map(Uid::to::<PersonId>), assignments })
}

/// The relation: id, kind, period and rights; over whom: id, date of birth, protection,
/// whether the caller is cleared to know; a ban.
type WardFacts = (
    (Uid, String, NaiveDate, Option<NaiveDate>, bool, bool, bool, bool, bool),
    (Uid, Option<NaiveDate>, bool, bool),
    Option<NaiveDate>,
    Option<NaiveDate>,
);

/// Over whom a person's relations give rights today: one statement, and the rule.
fn wards(
    connection: &mut DatabaseConnection,
    caller: &Caller,
    guardian: PersonId,
) -> Result<Vec<Ward>, Error> {
    let today = caller.today();
    let relative = diesel::alias!(persons as relative);
    let there = relative
        .filter(relative.field(persons::organiser_id).eq(Uid::of(caller.organiser)))
        .filter(relative.field(persons::id).eq(Uid::of(guardian)))
        .filter(relative.field(persons::withdrawn_at).is_null());
    let mut rows: Vec<WardFacts> =
        relations::table
            .inner_join(persons::table.on(
                persons::organiser_id.eq(relations::organiser_id).and(persons::id.eq(relations::person_id)),
            ))
            .left_join(
                contact_bans::table.on(contact_bans::organiser_id
                    .eq(relations::organiser_id)
                    .and(contact_bans::person_id.eq(relations::person_id))
                    .and(contact_bans::against_id.eq(relations::relative_id.nullable()))
                    .and(contact_bans::withdrawn_at.is_null())),
            )
            .filter(relations::organiser_id.eq(Uid::of(caller.organiser)))
            .filter(relations::relative_id.eq(Uid::of(guardian)))
            .filter(relations::withdrawn_at.is_null())
            .filter(relations::state.eq_any(["confirmed", "change-waiting"]))
            .filter(relations::valid_from.le(today))
            .filter(relations::valid_to.is_null().or(relations::valid_to.ge(today)))
            .filter(persons::withdrawn_at.is_null())
            .filter(diesel::dsl::exists(there))
            .select((
                (
                    relations::id,
                    relations::kind,
                    relations::valid_from,
                    relations::valid_to,
                    relations::see,
                    relations::report_absence,
                    relations::decide,
                    relations::receive_notices,
                    relations::collect,
                ),
                (persons::id, persons::birth_date, persons::is_protected, sql::<Bool>(CLEARED)),
                contact_bans::valid_from.nullable(),
                contact_bans::valid_to.nullable(),
            ))
            .load(connection)?;
    rows.sort_by_key(|((relation, ..), (person, ..), ..)| (person.0, relation.0));
    let mut wards: Vec<Ward> = Vec::new();
    for same in rows.chunk_by(|((one, ..), ..), ((other, ..), ..)| one == other) {
        let Some((relation, (person, birth_date, is_protected, cleared), ..)) = same.first() else {
            continue;
        };
        let (id, kind, from, to, see, report_absence, decide, receive_notices, collect) = relation;
        let inconsistent = |_| Error::Inconsistent {
            table: "relations",
            id: id.0.to_string(),
            detail: "it cannot be read".to_owned(),
        };
        let kind = RelationKind::from_code(kind).map_err(inconsistent)?;
        let terms = Terms {
            period: Period::new(*from, *to).map_err(inconsistent)?,
            rights: rights(*see, *report_absence, *decide, *receive_notices, *collect),
        };
        let bans: Vec<Period> = same
            .iter()
            .filter_map(|(.., from, to)| from.map(|from| Period::new(from, *to)))
            .collect::<Result<_, _>>()
            .map_err(inconsistent)?;
        let cleared: &[PersonId] = if *cleared { &[guardian] } else { &[] };
        let situation = Situation {
            birth_date: *birth_date,
            bans: &bans,
            is_protected: *is_protected,
            is_cleared: is_cleared(cleared, guardian),
        };
        let held = rights_on(today, kind, &terms, true, &situation);
        if held.is_empty() {
            continue;
        }
        let classes = if held.has(Right::See) { kind.classes() } else { ClassSet::NONE };
        match wards.last_mut() {
            Some(ward) if ward.person == person.to() => {
                ward.rights = ward.rights.union(held);
                ward.classes = ward.classes.union(classes);
                if !ward.kinds.contains(&kind) {
                    ward.kinds.push(kind);
                }
            }
            _ => wards.push(Ward {
                person: person.to(),
                kinds: vec![kind],
                rights: held,
                classes,
                is_protected: *is_protected,
            }),
        }
    }
    Ok(wards)
}

/// Whether the relative of the row of `relations` is cleared to know of the protected person.
pub(crate) const CLEARED: &str = "EXISTS (SELECT 1 FROM clearings AS cleared \
    WHERE cleared.organiser_id = relations.organiser_id AND cleared.person_id = relations.person_id \
    AND cleared.relative_id = relations.relative_id AND cleared.withdrawn_at IS NULL \
    AND cleared.state = 'confirmed')";

/// The set of rights that a row's columns hold.
pub(crate) fn rights(
    see: bool,
    report_absence: bool,
    decide: bool,
    receive_notices: bool,
    collect: bool,
) -> RightSet {
    let columns = [
        (see, Right::See),
        (report_absence, Right::ReportAbsence),
        (decide, Right::Decide),
        (receive_notices, Right::ReceiveNotices),
        (collect, Right::Collect),
    ];
    columns.into_iter().filter_map(|(held, right)| held.then_some(right)).collect()
}

/// The client: its id; scopes, fields, units, types and networks; its expiry, and when it was disabled. A unit of the
/// organiser, and its types. The networks of the certificate that the token is bound to, while it is in force.
type ClientFacts =
    ((Uid, Json, Json, Json, Json, Json, Option<Ts>, Option<Ts>), (Option<Uid>, Option<Json>), Option<Json>);

/// Clients of an organiser, one or all, in one statement: the organiser's units stand beside a client only where it is
/// limited to school types, and a certificate only where the token is bound to one, whose fingerprint is given.
macro_rules! client_facts {
    ($organiser:expr, $bound_to:expr, $now:expr $(, $only:expr)?) => {
        clients::table
            .left_join(
                school_units::table.on(school_units::organiser_id
                    .eq(clients::organiser_id)
                    .and(school_units::withdrawn_at.is_null())
                    .and(sql::<Bool>("clients.school_types <> '[]'"))),
            )
            .left_join(
                client_certificates::table.on(client_certificates::organiser_id
                    .eq(clients::organiser_id)
                    .and(client_certificates::client_id.eq(clients::id))
                    .and(client_certificates::fingerprint.eq($bound_to))
                    .and(client_certificates::revoked_at.is_null())
                    .and(client_certificates::valid_from.le($now))
                    .and(client_certificates::expires_at.gt($now))
                    .and(diesel::dsl::exists(
                        certificate_authorities::table
                            .filter(
                                certificate_authorities::organiser_id.eq(client_certificates::organiser_id),
                            )
                            .filter(certificate_authorities::id.eq(client_certificates::authority_id))
                            .filter(certificate_authorities::withdrawn_at.is_null()),
                    ))),
            )
            .filter(clients::organiser_id.eq(Uid::of($organiser)))
            .filter(clients::withdrawn_at.is_null())
            $(.filter($only))?
            .select((
                (
                    clients::id,
                    clients::scopes,
                    clients::fields,
                    clients::school_units,
                    clients::school_types,
                    clients::allowed_networks,
                    clients::expires_at,
                    clients::disabled_at,
                ),
                (school_units::id.nullable(), school_units::school_types.nullable()),
                client_certificates::allowed_networks.nullable(),
            ))
    };
}

fn of_client(
    connection: &mut DatabaseConnection,
    caller: &Caller,
    client: ClientId,
) -> Result<Standing, Error> {
    let only = clients::id.eq(Uid::of(client));
    let bound_to = caller.certificate.map(|fingerprint| fingerprint.to_string());
    let (named, now) = (bound_to.clone().unwrap_or_default(), Ts::of(caller.now));
    let rows: Vec<ClientFacts> = client_facts!(caller.organiser, named, now, only).load(connection)?;
    // A token outlives neither the certificate that it is bound to nor what it was revoked by.
    if bound_to.is_some() && rows.first().is_none_or(|(_, _, certificate)| certificate.is_none()) {
        return Err(Error::Denied(Denial::Ended));
    }
    let grant = granted(&rows, caller.now)?.ok_or(Error::Denied(Denial::Ended))?;
    // Before anything that it asks for: an operation may load several scopes and leave out those it does not get.
    grant.admit(caller.address).map_err(Error::Denied)?;
    Ok(Standing::Client(grant))
}

/// What each client of the scope's organiser was granted; those that have ended are not among them.
pub(crate) fn every_grant(
    connection: &mut DatabaseConnection,
    scope: &Scope,
) -> Result<Vec<(ClientId, ClientGrant)>, Error> {
    let now = Ts::of(scope.now());
    let mut rows: Vec<ClientFacts> = client_facts!(scope.organiser(), String::new(), now).load(connection)?;
    rows.sort_by_key(|((client, ..), ..)| *client);
    let mut grants = Vec::new();
    for of_one in rows.chunk_by(|((one, ..), ..), ((other, ..), ..)| one == other) {
        if let (Some(((client, ..), ..)), Some(grant)) = (of_one.first(), granted(of_one, scope.now())?) {
            grants.push((client.to(), grant));
        }
    }
    Ok(grants)
}

/// What the rows of one client say that it was granted; none if it has ended, or there are no rows.
fn granted(rows: &[ClientFacts], now: DateTime<Utc>) -> Result<Option<ClientGrant>, Error> {
    let there = rows.iter().filter_map(|(_, (unit, types), _)| (*unit).zip(types.clone()));
    let Some((
        (client, scopes, fields, units, school_types, allowed_networks, expires, disabled),
        _,
        certificate,
    )) = rows.first().cloned()
    else {
        return Ok(None);
    };
    if disabled.is_some() || expires.is_some_and(|expires| expires.0 <= now) {
        return Ok(None);
    }
    let inconsistent = |detail: &str| Error::Inconsistent {
        table: "clients",
        id: client.0.to_string(),
        detail: detail.to_owned(),
    };
    let granted = Granted { scopes, fields, school_types, allowed_networks }.read().map_err(inconsistent)?;
    let units: Vec<uuid::Uuid> =
        serde_json::from_value(units.0).map_err(|_| inconsistent("school units are not a list"))?;
    let units: Vec<SchoolUnitId> = units.into_iter().map(|unit| Uid(unit).to()).collect();
    let there = there.map(|(unit, types)| Ok((unit.to(), codes(types)?)));
    let there: Vec<(SchoolUnitId, Vec<Code>)> = there.collect::<Result<_, _>>().map_err(inconsistent)?;
    Ok(Some(ClientGrant {
        units: ClientGrant::units(&units, &granted.school_types, &there),
        scopes: granted.scopes,
        fields: granted.fields,
        networks: granted.allowed_networks,
        certificate_networks: certificate.map_or(Ok(Vec::new()), networks).map_err(inconsistent)?,
    }))
}

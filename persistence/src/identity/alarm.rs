//! Signs of misuse.

use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    id::AlarmId,
    identity::{Alarm, AlarmKind, AlarmSubject, Settlement},
    refusal::{Refusal, Rule},
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        record::record,
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, saved},
    },
    schema::{accounts, alarms, clients, persons},
};

record! {
    /// An alarm's row.
    pub(crate) struct AlarmRow in alarms as "alarm" {
        kind: String,
        account_id: Option<Uid>,
        client_id: Option<Uid>,
        occurrences: i32,
        settled_by_id: Option<Uid>,
        settled_at: Option<Ts>,
        note: Option<String>,
    }
}

/// What a list of alarms is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AlarmSort {
    /// When it was raised.
    #[default]
    RaisedAt,
    /// When it was changed last.
    ModifiedAt,
}

/// Which alarms are asked for.
#[derive(Clone, Debug, Default)]
pub struct AlarmFilter {
    /// Of these kinds.
    pub kinds: Vec<AlarmKind>,
    /// Only settled ones, or only others.
    pub is_settled: Option<bool>,
}

/// An alarm, with who was at it in words.
#[derive(Clone, Debug)]
pub struct AlarmView {
    /// The alarm.
    pub saved: Saved<AlarmId, Alarm>,
    /// The account's address or the client's name; none for the account of somebody whose identity is protected, of whom only
    /// the operator is told.
    pub label: Option<String>,
}

impl ValueRow for AlarmRow {
    type Id = AlarmId;
    type Value = Alarm;

    fn of(organiser_id: Uid, id: Uid, now: Ts, alarm: &Alarm) -> Self {
        let Alarm { kind, subject, count, settlement } = alarm;
        let (account_id, client_id) = match subject {
            AlarmSubject::Account(account) => (Some(Uid::of(*account)), None),
            AlarmSubject::Client(client) => (None, Some(Uid::of(*client))),
        };
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            kind: kind.code().to_owned(),
            account_id,
            client_id,
            occurrences: i32::try_from(*count).unwrap_or(i32::MAX),
            settled_by_id: settlement.as_ref().map(|settlement| Uid::of(settlement.by)),
            settled_at: settlement.as_ref().map(|settlement| Ts::of(settlement.at)),
            note: settlement.as_ref().map(|settlement| settlement.note.as_str().to_owned()),
        }
    }

    fn into_value(self) -> Result<Alarm, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            kind,
            account_id,
            client_id,
            occurrences,
            settled_by_id,
            settled_at,
            note,
        } = self;
        let refused = value_row::inconsistent::<Self>(id);
        let subject = match (account_id, client_id) {
            (Some(account), None) => AlarmSubject::Account(account.to()),
            (None, Some(client)) => AlarmSubject::Client(client.to()),
            _ => return Err(refused(Refusal::new(Rule::Format, "it is about an account or a client"))),
        };
        let settlement = match (settled_by_id, settled_at, note) {
            (Some(by), Some(at), Some(note)) => {
                Some(Settlement { by: by.to(), at: at.0, note: Text::lines(&note, 500).map_err(refused)? })
            }
            _ => None,
        };
        Ok(Alarm {
            kind: AlarmKind::from_code(&kind).map_err(refused)?,
            subject,
            count: u32::try_from(occurrences).unwrap_or_default(),
            settlement,
        })
    }
}

/// Alarms with the account or the client that was at it.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_account =
        accounts::organiser_id.eq(alarms::organiser_id).and(accounts::id.nullable().eq(alarms::account_id));
    let with_person = persons::organiser_id
        .nullable()
        .eq(accounts::organiser_id.nullable())
        .and(persons::id.nullable().eq(accounts::person_id.nullable()));
    let with_client =
        clients::organiser_id.eq(alarms::organiser_id).and(clients::id.nullable().eq(alarms::client_id));
    alarms::table
        .left_join(accounts::table.on(with_account))
        .left_join(persons::table.on(with_person))
        .left_join(clients::table.on(with_client))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;
/// The row; the account's address; whether its person is protected; the client's name.
type ViewRow = (AlarmRow, Option<String>, Option<bool>, Option<String>);

fn of_organiser<'a>(scope: &Scope) -> Joined<'a> {
    joined()
        .into_boxed()
        .filter(alarms::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(alarms::withdrawn_at.is_null())
}

fn load(query: Joined<'_>, connection: &mut DatabaseConnection) -> Result<Vec<ViewRow>, Error> {
    Ok(query
        .select((
            AlarmRow::as_select(),
            accounts::email.nullable(),
            persons::is_protected.nullable(),
            clients::name.nullable(),
        ))
        .load(connection)?)
}

fn view((row, email, is_protected, client): ViewRow) -> Result<AlarmView, Error> {
    let email = email.filter(|_| is_protected != Some(true));
    Ok(AlarmView { saved: saved(row)?, label: email.or(client) })
}

/// One alarm.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: AlarmId,
) -> Result<Option<AlarmView>, Error> {
    let query = of_organiser(scope).filter(alarms::id.eq(Uid::of(id)));
    load(query, connection)?.into_iter().next().map(view).transpose()
}

/// One page of alarms.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: &AlarmFilter,
    request: &PageRequest<AlarmSort>,
) -> Result<Page<AlarmView>, Error> {
    let mut query = of_organiser(scope);
    if !filter.kinds.is_empty() {
        let kinds: Vec<&'static str> = filter.kinds.iter().map(|kind| kind.code()).collect();
        query = query.filter(alarms::kind.eq_any(kinds));
    }
    query = match filter.is_settled {
        Some(true) => query.filter(alarms::settled_at.is_not_null()),
        Some(false) => query.filter(alarms::settled_at.is_null()),
        None => query,
    };
    if let Some(after) = request.modified_after {
        query = query.filter(alarms::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        AlarmSort::RaisedAt => keyset!(query, request, alarms::created_at, alarms::id, instant),
        AlarmSort::ModifiedAt => keyset!(query, request, alarms::modified_at, alarms::id, instant),
    };
    let cursor = |(row, ..): &ViewRow| Cursor {
        key: match request.sort {
            AlarmSort::RaisedAt => instant_key(row.created_at),
            AlarmSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(load(query, connection)?, request.limit, cursor).try_map(view)
}

/// Raises an alarm, unless the same has been raised about the same caller within the hour, by whichever server.
///
/// # Errors
/// A failure of the database.
pub fn raise(tx: &mut Tx<'_>, scope: &Scope, alarm: &Alarm) -> Result<(), Error> {
    let subject = match alarm.subject {
        AlarmSubject::Account(account) => Uid::of(account),
        AlarmSubject::Client(client) => Uid::of(client),
    };
    let hour = scope.now().timestamp() / 3_600;
    let id = Uid::derived("alarms", subject, &[alarm.kind.code().as_bytes(), hour.to_string().as_bytes()]);
    let key = (Uid::of(scope.organiser()), id);
    let raised: bool =
        diesel::select(diesel::dsl::exists(alarms::table.find(key))).get_result(tx.connection())?;
    if raised {
        return Ok(());
    }
    value_row::insert::<AlarmRow>(tx, scope, id.to(), alarm).map(drop)
}

/// Holds an alarm.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, id: AlarmId) -> Result<(), Error> {
    tx.lock::<AlarmRow>(&[Uid::of(id)])
}

/// Saves what came of it.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<AlarmId, Alarm>,
    after: &Alarm,
) -> Result<(), Error> {
    value_row::update::<AlarmRow>(tx, scope, before, after).map(drop)
}

//! Calendar feeds (kalenderprenumerationer): their rows, and whose authority stands behind a secret address.

use diesel::{dsl::exists, prelude::*};
use skolhus_domain::{
    access::{Caller, Denial, Identity, Level, Permission, Scope},
    id::{AccountId, CalendarFeedId},
    schedule::{CalendarFeed, CalendarSubject},
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        reach,
        record::{Record, record},
        scope,
        tx::Tx,
        types::{Ts, Uid},
        value_row::inconsistent,
    },
    schema::{calendar_feeds, groups, persons},
};

record! {
    /// A calendar feed's row. The secret is the hash of a random one.
    pub(crate) struct CalendarFeedRow in calendar_feeds as "calendar feed" {
        account_id: Uid,
        person_id: Option<Uid>,
        group_id: Option<Uid>,
        name: String,
        #[serde(serialize_with = "crate::core::record::concealed")]
        secret: String,
    }
}

/// What a list of feeds is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum CalendarFeedSort {
    /// When it was made.
    #[default]
    CreatedAt,
    /// When it was changed last.
    ModifiedAt,
}

/// Feeds with the person or the group that they are of.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person = persons::organiser_id
        .eq(calendar_feeds::organiser_id)
        .and(calendar_feeds::person_id.eq(persons::id.nullable()));
    let with_group = groups::organiser_id
        .eq(calendar_feeds::organiser_id)
        .and(calendar_feeds::group_id.eq(groups::id.nullable()));
    calendar_feeds::table.left_join(persons::table.on(with_person)).left_join(groups::table.on(with_group))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;

/// The feeds of the calling account that can be read: what they are of is within reach. Of the others nobody is told,
/// since their names may name somebody.
fn reachable<'a>(scope: &Scope) -> Joined<'a> {
    let own: Vec<Uid> = scope.account().map(Uid::of).into_iter().collect();
    joined()
        .into_boxed()
        .filter(calendar_feeds::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(calendar_feeds::account_id.eq_any(own))
        .filter(calendar_feeds::withdrawn_at.is_null())
        .filter(reach::calendar_feeds(scope))
}

/// Whether the caller may have a calendar of a person or a group: it is within reach, and neither the person nor the
/// caller is protected.
///
/// # Errors
/// A failure of the database.
pub fn may_be_of(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    subject: CalendarSubject,
) -> Result<bool, Error> {
    Ok(match subject {
        CalendarSubject::Person(person) => {
            let there = persons::table
                .filter(reach::persons_in_calendars(scope))
                .filter(persons::id.eq(Uid::of(person)));
            diesel::select(exists(there)).get_result(connection)?
        }
        CalendarSubject::Group(group) => {
            let there =
                groups::table.filter(reach::groups_in_calendars(scope)).filter(groups::id.eq(Uid::of(group)));
            diesel::select(exists(there)).get_result(connection)?
        }
    })
}

/// Whether the caller is protected, so that there are no calendars for them.
///
/// # Errors
/// A failure of the database.
pub fn is_closed_to(connection: &mut DatabaseConnection, scope: &Scope) -> Result<bool, Error> {
    let Some(me) = scope.person() else { return Ok(false) };
    let protected =
        persons::table.find((Uid::of(scope.organiser()), Uid::of(me))).filter(persons::is_protected.eq(true));
    Ok(diesel::select(exists(protected)).get_result(connection)?)
}

/// One feed.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: CalendarFeedId,
) -> Result<Option<Saved<CalendarFeedId, CalendarFeed>>, Error> {
    let row: Option<CalendarFeedRow> = reachable(scope)
        .filter(calendar_feeds::id.eq(Uid::of(id)))
        .select(CalendarFeedRow::as_select())
        .first(connection)
        .optional()?;
    row.map(CalendarFeedRow::into_saved).transpose()
}

/// Whether the id is in use, also by somebody else's feed or a withdrawn one.
///
/// # Errors
/// A failure of the database.
pub fn is_taken(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: CalendarFeedId,
) -> Result<bool, Error> {
    let key = (Uid::of(scope.organiser()), Uid::of(id));
    Ok(diesel::select(exists(calendar_feeds::table.find(key))).get_result(connection)?)
}

/// How many feeds the calling account has that can be read.
///
/// # Errors
/// A failure of the database.
pub fn count(connection: &mut DatabaseConnection, scope: &Scope) -> Result<usize, Error> {
    let there: i64 = reachable(scope).count().get_result(connection)?;
    Ok(usize::try_from(there).unwrap_or(usize::MAX))
}

/// One page of the calling account's feeds.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PageRequest<CalendarFeedSort>,
) -> Result<Page<Saved<CalendarFeedId, CalendarFeed>>, Error> {
    let mut query = reachable(scope);
    if let Some(after) = request.modified_after {
        query = query.filter(calendar_feeds::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        CalendarFeedSort::CreatedAt => {
            keyset!(query, request, calendar_feeds::created_at, calendar_feeds::id, instant)
        }
        CalendarFeedSort::ModifiedAt => {
            keyset!(query, request, calendar_feeds::modified_at, calendar_feeds::id, instant)
        }
    };
    let rows = query.select(CalendarFeedRow::as_select()).load(connection)?;
    let cursor = |row: &CalendarFeedRow| Cursor {
        key: instant_key(match request.sort {
            CalendarFeedSort::CreatedAt => row.created_at,
            CalendarFeedSort::ModifiedAt => row.modified_at,
        }),
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(CalendarFeedRow::into_saved)
}

/// Holds the account until the end of the transaction: its feeds are counted by one at a time.
///
/// # Errors
/// A failure of the database.
pub fn lock_account(tx: &mut Tx<'_>, id: AccountId) -> Result<(), Error> {
    tx.lock_in("accounts", &[Uid::of(id)])
}

/// Enters a feed with the hash of its secret.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: CalendarFeedId,
    feed: &CalendarFeed,
    secret_hash: &str,
) -> Result<Saved<CalendarFeedId, CalendarFeed>, Error> {
    let now = tx.now();
    let CalendarFeed { account, subject, name } = feed;
    let (person, group) = match *subject {
        CalendarSubject::Person(person) => (Some(Uid::of(person)), None),
        CalendarSubject::Group(group) => (None, Some(Uid::of(group))),
    };
    let row = CalendarFeedRow {
        organiser_id: Uid::of(scope.organiser()),
        id: Uid::of(id),
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        account_id: Uid::of(*account),
        person_id: person,
        group_id: group,
        name: name.as_str().to_owned(),
        secret: secret_hash.to_owned(),
    };
    tx.insert(std::slice::from_ref(&row))?;
    row.into_saved()
}

/// Withdraws a feed: its address leads nowhere from then on.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn withdraw(tx: &mut Tx<'_>, before: &Saved<CalendarFeedId, CalendarFeed>) -> Result<(), Error> {
    let row = (Uid::of(before.id), before.version);
    tx.withdraw_rows(CalendarFeedRow::TABLE, CalendarFeedRow::ENTITY, &[row])
}

/// A feed, and what its account may see now.
pub type Opened = (Scope, Saved<CalendarFeedId, CalendarFeed>);

/// The feed at a secret address, by the secret's hash, with the scope that its account has now for reading lessons: as
/// if they asked themselves, with the weakest of logins. None where there is none, and where the account may not read
/// lessons any longer. Two statements, and one more for guardians. Only for the program itself.
///
/// # Errors
/// A denial for anybody else; a failure of the database.
pub fn open(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    secret_hash: &str,
) -> Result<Option<Opened>, Error> {
    if !scope.is_system() {
        return Err(Error::Denied(Denial::NotPermitted(scope.permission())));
    }
    let row: Option<CalendarFeedRow> = calendar_feeds::table
        .filter(calendar_feeds::secret.eq(secret_hash))
        .filter(calendar_feeds::withdrawn_at.is_null())
        .select(CalendarFeedRow::as_select())
        .first(connection)
        .optional()?;
    let Some(row) = row else { return Ok(None) };
    let account = Caller {
        organiser: row.organiser_id.to(),
        identity: Identity::Account(row.account_id.to(), None),
        level: Level::Basic,
        permission: Permission::ReadLessons,
        address: None,
        certificate: None,
        request: scope.request(),
        now: scope.now(),
    };
    match scope::load(connection, &account) {
        Ok(owner) => Ok(Some((owner, row.into_saved()?))),
        Err(Error::Denied(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

impl CalendarFeedRow {
    fn into_saved(self) -> Result<Saved<CalendarFeedId, CalendarFeed>, Error> {
        let Self {
            organiser_id: _,
            id,
            version,
            created_at,
            modified_at,
            withdrawn_at: _,
            account_id,
            person_id,
            group_id,
            name,
            secret: _,
        } = self;
        let subject = match (person_id, group_id) {
            (Some(person), None) => CalendarSubject::Person(person.to()),
            (None, Some(group)) => CalendarSubject::Group(group.to()),
            (Some(_), Some(_)) | (None, None) => {
                return Err(Error::Inconsistent {
                    table: Self::TABLE,
                    id: id.0.to_string(),
                    detail: "it is of neither one person nor one group".to_owned(),
                });
            }
        };
        let name = Text::line(&name, 100).map_err(inconsistent::<Self>(id))?;
        let value = CalendarFeed { account: account_id.to(), subject, name };
        Ok(Saved { id: id.to(), version, created_at: created_at.0, modified_at: modified_at.0, value })
    }
}

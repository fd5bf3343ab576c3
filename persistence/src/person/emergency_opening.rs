//! Records of protected persons that were opened in an emergency.

use diesel::prelude::*;
use skolhus_domain::{
    access::{Role, Scope},
    id::{AccountId, EmergencyOpeningId, Id, PersonId},
    person::{Alias, EmergencyFinding, EmergencyOpening, EmergencyReview},
    text::Text,
};

use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        outbox::{Message, enqueue},
        page::{Cursor, Page, PageRequest, instant, instant_key, keyset},
        reach,
        record::record,
        tx::Tx,
        types::{Ts, Uid},
        value_row::{self, ValueRow, saved},
    },
    schema::{accounts, emergency_openings, handling_plans, persons},
};

record! {
    /// An opening's row.
    pub(crate) struct EmergencyOpeningRow in emergency_openings as "emergency opening" {
        person_id: Uid,
        opened_by_id: Uid,
        roles: String,
        reason: String,
        reviewed_by_id: Option<Uid>,
        reviewed_at: Option<Ts>,
        finding: Option<String>,
        note: Option<String>,
    }
}

/// The kind of an outbox message that tells somebody that a record was opened in an emergency, whatever channel then carries
/// it. Its payload names the opening, by its id alone; the target is the account that is told.
pub const EMERGENCY_OPENING: &str = "emergency-opening";

/// What a list of openings is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EmergencyOpeningSort {
    /// When it was opened.
    #[default]
    OpenedAt,
    /// When it was changed last.
    ModifiedAt,
}

/// Which openings are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct EmergencyOpeningFilter {
    /// Only those into which somebody has looked, or nobody has.
    pub is_reviewed: Option<bool>,
}

/// An opening, and who it concerns under the name by which those who look into it may know them.
#[derive(Clone, Debug)]
pub struct EmergencyOpeningView {
    /// The opening.
    pub saved: Saved<EmergencyOpeningId, EmergencyOpening>,
    /// The alias of the person; none where they are protected no longer.
    pub alias: Option<Alias>,
    /// The address of the account that opened it.
    pub opened_by_email: String,
}

impl ValueRow for EmergencyOpeningRow {
    type Id = EmergencyOpeningId;
    type Value = EmergencyOpening;

    fn of(organiser_id: Uid, id: Uid, now: Ts, opening: &EmergencyOpening) -> Self {
        let EmergencyOpening { person, opened_by, roles, reason, review } = opening;
        let roles: Vec<&str> = roles.iter().map(|role| role.code()).collect();
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            person_id: Uid::of(*person),
            opened_by_id: Uid::of(*opened_by),
            roles: roles.join(" "),
            reason: reason.as_str().to_owned(),
            reviewed_by_id: review.as_ref().map(|review| Uid::of(review.by)),
            reviewed_at: review.as_ref().map(|review| Ts::of(review.at)),
            finding: review.as_ref().map(|review| review.finding.code().to_owned()),
            note: review.as_ref().and_then(|review| Some(review.note.as_ref()?.as_str().to_owned())),
        }
    }

    fn into_value(self) -> Result<EmergencyOpening, Error> {
        let Self {
            organiser_id: _,
            id,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            person_id,
            opened_by_id,
            roles,
            reason,
            reviewed_by_id,
            reviewed_at,
            finding,
            note,
        } = self;
        let refused = value_row::inconsistent::<Self>(id);
        let review = match (reviewed_by_id, reviewed_at, finding) {
            (Some(by), Some(at), Some(finding)) => Some(EmergencyReview {
                by: by.to(),
                at: at.0,
                finding: EmergencyFinding::from_code(&finding).map_err(refused)?,
                note: note.map(|note| Text::lines(&note, 500)).transpose().map_err(refused)?,
            }),
            _ => None,
        };
        Ok(EmergencyOpening {
            person: person_id.to(),
            opened_by: opened_by_id.to(),
            roles: roles.split(' ').filter_map(Role::from_code).collect(),
            reason: Text::lines(&reason, 500).map_err(refused)?,
            review,
        })
    }
}

/// Openings with the person whose record it was and the account that opened it.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person = emergency_openings::organiser_id
        .eq(persons::organiser_id)
        .and(emergency_openings::person_id.eq(persons::id));
    let with_account = emergency_openings::organiser_id
        .eq(accounts::organiser_id)
        .and(emergency_openings::opened_by_id.eq(accounts::id));
    let with_plan = emergency_openings::organiser_id
        .eq(handling_plans::organiser_id)
        .and(emergency_openings::person_id.eq(handling_plans::person_id))
        .and(handling_plans::withdrawn_at.is_null());
    emergency_openings::table
        .inner_join(persons::table.on(with_person))
        .inner_join(accounts::table.on(with_account))
        .left_join(handling_plans::table.on(with_plan))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;
type ViewRow = (EmergencyOpeningRow, String, Option<String>, Option<i32>);

/// The columns of a [`ViewRow`].
#[diesel::dsl::auto_type(no_type_alias)]
fn view_columns() -> _ {
    let row: diesel::dsl::AsSelect<EmergencyOpeningRow, MultiBackend> = EmergencyOpeningRow::as_select();
    (row, accounts::email, handling_plans::alias_word.nullable(), handling_plans::alias_number.nullable())
}

/// The openings that a scope reaches: of those whom it would reach were they not protected.
fn reachable<'a>(scope: &Scope) -> Joined<'a> {
    joined()
        .into_boxed()
        .filter(emergency_openings::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(emergency_openings::withdrawn_at.is_null())
        .filter(reach::protected_persons_too(scope))
}

fn view((row, opened_by_email, word, number): ViewRow) -> Result<EmergencyOpeningView, Error> {
    let alias =
        word.zip(number).and_then(|(word, number)| Alias::new(&word, u16::try_from(number).ok()?).ok());
    Ok(EmergencyOpeningView { saved: saved(row)?, alias, opened_by_email })
}

/// One opening.
///
/// # Errors
/// A failure of the database.
pub fn find(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: EmergencyOpeningId,
) -> Result<Option<EmergencyOpeningView>, Error> {
    let row: Option<ViewRow> = reachable(scope)
        .filter(emergency_openings::id.eq(Uid::of(id)))
        .select(view_columns())
        .first(connection)
        .optional()?;
    row.map(view).transpose()
}

/// One page of openings.
///
/// # Errors
/// A failure of the database.
pub fn list(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    filter: EmergencyOpeningFilter,
    request: &PageRequest<EmergencyOpeningSort>,
) -> Result<Page<EmergencyOpeningView>, Error> {
    let mut query = reachable(scope);
    query = match filter.is_reviewed {
        Some(true) => query.filter(emergency_openings::reviewed_at.is_not_null()),
        Some(false) => query.filter(emergency_openings::reviewed_at.is_null()),
        None => query,
    };
    if let Some(after) = request.modified_after {
        query = query.filter(emergency_openings::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        EmergencyOpeningSort::OpenedAt => {
            keyset!(query, request, emergency_openings::created_at, emergency_openings::id, instant)
        }
        EmergencyOpeningSort::ModifiedAt => {
            keyset!(query, request, emergency_openings::modified_at, emergency_openings::id, instant)
        }
    };
    let rows: Vec<ViewRow> = query.select(view_columns()).load(connection)?;
    let cursor = |(row, ..): &ViewRow| Cursor {
        key: match request.sort {
            EmergencyOpeningSort::OpenedAt => instant_key(row.created_at),
            EmergencyOpeningSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(view)
}

/// Enters an opening, and tells the accounts.
///
/// # Errors
/// A failure of the database.
pub fn insert(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: EmergencyOpeningId,
    opening: &EmergencyOpening,
    told: &[AccountId],
) -> Result<Saved<EmergencyOpeningId, EmergencyOpening>, Error> {
    tx.because(opening.reason.as_str());
    let entered = value_row::insert::<EmergencyOpeningRow>(tx, scope, id, opening)?;
    for account in told {
        let message = Message {
            id: tx.fresh().0,
            organiser: scope.organiser(),
            kind: EMERGENCY_OPENING,
            target: account.uuid(),
            payload: serde_json::json!({ "emergencyOpeningId": id.uuid() }).to_string(),
        };
        enqueue(tx, message);
    }
    Ok(entered)
}

/// Holds an opening.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, id: EmergencyOpeningId) -> Result<(), Error> {
    tx.lock::<EmergencyOpeningRow>(&[Uid::of(id)])
}

/// Saves what came of looking into it.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<EmergencyOpeningId, EmergencyOpening>,
    after: &EmergencyOpening,
) -> Result<Saved<EmergencyOpeningId, EmergencyOpening>, Error> {
    value_row::update::<EmergencyOpeningRow>(tx, scope, before, after)
}

/// Whether the person is protected and within reach.
///
/// # Errors
/// A failure of the database.
pub fn is_needed(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    person: PersonId,
) -> Result<bool, Error> {
    let found: Option<bool> = persons::table
        .filter(reach::protected_persons_too(scope))
        .filter(persons::id.eq(Uid::of(person)))
        .select(persons::is_protected)
        .first(connection)
        .optional()?;
    Ok(found == Some(true))
}

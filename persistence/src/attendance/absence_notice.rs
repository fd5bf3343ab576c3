//! Notices of absence to those at home.

use chrono::NaiveDate;
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    attendance::AbsenceNotice,
    id::{AbsenceNoticeId, Id, PersonId},
    person::{PersonName, relation::Right},
};

use super::named::{NameColumns, met, name_columns};
use crate::{
    Saved,
    core::{
        connection::{DatabaseConnection, MultiBackend},
        error::Error,
        outbox::{Message, enqueue},
        page::{Cursor, Page, PageRequest, date, instant, instant_key, keyset},
        reach,
        record::record,
        tx::Tx,
        types::{Json, Ts, Uid},
        value_row::{self, ValueRow, all_saved, saved},
    },
    schema::{absence_notices, persons},
};

record! {
    /// A notice's row.
    pub(crate) struct AbsenceNoticeRow in absence_notices as "absence notice" {
        person_id: Uid,
        day: NaiveDate,
        to_id: Uid,
        corrected_at: Option<Ts>,
        receipt_at: Option<Ts>,
    }
}

/// The kind of an outbox message that tells somebody of a notice, whatever channel then carries it. Its payload names
/// the notice, by its id alone; the target is the person who is told.
pub const NOTICE: &str = "absence-notice";
/// The same, of a correction.
pub const CORRECTION: &str = "absence-correction";

/// What a list of notices is sorted by.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum NoticeSort {
    /// The day.
    #[default]
    Day,
    /// When it was changed last.
    ModifiedAt,
}

/// A notice, with the pupil's name.
#[derive(Clone, Debug)]
pub struct NoticeView {
    /// The notice.
    pub saved: Saved<AbsenceNoticeId, AbsenceNotice>,
    /// The pupil's name.
    pub name: PersonName,
}

/// Notices with the pupils of whom they are.
#[diesel::dsl::auto_type]
fn joined() -> _ {
    let with_person = absence_notices::organiser_id
        .eq(persons::organiser_id)
        .and(absence_notices::person_id.eq(persons::id));
    absence_notices::table.inner_join(persons::table.on(with_person))
}

type Joined<'a> = diesel::dsl::IntoBoxed<'a, joined, MultiBackend>;
type ViewRow = (AbsenceNoticeRow, (NameColumns, Option<Json>));

/// The notices to the caller, of those over whom they have the right to receive notices today.
fn own<'a>(scope: &Scope, me: PersonId) -> Joined<'a> {
    joined()
        .into_boxed()
        .filter(absence_notices::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(absence_notices::to_id.eq(Uid::of(me)))
        .filter(absence_notices::withdrawn_at.is_null())
        .filter(reach::wards_with(scope, Right::ReceiveNotices))
}

fn view(scope: &Scope, (row, (name, _)): ViewRow) -> Result<NoticeView, Error> {
    // Who is told of a protected pupil is cleared to know of them.
    let name = met(scope, row.person_id, (name, None))?;
    Ok(NoticeView { saved: saved(row)?, name })
}

/// One notice to the caller.
///
/// # Errors
/// A failure of the database.
pub fn find_own(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: AbsenceNoticeId,
) -> Result<Option<NoticeView>, Error> {
    let Some(me) = scope.person() else { return Ok(None) };
    let row: Option<ViewRow> = own(scope, me)
        .filter(absence_notices::id.eq(Uid::of(id)))
        .select((AbsenceNoticeRow::as_select(), name_columns!(connection)))
        .first(connection)
        .optional()?;
    row.map(|row| view(scope, row)).transpose()
}

/// One page of the notices to the caller.
///
/// # Errors
/// A failure of the database.
pub fn list_own(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    request: &PageRequest<NoticeSort>,
) -> Result<Page<NoticeView>, Error> {
    let Some(me) = scope.person() else { return Ok(Page { items: Vec::new(), next: None, as_of: None }) };
    let mut query = own(scope, me);
    if let Some(after) = request.modified_after {
        query = query.filter(absence_notices::modified_at.gt(Ts::of(after)));
    }
    let query = match request.sort {
        NoticeSort::Day => keyset!(query, request, absence_notices::day, absence_notices::id, date),
        NoticeSort::ModifiedAt => {
            keyset!(query, request, absence_notices::modified_at, absence_notices::id, instant)
        }
    };
    let rows: Vec<ViewRow> =
        query.select((AbsenceNoticeRow::as_select(), name_columns!(connection))).load(connection)?;
    let cursor = |(row, _): &ViewRow| Cursor {
        key: match request.sort {
            NoticeSort::Day => row.day.to_string(),
            NoticeSort::ModifiedAt => instant_key(row.modified_at),
        },
        id: row.id.0,
    };
    Page::cut(rows, request.limit, cursor).try_map(|row| view(scope, row))
}

/// The notices of a day about the persons: for the program's own decisions, shown to nobody.
///
/// # Errors
/// A failure of the database.
pub fn of_day(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    of: &[PersonId],
    day: NaiveDate,
) -> Result<Vec<Saved<AbsenceNoticeId, AbsenceNotice>>, Error> {
    let of: Vec<Uid> = of.iter().copied().map(Uid::of).collect();
    let rows: Vec<AbsenceNoticeRow> = absence_notices::table
        .filter(absence_notices::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(absence_notices::person_id.eq_any(of))
        .filter(absence_notices::day.eq(day))
        .filter(absence_notices::withdrawn_at.is_null())
        .order(absence_notices::id)
        .select(AbsenceNoticeRow::as_select())
        .load(connection)?;
    all_saved(rows)
}

fn message(tx: &mut Tx<'_>, scope: &Scope, kind: &'static str, id: Uid, to: PersonId) {
    let message = Message {
        id: tx.fresh().0,
        organiser: scope.organiser(),
        kind,
        target: to.uuid(),
        payload: serde_json::json!({ "noticeId": id.0 }).to_string(),
    };
    enqueue(tx, message);
}

/// Enters notices, and a message for each, which leaves if the transaction commits. The id follows from whom, when and
/// to whom, so that there cannot be two.
///
/// # Errors
/// A failure of the database.
pub fn insert_many(tx: &mut Tx<'_>, scope: &Scope, new: &[AbsenceNotice]) -> Result<(), Error> {
    let mut rows = Vec::with_capacity(new.len());
    for notice in new {
        let words = [notice.day.to_string().into_bytes(), notice.to.uuid().as_bytes().to_vec()];
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        let id = Uid::derived("absence_notices", Uid::of(notice.person), &words);
        message(tx, scope, NOTICE, id, notice.to);
        rows.push((id.to(), *notice));
    }
    value_row::insert_many::<AbsenceNoticeRow>(tx, scope, &rows).map(drop)
}

/// Saves corrections, and a message for each of those to whom it is sent.
///
/// # Errors
/// [`Error::Stale`] when one has changed meanwhile; a failure of the database.
pub fn correct_many(
    tx: &mut Tx<'_>,
    scope: &Scope,
    changes: &[(Saved<AbsenceNoticeId, AbsenceNotice>, AbsenceNotice)],
    sent: impl Fn(&AbsenceNotice) -> bool,
) -> Result<(), Error> {
    for (before, after) in changes {
        if sent(after) {
            message(tx, scope, CORRECTION, Uid::of(before.id), after.to);
        }
    }
    value_row::update_many::<AbsenceNoticeRow>(tx, scope, changes).map(drop)
}

/// Saves a new state of a notice, as the next version after `before`.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn update(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &Saved<AbsenceNoticeId, AbsenceNotice>,
    notice: &AbsenceNotice,
) -> Result<Saved<AbsenceNoticeId, AbsenceNotice>, Error> {
    value_row::update::<AbsenceNoticeRow>(tx, scope, before, notice)
}

/// Holds a notice until the end of the transaction.
///
/// # Errors
/// A failure of the database.
pub fn lock(tx: &mut Tx<'_>, id: AbsenceNoticeId) -> Result<(), Error> {
    tx.lock_in("absence_notices", &[Uid::of(id)])
}

impl ValueRow for AbsenceNoticeRow {
    type Id = AbsenceNoticeId;
    type Value = AbsenceNotice;

    fn of(organiser_id: Uid, id: Uid, now: Ts, notice: &AbsenceNotice) -> Self {
        let AbsenceNotice { person, day, to, corrected_at, receipt_at } = notice;
        Self {
            organiser_id,
            id,
            version: 1,
            created_at: now,
            modified_at: now,
            withdrawn_at: None,
            person_id: Uid::of(*person),
            day: *day,
            to_id: Uid::of(*to),
            corrected_at: corrected_at.map(Ts::of),
            receipt_at: receipt_at.map(Ts::of),
        }
    }

    fn into_value(self) -> Result<AbsenceNotice, Error> {
        let Self {
            organiser_id: _,
            id: _,
            version: _,
            created_at: _,
            modified_at: _,
            withdrawn_at: _,
            person_id,
            day,
            to_id,
            corrected_at,
            receipt_at,
        } = self;
        Ok(AbsenceNotice {
            person: person_id.to(),
            day,
            to: to_id.to(),
            corrected_at: corrected_at.map(|at| at.0),
            receipt_at: receipt_at.map(|at| at.0),
        })
    }
}

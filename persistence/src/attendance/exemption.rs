//! Exemptions from lessons.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use skolhus_domain::{
    access::Scope,
    attendance::Exemption,
    id::{AttendanceExemptionId, Id, LessonId, PersonId},
    participation::Reason,
    person::PersonName,
    refusal::Refusal,
};

use super::named::{NameColumns, named};
use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        reach,
        record::record,
        shown_name,
        tx::Tx,
        types::{Json, Uid},
    },
    schema::{attendance_exemptions, course_offerings, lessons, persons},
};

record! {
    /// An exemption's row.
    pub(super) struct ExemptionRow in attendance_exemptions as "attendance exemption" {
        lesson_id: Uid,
        person_id: Uid,
        reason: String,
    }
}

/// The row of a person in a lesson, exempted now or once.
#[derive(Clone, Debug)]
pub struct Known(ExemptionRow);

/// An exemption as it is shown.
#[derive(Clone, Debug)]
pub struct ExemptionView {
    /// The row.
    pub id: AttendanceExemptionId,
    /// Its version.
    pub version: i64,
    /// When it was first entered.
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    pub modified_at: DateTime<Utc>,
    /// The exemption.
    pub exemption: Exemption,
    /// The name under which the caller meets the person.
    pub name: PersonName,
}

impl Known {
    /// Whether it holds; else it was taken back.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.0.withdrawn_at.is_none()
    }

    /// The version while it holds; 0 where nobody is exempted.
    #[must_use]
    pub fn version(&self) -> i64 {
        if self.holds() { self.0.version } else { 0 }
    }

    /// Whether it holds for the same reason.
    #[must_use]
    pub fn says(&self, exemption: &Exemption) -> bool {
        self.holds() && self.0.reason == exemption.reason.as_str()
    }
}

fn exemption(row: &ExemptionRow) -> Result<Exemption, Error> {
    let reason = Reason::new(&row.reason).map_err(|refusal: Refusal| Error::Inconsistent {
        table: "attendance_exemptions",
        id: row.id.0.to_string(),
        detail: format!("{:?}", refusal.rule),
    })?;
    Ok(Exemption { lesson: row.lesson_id.to(), person: row.person_id.to(), reason })
}

type ViewRow = (ExemptionRow, NameColumns, Option<Json>, String);

/// Who is exempted from a lesson that the caller takes, by name; of protected persons only those whom the caller meets
/// there. One statement.
///
/// # Errors
/// A failure of the database.
pub fn of_lesson(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    lesson: LessonId,
    only: Option<PersonId>,
) -> Result<Vec<ExemptionView>, Error> {
    let postgres = connection.is_postgres();
    let mut query = attendance_exemptions::table
        .inner_join(
            lessons::table.on(lessons::organiser_id
                .eq(attendance_exemptions::organiser_id)
                .and(lessons::id.eq(attendance_exemptions::lesson_id))),
        )
        .inner_join(
            course_offerings::table.on(course_offerings::organiser_id
                .eq(lessons::organiser_id)
                .and(course_offerings::id.eq(lessons::offering_id))),
        )
        .inner_join(
            persons::table.on(persons::organiser_id
                .eq(attendance_exemptions::organiser_id)
                .and(persons::id.eq(attendance_exemptions::person_id))),
        )
        .filter(attendance_exemptions::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(attendance_exemptions::lesson_id.eq(Uid::of(lesson)))
        .filter(attendance_exemptions::withdrawn_at.is_null())
        .filter(reach::lessons_taught(scope))
        .filter(reach::persons_met_in_lessons(scope))
        .select((
            ExemptionRow::as_select(),
            (persons::given_name, persons::middle_name, persons::family_name, persons::preferred_given_name),
            shown_name::column(postgres),
            shown_name::sort_key(scope),
        ))
        .into_boxed();
    if let Some(only) = only {
        query = query.filter(attendance_exemptions::person_id.eq(Uid::of(only)));
    }
    let mut rows: Vec<ViewRow> = query.load(connection)?;
    rows.sort_by(|one, other| (&one.3, one.0.person_id).cmp(&(&other.3, other.0.person_id)));
    rows.into_iter().map(|row| view(scope, row)).collect()
}

fn view(scope: &Scope, (row, name, plan, _): ViewRow) -> Result<ExemptionView, Error> {
    let exemption = exemption(&row)?;
    let name = named(scope, exemption.person, name, plan)?;
    Ok(ExemptionView {
        id: row.id.to(),
        version: row.version,
        created_at: row.created_at.0,
        modified_at: row.modified_at.0,
        exemption,
        name,
    })
}

/// The row of a person in a lesson, whether it holds or was taken back; in a transaction that holds the lesson.
///
/// # Errors
/// A failure of the database.
pub fn known(
    tx: &mut Tx<'_>,
    scope: &Scope,
    lesson: LessonId,
    person: PersonId,
) -> Result<Option<Known>, Error> {
    let found = attendance_exemptions::table
        .filter(attendance_exemptions::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(attendance_exemptions::lesson_id.eq(Uid::of(lesson)))
        .filter(attendance_exemptions::person_id.eq(Uid::of(person)))
        // A merge may have brought another row along that was taken back.
        .order((attendance_exemptions::withdrawn_at.is_not_null(), attendance_exemptions::id))
        .select(ExemptionRow::as_select())
        .first(tx.connection())
        .optional()?;
    Ok(found.map(Known))
}

/// Saves an exemption: the first of the person in the lesson, or the next version of what is known.
///
/// # Errors
/// [`Error::Stale`] when it has changed meanwhile; a failure of the database.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: Option<Known>,
    exemption: &Exemption,
) -> Result<(), Error> {
    let (organiser, now) = (Uid::of(scope.organiser()), tx.now());
    let Exemption { lesson, person, reason } = exemption;
    let lesson = Uid::of(*lesson);
    let new = ExemptionRow {
        organiser_id: organiser,
        id: Uid::derived("attendance_exemptions", lesson, &[person.uuid().as_bytes()]),
        version: 1,
        created_at: now,
        modified_at: now,
        withdrawn_at: None,
        lesson_id: lesson,
        person_id: Uid::of(*person),
        reason: reason.as_str().to_owned(),
    };
    match before {
        None => tx.insert(&[new]),
        Some(Known(old)) => {
            let new = ExemptionRow { id: old.id, created_at: old.created_at, ..new };
            tx.update(&old, new).map(drop)
        }
    }
}

/// Takes an exemption back.
///
/// # Errors
/// As [`save`].
pub fn withdraw(tx: &mut Tx<'_>, before: Known) -> Result<(), Error> {
    let Known(old) = before;
    let new = ExemptionRow { withdrawn_at: Some(tx.now()), ..old.clone() };
    tx.update(&old, new).map(drop)
}

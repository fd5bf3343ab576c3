//! A class saved: the register's row and a row for each person, as the server writes them, and nothing else.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use skolhus_domain::attendance::{Mark, MarkCode, Missed};
use uuid::Uuid;

use crate::{
    Failure,
    data::{Columns, mark_id},
};

/// What is saved.
#[derive(Deserialize)]
pub struct Save {
    marks: Vec<NewMark>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewMark {
    person_id: Uuid,
    kind: String,
    #[serde(default)]
    late_minutes: u32,
}

/// The answer.
#[derive(Serialize)]
pub struct Saved {
    pub version: i64,
}

/// A row of what is registered.
pub struct Row {
    pub id: Uuid,
    pub person: Uuid,
    pub columns: Columns,
}

impl Save {
    /// The rows in a lesson.
    pub fn rows(&self, lesson: Uuid) -> Result<Vec<Row>, Failure> {
        let row = |new: &NewMark| {
            let code = MarkCode::from_code(&new.kind).map_err(|_| "no such mark")?;
            let missed = Missed::registered(new.late_minutes, 0, false).map_err(|_| "too late")?;
            let columns = Columns::of(Mark::kept(code, missed));
            Ok(Row { id: mark_id(lesson, new.person_id), person: new.person_id, columns })
        };
        self.marks.iter().map(row).collect()
    }
}

/// The register. The parameters: organiser, lesson, now, account.
pub const REGISTER: &str = "INSERT INTO attendance_registers (organiser_id, id, version, created_at, modified_at, withdrawn_at, \
     state, registered_by_id, closed_at, closed_by_id) VALUES ($1, $2, 1, $3, $3, NULL, 'open', $4, NULL, NULL) \
     ON CONFLICT (organiser_id, id) DO UPDATE SET version = attendance_registers.version + 1, \
     modified_at = excluded.modified_at, withdrawn_at = excluded.withdrawn_at, state = excluded.state, \
     registered_by_id = excluded.registered_by_id, closed_at = excluded.closed_at, \
     closed_by_id = excluded.closed_by_id RETURNING version";

const COLUMNS: &str = "(organiser_id, id, version, created_at, modified_at, withdrawn_at, lesson_id, person_id, mark, \
     late_minutes, left_early_minutes, missed_authorised, present_minutes, authorised_minutes, unauthorised_minutes, \
     other_minutes, ground, ground_id, decided_reason, registered_by_id)";

const REPLACE: &str = "ON CONFLICT (organiser_id, id) DO UPDATE SET version = attendances.version + 1, \
     modified_at = excluded.modified_at, withdrawn_at = excluded.withdrawn_at, mark = excluded.mark, \
     late_minutes = excluded.late_minutes, left_early_minutes = excluded.left_early_minutes, \
     missed_authorised = excluded.missed_authorised, present_minutes = excluded.present_minutes, \
     authorised_minutes = excluded.authorised_minutes, unauthorised_minutes = excluded.unauthorised_minutes, \
     other_minutes = excluded.other_minutes, ground = excluded.ground, ground_id = excluded.ground_id, \
     decided_reason = excluded.decided_reason, registered_by_id = excluded.registered_by_id";

/// So many rows, as SQLite takes them. The parameters: organiser, lesson, now, account, and for each row what
/// [`postgres`] takes in lists.
pub fn sqlite(rows: usize) -> String {
    let mut text = format!("INSERT INTO attendances {COLUMNS} VALUES ");
    for row in 0..rows {
        let mut own = (5 + row * OWN..).take(OWN).map(|number| format!("?{number}"));
        let id = own.next().unwrap_or_default();
        let rest = own.collect::<Vec<_>>().join(", ");
        let comma = if row == 0 { "" } else { ", " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{comma}(?1, {id}, 1, ?3, ?3, NULL, ?2, {rest}, NULL, NULL, NULL, ?4)");
    }
    format!("{text} {REPLACE}")
}

/// Parameters that each row has for itself.
const OWN: usize = 10;

/// As PostgreSQL takes it: any number of rows, a list for each column. The parameters: organiser, lesson, now, account,
/// and the lists of ids, persons, marks, minutes late and left early, whether authorised, and the four of the ledger.
pub fn postgres() -> String {
    format!(
        "INSERT INTO attendances {COLUMNS} SELECT $1::uuid, u.id, 1, $3::timestamptz, $3::timestamptz, NULL, $2::uuid, \
         u.person, u.mark, u.late, u.left_early, u.missed_authorised, u.present, u.authorised, u.unauthorised, u.other, NULL, NULL, NULL, $4::uuid \
         FROM UNNEST($5::uuid[], $6::uuid[], $7::text[], $8::int4[], $9::int4[], $10::bool[], $11::int4[], $12::int4[], \
         $13::int4[], $14::int4[]) \
         AS u (id, person, mark, late, left_early, missed_authorised, present, authorised, unauthorised, other) {REPLACE}"
    )
}

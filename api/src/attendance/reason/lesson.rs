//! Absence from a lesson that can be explained.

use skolhus_domain::{
    access::Scope,
    attendance::ReasonAbout,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, attendance::register};

use super::{
    super::one_mark::{MarkId, found},
    stated::Absence,
};
use crate::http::problem::Problem;

/// The person in the register of a lesson that the caller takes, and whether they missed anything of it. The lesson is
/// held.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn absence(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: MarkId,
) -> Result<(Absence, Result<(), Refusal>), Problem> {
    register::lock(tx, id.lesson)?;
    let (sheet, of) = found(tx.connection(), scope, id)?;
    let admitted = match sheet.register.marks.get(&id.person) {
        Some(registered) => registered.admit_reason(),
        None => Err(Refusal::new(Rule::State, "nothing is registered of the person")),
    };
    let about = ReasonAbout::Lesson(id.lesson);
    Ok((Absence { person: id.person, name: of.name, about, day: sheet.lesson.time.day() }, admitted))
}

//! What follows for those at home when a lesson's register is closed.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use skolhus_domain::{
    access::Scope,
    attendance::{AbsenceCase, AbsenceNotice, DutyRow, HomeFacts, SAME_DAY_DUTIES, has_duty, home_steps},
    id::{LessonId, PersonId},
    person::relation::Right,
};
use skolhus_persistence::{
    Error, Tx,
    attendance::{absence_case, absence_notice, home},
    person::relation,
};

/// Sees to it that those at home are told, in the transaction that closes the register of a lesson or changes a closed
/// one: notices, corrections, cases. A fixed number of statements; one where nobody was away unauthorised.
///
/// It decides about everybody in the register, whoever closes it, and shows nothing.
///
/// # Errors
/// A failure of the database.
pub fn see_to(tx: &mut Tx<'_>, scope: &Scope, lesson: LessonId) -> Result<(), Error> {
    let Some((_, pupils)) = concerned(tx, scope, lesson)? else { return Ok(()) };
    let of: Vec<PersonId> = pupils.iter().map(|(pupil, _)| pupil.person).collect();
    home::lock(tx, &of)?;
    // Another lesson of the day may have been closed while they were waited for.
    let Some((day, pupils)) = concerned(tx, scope, lesson)? else { return Ok(()) };
    let relations = relation::over_persons(tx.connection(), scope, &of)?;
    let told = absence_notice::of_day(tx.connection(), scope, &of, day)?;
    let known = absence_case::of_day(tx.connection(), scope, &of, day)?;

    let (mut new, mut corrected, mut sent, mut cases) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (pupil, is_duty) in &pupils {
        let may_be_told: Vec<PersonId> = relations
            .iter()
            .filter(|view| view.saved.value.person == pupil.person)
            .filter(|view| view.rights_on(scope.today()).has(Right::ReceiveNotices))
            .map(|view| view.saved.value.relative)
            .collect();
        let mine: BTreeMap<PersonId, _> = told
            .iter()
            .filter(|notice| notice.value.person == pupil.person)
            .map(|notice| (notice.value.to, notice))
            .collect();
        let notices: Vec<AbsenceNotice> = mine.values().map(|notice| notice.value).collect();
        let case = known.iter().find(|case| case.value.person == pupil.person);
        let facts = HomeFacts {
            person: pupil.person,
            day,
            is_duty: *is_duty,
            is_protected: pupil.is_protected,
            unauthorised: pupil.unauthorised,
            of_the_day: pupil.of_the_day,
            may_be_told: &may_be_told,
            notices: &notices,
            case: case.map(|case| case.value),
        };
        let steps = home_steps(&facts, scope.now());
        new.extend(steps.notices);
        for notice in steps.corrected {
            if let Some(before) = mine.get(&notice.to) {
                corrected.push(((*before).clone(), notice));
            }
        }
        sent.extend(steps.corrections_to.into_iter().map(|to| (pupil.person, to)));
        let becomes = |after: AbsenceCase| (case.cloned(), after);
        cases.extend(steps.case.map(becomes));
    }
    absence_notice::insert_many(tx, scope, &new)?;
    absence_notice::correct_many(tx, scope, &corrected, |notice| sent.contains(&(notice.person, notice.to)))?;
    absence_case::save_many(tx, scope, &cases)
}

/// A pupil of whom something may follow, and whether the duty holds for them.
type Concerned = (home::Pupil, bool);

/// The day of a lesson, and the pupils of whom something may follow; none where there are none.
fn concerned(
    tx: &mut Tx<'_>,
    scope: &Scope,
    lesson: LessonId,
) -> Result<Option<(NaiveDate, Vec<Concerned>)>, Error> {
    let Some(home::LessonDay { day, pupils }) = home::pupils(tx.connection(), scope, lesson)? else {
        return Ok(None);
    };
    let duties: Vec<DutyRow> = SAME_DAY_DUTIES.iter().filter_map(|seed| seed.row().ok()).collect();
    let mut concerned = Vec::with_capacity(pupils.len());
    for pupil in pupils {
        let holds = |school_type: &String| has_duty(&duties, Some(school_type), false, pupil.birth_date, day);
        let is_duty = pupil.school_types.iter().any(holds);
        if is_duty || pupil.is_told {
            concerned.push((pupil, is_duty));
        }
    }
    Ok(if concerned.is_empty() { None } else { Some((day, concerned)) })
}

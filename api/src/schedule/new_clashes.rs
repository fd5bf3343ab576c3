//! What a change of lessons makes of clashes: it is refused, or its answer tells, as the organiser has decided.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use skolhus_domain::{
    access::Scope,
    id::LessonId,
    instant::wall_clock,
    refusal::{Refusal, Rule},
    schedule::{ClashKind, ClashRule, Lesson, LessonTime},
};
use skolhus_persistence::{
    Tx,
    schedule::{
        clash::{self, ClashOver, ClashView, ClashingLesson},
        lesson::LessonView,
        setting,
    },
};

use super::clash_document::ClashDocument;
use crate::http::{catalogue::Code, problem::Problem};

/// The most clashes that an answer names; how many there are is told beside them.
pub(super) const MOST_NAMED: usize = 20;

/// The clashes that a change made and was not refused for.
pub(super) struct NewClashes {
    /// The first ones, in the order of time.
    pub(super) named: Vec<ClashDocument>,
    /// How many there are.
    pub(super) count: u32,
}

impl NewClashes {
    /// The change was none that could make any.
    pub(super) const NONE: Self = Self { named: Vec::new(), count: 0 };
}

/// Whether a lesson takes up other time, rooms or staff than before: else it clashes with nothing anew.
pub(super) fn takes_up_more(before: &Lesson, after: &Lesson) -> bool {
    let takes = |lesson: &Lesson| (lesson.time, lesson.is_held(), lesson.rooms.clone(), lesson.staff.clone());
    after.is_held() && takes(before) != takes(after)
}

/// Looks what clashes a change has made. The lessons are saved by now, and nothing is saved where one of the clashes is of
/// a kind that is refused. `changed` are those that were made or moved, `before` those that were there, as they were; `place`
/// says where in the request stands what makes a lesson clash over something.
///
/// # Errors
/// [`Code::LessonClash`]; a failure of the database.
pub(super) fn new_clashes(
    tx: &mut Tx<'_>,
    scope: &Scope,
    before: &[LessonView],
    changed: &BTreeMap<LessonId, LessonTime>,
    place: impl Fn(LessonId, &ClashOver) -> String,
) -> Result<NewClashes, Problem> {
    if changed.is_empty() {
        return Ok(NewClashes::NONE);
    }
    let rules = setting::in_force(tx.connection(), scope)?;
    let kinds = rules.looked_for();
    if kinds.is_empty() {
        return Ok(NewClashes::NONE);
    }
    if rules.refuses_any() {
        setting::hold(tx, scope)?;
    }
    let made = clash::made(tx.connection(), scope, before, changed, &kinds)?;
    let is_refused = |clash: &ClashView| rules.about(clash.over.kind()) == ClashRule::Refused;
    let (refused, told): (Vec<ClashView>, Vec<ClashView>) = made.into_iter().partition(is_refused);
    if !refused.is_empty() {
        return Err(problem(&refused, |id| changed.contains_key(&id), place));
    }
    let count = u32::try_from(told.len()).unwrap_or(u32::MAX);
    let named = told.into_iter().take(MOST_NAMED).map(|clash| ClashDocument::of(clash, scope));
    Ok(NewClashes { named: named.collect(), count })
}

/// Why nothing is saved: each room and each teacher with the lesson that they are in, and how many participants.
fn problem(
    refused: &[ClashView],
    is_changed: impl Fn(LessonId) -> bool,
    place: impl Fn(LessonId, &ClashOver) -> String,
) -> Problem {
    let mut participants: BTreeMap<(LessonId, LessonId), usize> = BTreeMap::new();
    for clash in refused.iter().filter(|clash| clash.over.kind() == ClashKind::Participant) {
        *participants.entry((clash.earlier.id, clash.later.id)).or_default() += 1;
    }
    let mut errors = Vec::new();
    for clash in refused {
        let (mine, other) = if is_changed(clash.earlier.id) {
            (&clash.earlier, &clash.later)
        } else {
            (&clash.later, &clash.earlier)
        };
        let what = match &clash.over {
            ClashOver::Room(room) => format!("{} is taken", room.name),
            ClashOver::Teacher { .. } => "a teacher takes another lesson".to_owned(),
            // Once for all of them: who they are does not belong in an error.
            ClashOver::Participant { .. } => match participants.remove(&(clash.earlier.id, clash.later.id)) {
                Some(1) => "1 participant is expected elsewhere".to_owned(),
                Some(many) => format!("{many} participants are expected elsewhere"),
                None => continue,
            },
        };
        let refusal = Refusal::new(Rule::Overlap, format!("{what}: {}", named(other)));
        errors.push(refusal.at(&place(mine.id, &clash.over)));
    }
    let count = errors.len();
    errors.truncate(MOST_NAMED);
    let more = match count - errors.len() {
        0 => String::new(),
        more => format!(" {more} more are not named."),
    };
    let detail = format!("Nothing was saved: each entry of errors names a clash with another lesson.{more}");
    Problem::new(Code::LessonClash).detail(detail).errors(errors)
}

/// The other lesson in words: of one out of reach only its time.
fn named(lesson: &ClashingLesson) -> String {
    let at = |instant: DateTime<Utc>| wall_clock(instant).format("%Y-%m-%d %H:%M");
    let time = format!("from {} to {}", at(lesson.time.from()), at(lesson.time.to()));
    if lesson.is_within_reach { format!("{}, {time}", lesson.offering_title) } else { time }
}

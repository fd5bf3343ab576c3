//! A lesson and its rules.

use chrono::NaiveDate;

use super::LessonTime;
use crate::code::coded;
use crate::course::Offering;
use crate::duty::Duty;
use crate::id::{DutyId, LessonSeriesId, OfferingId, RoomId};
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

coded! {
    /// Whether a lesson is held.
    LessonStateCode("state of a lesson") {
        /// It is planned, or was held.
        Planned = "planned",
        /// Inställd: it is not held, and counts in no statistics.
        Cancelled = "cancelled",
    }
}

coded! {
    /// What is different for a member of staff in one lesson.
    StandIn("part in a lesson") {
        /// One of the offering's teachers, who is away from this lesson.
        Away = "away",
        /// Vikarie: takes this lesson and its attendance, and no other.
        Substitute = "substitute",
        /// Comes in addition to the offering's teachers.
        Additional = "additional",
    }
}

/// Whether a lesson is held.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum LessonState {
    /// It is planned, or was held.
    Planned,
    /// It is not held, for this reason, 1 to 500 characters.
    Cancelled(Text),
}

impl LessonState {
    /// Its code.
    #[must_use]
    pub fn code(&self) -> LessonStateCode {
        match self {
            Self::Planned => LessonStateCode::Planned,
            Self::Cancelled(_) => LessonStateCode::Cancelled,
        }
    }
}

/// Which one of a series a lesson is: the series' slot in a week. It stays when the lesson is moved.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Occurrence {
    /// The series.
    pub series: LessonSeriesId,
    /// The Monday of the week.
    pub week: NaiveDate,
    /// The number of the slot in the pattern.
    pub slot: u8,
}

/// What is different for one member of staff in one lesson.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Stand {
    /// The duty: the person at the school unit.
    pub duty: DutyId,
    /// What is different.
    pub part: StandIn,
}

/// A lesson (lektion) of an offering.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lesson {
    /// Of what.
    pub offering: OfferingId,
    /// Which one of a series, where it comes from one.
    pub occurrence: Option<Occurrence>,
    /// When.
    pub time: LessonTime,
    /// Whether it is held.
    pub state: LessonState,
    /// What it is about, where that is said: 1 to 200 characters.
    pub title: Option<Text>,
    /// The rooms and resources it takes up, each once, in the order of their ids.
    pub rooms: Vec<RoomId>,
    /// What differs from the offering's teachers, each duty once, in the order of their ids.
    pub staff: Vec<Stand>,
}

impl Lesson {
    /// Whether it is held, or will be.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.state == LessonState::Planned
    }

    /// Calls it off.
    ///
    /// # Errors
    /// [`Rule::State`] when it is cancelled already; at `/reason`.
    pub fn cancel(self, reason: &str) -> Result<Self, Refusal> {
        if !self.is_held() {
            return Err(Refusal::new(Rule::State, "the lesson is cancelled already"));
        }
        let reason = Text::line(reason, 500).map_err(|refusal| refusal.at("/reason"))?;
        Ok(Self { state: LessonState::Cancelled(reason), ..self })
    }

    /// Puts it back into the schedule.
    ///
    /// # Errors
    /// [`Rule::State`] when it is not cancelled.
    pub fn reinstate(self) -> Result<Self, Refusal> {
        if self.is_held() {
            return Err(Refusal::new(Rule::State, "the lesson is not cancelled"));
        }
        Ok(Self { state: LessonState::Planned, ..self })
    }
}

/// A lesson as someone enters it.
#[derive(Clone, Copy, Debug)]
pub struct NewLesson<'a> {
    /// Of what.
    pub offering: OfferingId,
    /// When.
    pub time: LessonTime,
    /// What it is about, 1 to 200 characters.
    pub title: Option<&'a str>,
    /// Rooms and resources.
    pub rooms: &'a [RoomId],
    /// What differs from the offering's teachers.
    pub staff: &'a [NewStand<'a>],
}

/// What differs for one member of staff, as someone enters it.
#[derive(Clone, Copy, Debug)]
pub struct NewStand<'a> {
    /// The duty.
    pub duty: DutyId,
    /// A code of [`StandIn`].
    pub part: &'a str,
    /// What is known of the duty.
    pub known: Known<'a>,
}

/// What is known of a duty that is named in a lesson.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// It stands in the lesson already, and may stay, whoever's it is.
    Standing,
    /// It is within reach.
    Found(&'a Duty),
    /// There is none within reach.
    Nothing,
}

impl NewLesson<'_> {
    /// Checks every field against the offering. That the rooms exist is checked before.
    ///
    /// # Errors
    /// At `/startsAt` ([`Rule::OutsidePeriod`]), `/title`, `/roomIds/N` and `/staff/N/…`.
    pub fn validate(self, offering: &Offering) -> Result<Lesson, Refusals> {
        let Self { offering: offering_id, time, title, rooms, staff } = self;
        let mut refusals = Refusals::default();
        refusals.note("/startsAt", offering.period.admit("the offering", time.day()));
        let title = refusals.note("/title", title.map(|title| Text::line(title, 200)).transpose());
        let rooms = each_once(rooms, "/roomIds", &mut refusals);
        let mut stands: Vec<Stand> = Vec::with_capacity(staff.len());
        for (place, NewStand { duty, part, known }) in staff.iter().enumerate() {
            let at = format!("/staff/{place}");
            let part = refusals.note(&format!("{at}/part"), StandIn::from_code(part));
            refusals.note(&at, at_work(*known, offering, time.day()));
            if let Some(part) = part {
                let stand = Stand { duty: *duty, part };
                refusals.note(&at, no_doubled_duty(&stand, &stands));
                stands.push(stand);
            }
        }
        stands.sort_unstable();
        match (title, refusals.finish()) {
            (Some(title), Ok(())) => Ok(Lesson {
                offering: offering_id,
                occurrence: None,
                time,
                state: LessonState::Planned,
                title,
                rooms,
                staff: stands,
            }),
            (_, finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// Ids in their order; one that is there twice is refused.
pub(super) fn each_once<I: Copy + Ord>(ids: &[I], at: &str, refusals: &mut Refusals) -> Vec<I> {
    let mut seen: Vec<I> = Vec::with_capacity(ids.len());
    for (place, id) in ids.iter().enumerate() {
        if seen.contains(id) {
            let refusal = Refusal::new(Rule::Duplicate, "is named twice").at(&format!("{at}/{place}"));
            refusals.0.push(refusal);
        } else {
            seen.push(*id);
        }
    }
    seen.sort_unstable();
    seen
}

/// The duty exists, is at the offering's school unit, and has not ended.
fn at_work(known: Known<'_>, offering: &Offering, day: NaiveDate) -> Result<(), Refusal> {
    let duty = match known {
        Known::Standing => return Ok(()),
        Known::Found(duty) => duty,
        Known::Nothing => {
            return Err(Refusal::new(Rule::UnknownReference, "there is no such duty").at("/dutyId"));
        }
    };
    if duty.school_unit != offering.school_unit {
        let detail = "the duty is at another school unit than the offering";
        return Err(Refusal::new(Rule::Conflict, detail).at("/dutyId"));
    }
    duty.period.admit("the duty", day).map_err(|refusal| refusal.at("/dutyId"))
}

/// Checks that a duty has one part in a lesson.
///
/// # Errors
/// [`Rule::Duplicate`] at `/dutyId`.
pub fn no_doubled_duty(stand: &Stand, others: &[Stand]) -> Result<(), Refusal> {
    if others.iter().any(|other| other.duty == stand.duty) {
        return Err(Refusal::new(Rule::Duplicate, "the duty is named twice").at("/dutyId"));
    }
    Ok(())
}

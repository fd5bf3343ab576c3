//! The turn of term (terminsskifte): what the next term begins with, made from the one that is ending.
//!
//! Offerings are copied, with their teachers, the groups that drive them, their weekly lessons and their parts;
//! participants go on; classes go up a year and their pupils with them. [`plan`] says what a turn would make and end,
//! and what stands in its way; it changes nothing. What is made is entered as it stands in the plan, so
//! that a preview and the act that follows it come to the same.
//!
//! A class that goes up is another group from then on: 7B of one school year and 8B of the next. So what
//! was said of 7B, its members and its mentors, stays true of the year it was said of. Who goes up gets
//! an enrolment for the next year in the same way, and the earlier one ends the day before.

mod classes;
mod copies;
mod facts;
mod lessons;
mod naming;
mod participants;
mod plan;
mod turn;

pub use classes::PlannedEnrolment;
pub use facts::TurnFacts;
pub use naming::{raised, titled};
pub use plan::{
    Continued, PlannedClass, PlannedCopy, PlannedGroup, PlannedMember, PlannedSeries, TurnCounts, TurnPlan,
    TurnWarning, plan,
};
pub use turn::{TermTurn, TermTurnState, TurnedAction};

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use crate::code::Code;
use crate::id::{GroupId, OfferingId, ParticipationId, SchoolUnitId, TermId};
use crate::organisation::Term;

/// What somebody asks of a turn.
#[derive(Clone, Debug)]
pub struct TurnRequest {
    /// The school unit whose term turns.
    pub school_unit: SchoolUnitId,
    /// The term that is ending.
    pub from: (TermId, Term),
    /// The terms that copies cover, at least one, by first day: the one that begins, and further ones.
    pub to: Vec<(TermId, Term)>,
    /// Which offerings are copied, and how; none: no offerings.
    pub copying: Option<Copying>,
    /// Which classes go up, and how; none: no classes.
    pub promotion: Option<Promotion>,
}

/// Which offerings are copied, and how.
#[derive(Clone, Debug)]
pub struct Copying {
    /// These; none: all that the unit holds in the term. Parts come with the offering they are part of.
    pub listed: Option<Vec<OfferingId>>,
    /// Not these, and not their parts.
    pub except: BTreeSet<OfferingId>,
    /// How titles are made, see [`titled`].
    pub title_pattern: String,
    /// Whether teachers go on teaching.
    pub teachers: bool,
    /// Whether groups go on driving.
    pub groups: bool,
    /// Whether weekly patterns of lessons go on.
    pub lessons: bool,
    /// Who goes on taking part.
    pub participants: Continuing,
    /// What is different for single offerings.
    pub changes: BTreeMap<OfferingId, CopyChange>,
}

/// Who goes on taking part in a copy. Whoever takes part by a group goes with the group.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Continuing {
    /// Everybody who takes part, or is to, on the last day.
    Active,
    /// These, each with its place in the request.
    Chosen(BTreeMap<ParticipationId, usize>),
    /// Nobody.
    Nobody,
}

/// What is different for one offering.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CopyChange {
    /// Its place in the request.
    pub place: usize,
    /// Another title.
    pub title: Option<String>,
    /// Another number of places.
    pub capacity: Option<u32>,
    /// Another first day.
    pub first_day: Option<NaiveDate>,
    /// Another last day.
    pub last_day: Option<NaiveDate>,
    /// Whether its teachers go on.
    pub teachers: Option<bool>,
    /// Whether its participants go on.
    pub participants: Option<bool>,
}

/// Which classes go up a year, and how.
#[derive(Clone, Debug)]
pub struct Promotion {
    /// These; none: all of the unit that exist on the term's last day.
    pub listed: Option<Vec<GroupId>>,
    /// Not these.
    pub except: BTreeSet<GroupId>,
    /// The last year of each school type. How many years a school type has is law, and law changes.
    pub highest_years: BTreeMap<Code, u8>,
    /// Names for single classes, each with its place in the request.
    pub names: BTreeMap<GroupId, (usize, String)>,
    /// The last day of the new classes; none: 52 weeks after that of the old one, if it has one.
    pub last_day: Option<NaiveDate>,
    /// The last day of those who leave the last year, and of their classes.
    pub leavers_last_day: NaiveDate,
    /// Whether an enrolment that ends with the term is followed by one for the next year, as where a
    /// school enters one for each school year. Else who has one leaves.
    pub renews_ended: bool,
    /// Whether mentors and others go on answering for the class.
    pub staff: bool,
}

#[cfg(test)]
mod tests;

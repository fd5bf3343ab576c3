//! What the register says about a turn.

use std::collections::{BTreeMap, BTreeSet};

use crate::code::{Code, CodeEntry, CourseType};
use crate::course::{Course, Offering, OfferingTeacher};
use crate::duty::Duty;
use crate::enrolment::Enrolment;
use crate::group::{Group, GroupAssignment, Membership};
use crate::id::{
    CourseId, DutyId, EnrolmentId, GroupId, LessonSeriesId, MembershipId, OfferingId, ParticipationId,
    PersonId, RoomId, SiteId, TermId,
};
use crate::organisation::Site;
use crate::participation::Participation;
use crate::period::Period;
use crate::schedule::LessonSeries;

/// What the register says about a turn. Persons with protected identity are in it, since they are pupils
/// like the others; `open` says of whom a warning may tell.
#[derive(Clone, Debug, Default)]
pub struct TurnFacts {
    /// The offerings of the unit that cover the term, those that are listed, and parts of both.
    pub offerings: BTreeMap<OfferingId, Offering>,
    /// Offerings of which others are parts, and that are not among them.
    pub outers: BTreeMap<OfferingId, Offering>,
    /// Copies that earlier turns to the same term made, by what they are copies of.
    pub copied: BTreeMap<OfferingId, (OfferingId, Offering)>,
    /// The courses offered.
    pub courses: BTreeMap<CourseId, Course>,
    /// The table of course types.
    pub course_types: Vec<CourseType>,
    /// The sites named.
    pub sites: BTreeMap<SiteId, Site>,
    /// Who teaches.
    pub teachers: BTreeMap<OfferingId, Vec<OfferingTeacher>>,
    /// The duties of those who teach or answer for a class.
    pub duties: BTreeMap<DutyId, Duty>,
    /// Those of them that may be told of.
    pub open_duties: BTreeSet<DutyId>,
    /// Which groups drive which offerings.
    pub drivers: Vec<(OfferingId, GroupId, Period)>,
    /// The weekly patterns of the offerings' lessons.
    pub series: BTreeMap<OfferingId, Vec<(LessonSeriesId, LessonSeries)>>,
    /// Those of their rooms that there are.
    pub rooms: BTreeSet<RoomId>,
    /// The days off of the next terms.
    pub days_off: BTreeMap<TermId, Vec<Period>>,
    /// Who takes part in the offerings, in those they are parts of, and in earlier copies of these.
    pub participations: Vec<(ParticipationId, Participation)>,
    /// The table of funding sources.
    pub funding: Vec<CodeEntry>,
    /// The groups of the unit that exist on the term's first day or later.
    pub groups: BTreeMap<GroupId, Group>,
    /// The groups that earlier turns to the same term made, by the class that went up.
    pub promoted: BTreeMap<GroupId, GroupId>,
    /// Who belongs to the groups that are classes or drive an offering.
    pub memberships: Vec<(MembershipId, Membership)>,
    /// Who answers for the classes.
    pub assignments: BTreeMap<GroupId, Vec<GroupAssignment>>,
    /// The unit's enrolments of everybody concerned.
    pub enrolments: Vec<(EnrolmentId, Enrolment)>,
    /// The table of school types.
    pub school_types: Vec<CodeEntry>,
    /// The school types of the unit.
    pub types_of_unit: Vec<Code>,
    /// Everybody concerned whose record stands.
    pub persons: BTreeSet<PersonId>,
    /// Those of them who may be told of.
    pub open: BTreeSet<PersonId>,
}

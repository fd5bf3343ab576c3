//! Entering what a plan says, a statement or two for each kind of record.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use skolhus_domain::{
    access::Scope,
    code::Code,
    course::{
        Offering, OfferingTeacher,
        term_turn::{
            Continued, PlannedClass, PlannedCopy, PlannedEnrolment, PlannedGroup, PlannedSeries, TurnPlan,
            TurnedAction,
        },
    },
    enrolment::Enrolment,
    group::{Group, GroupAssignment, Membership},
    id::{
        EnrolmentId, GroupId, Id, LessonId, LessonSeriesId, MembershipId, OfferingId, ParticipationId,
        TermTurnId,
    },
    participation::{NewParticipation, Origin, Participation},
    period::Period,
    schedule::{Lesson, LessonSeries},
};
use skolhus_persistence::{
    Saved, Tx,
    course::{
        offering, teacher,
        term_turn::{self, TurnedRecord},
    },
    enrolment,
    group::{
        assignment, group, membership,
        offering_group::{self, Driver},
    },
    participation,
    schedule::{lesson, series},
};
use uuid::Uuid;

use super::facts::Loaded;
use crate::{
    http::{catalogue, problem::Problem},
    participation::{keep_all_in_step, refuse},
};

/// Enters everything, lets participations follow, and keeps what was made.
///
/// # Errors
/// [`catalogue::Code::Conflict`] where a participation cannot follow; a failure of the database.
pub(super) fn carry_out(
    tx: &mut Tx<'_>,
    scope: &Scope,
    turn: TermTurnId,
    plan: &TurnPlan,
    loaded: &Loaded,
) -> Result<(), Problem> {
    let mut work = Work { tx, scope, loaded, records: Vec::new() };
    let classes = work.classes(&plan.classes)?;
    work.enrolments(&plan.enrolments)?;
    let made = work.offerings(&plan.offerings, &classes)?;
    let ended: Vec<GroupId> =
        plan.classes.iter().filter(|class| class.ends.is_some()).map(|class| class.source).collect();
    let driven = participation::offerings_driven_by(work.tx.connection(), scope, &ended)?;
    let touched: BTreeSet<OfferingId> = made.iter().copied().chain(driven).collect();
    let touched: Vec<OfferingId> = touched.into_iter().collect();
    refuse(keep_all_in_step(work.tx, scope, &touched)?, |_| "/offerings".to_owned())?;
    work.following(&made)?;
    let Work { tx, records, .. } = work;
    Ok(term_turn::keep(tx, scope, turn, &records)?)
}

struct Work<'w, 'c> {
    tx: &'w mut Tx<'c>,
    scope: &'w Scope,
    loaded: &'w Loaded,
    records: Vec<TurnedRecord>,
}

impl Work<'_, '_> {
    fn made(&mut self, entity: &'static str, record: Uuid, source: Option<Uuid>) {
        let action = TurnedAction::Made;
        self.records.push(TurnedRecord { entity, record, action, source, version: 1, former_last_day: None });
    }

    fn ended(&mut self, entity: &'static str, record: Uuid, version: i64, former: Option<NaiveDate>) {
        self.records.push(TurnedRecord {
            entity,
            record,
            action: TurnedAction::Ended,
            source: None,
            version,
            former_last_day: former,
        });
    }

    /// Ends classes and enters those of the next year with members and staff; the new ones by the old.
    fn classes(&mut self, classes: &[PlannedClass]) -> Result<BTreeMap<GroupId, (GroupId, Period)>, Problem> {
        let mut ends: Vec<(Saved<GroupId, Group>, Group)> = Vec::new();
        let mut new: Vec<(GroupId, Group)> = Vec::new();
        let mut members: Vec<(MembershipId, Membership)> = Vec::new();
        let mut staff: Vec<(GroupId, GroupAssignment)> = Vec::new();
        let mut next_of = BTreeMap::new();
        for class in classes {
            if let Some(shorter) = &class.ends {
                let before = self.loaded.groups.get(&class.source).ok_or_else(missing)?;
                ends.push((before.clone(), shorter.clone()));
            }
            let Some(next) = &class.next else { continue };
            let id: GroupId = self.tx.fresh_id();
            next_of.insert(class.source, (id, next.period));
            new.push((id, next.clone()));
            self.made("group", id.uuid(), Some(class.source.uuid()));
            for member in &class.members {
                let membership: MembershipId = self.tx.fresh_id();
                let period = Period::new(next.period.from(), None)?;
                members.push((membership, Membership { person: member.person, group: id, period }));
                self.made("group membership", membership.uuid(), Some(member.source.uuid()));
            }
            staff.extend(class.assignments.iter().map(|assignment| (id, assignment.clone())));
        }
        for saved in group::update_many(self.tx, self.scope, &ends)? {
            let former = self.loaded.groups.get(&saved.id).and_then(|before| before.value.period.to());
            self.ended("group", saved.id.uuid(), saved.version, former);
        }
        group::insert_many(self.tx, self.scope, &new)?;
        membership::insert_many(self.tx, self.scope, &members)?;
        for row in assignment::insert_many(self.tx, self.scope, &staff)? {
            self.made("group assignment", row, None);
        }
        Ok(next_of)
    }

    fn enrolments(&mut self, planned: &[PlannedEnrolment]) -> Result<(), Problem> {
        let mut ends: Vec<(Saved<EnrolmentId, Enrolment>, Enrolment)> = Vec::new();
        let mut new: Vec<(EnrolmentId, Enrolment)> = Vec::new();
        for planned in planned {
            if let Some(shorter) = &planned.ends {
                let before = self.loaded.enrolments.get(&planned.source).ok_or_else(missing)?;
                ends.push((before.clone(), shorter.clone()));
            }
            let Some(next) = &planned.next else { continue };
            let id: EnrolmentId = self.tx.fresh_id();
            new.push((id, next.clone()));
            self.made("enrolment", id.uuid(), Some(planned.source.uuid()));
        }
        for saved in enrolment::update_many(self.tx, self.scope, &ends)? {
            let former = self.loaded.enrolments.get(&saved.id).and_then(|before| before.value.period.to());
            self.ended("enrolment", saved.id.uuid(), saved.version, former);
        }
        enrolment::insert_many(self.tx, self.scope, &new)?;
        Ok(())
    }

    /// Enters the copies with terms, teachers, groups and those who go on directly.
    fn offerings(
        &mut self,
        copies: &[PlannedCopy],
        classes: &BTreeMap<GroupId, (GroupId, Period)>,
    ) -> Result<Vec<OfferingId>, Problem> {
        let mut copy_of: BTreeMap<OfferingId, OfferingId> = BTreeMap::new();
        let mut new: Vec<(OfferingId, Offering)> = Vec::with_capacity(copies.len());
        let mut teachers: Vec<(OfferingId, OfferingTeacher)> = Vec::new();
        let mut drivers: Vec<(OfferingId, Driver)> = Vec::new();
        let mut going: Vec<(ParticipationId, Participation)> = Vec::new();
        let mut patterns: Vec<(LessonSeriesId, LessonSeries)> = Vec::new();
        let mut lessons: Vec<(LessonId, Lesson)> = Vec::new();
        for planned in copies {
            let id: OfferingId = self.tx.fresh_id();
            copy_of.insert(planned.source, id);
            // What it is part of stands before it.
            let part_of = planned.copy.part_of.map(|outer| copy_of.get(&outer).copied().unwrap_or(outer));
            let copy = Offering { part_of, ..planned.copy.clone() };
            self.made("course offering", id.uuid(), Some(planned.source.uuid()));
            for term in &copy.terms {
                self.made("offering term", offering::term_row_id(id, *term), None);
            }
            for teacher in &planned.teachers {
                self.made("offering teacher", teacher::row_id(self.scope, id, teacher), None);
                teachers.push((id, teacher.clone()));
            }
            for (group, days) in &planned.groups {
                let group = match group {
                    PlannedGroup::Standing(group) => *group,
                    PlannedGroup::NextOf(class) => {
                        classes.get(class).map(|(id, _)| *id).ok_or_else(missing)?
                    }
                };
                drivers.push((id, Driver { group, from: days.from(), to: days.to() }));
            }
            for continued in &planned.participants {
                let participation = self.continued(continued, id, &copy)?;
                let fresh: ParticipationId = self.tx.fresh_id();
                self.made("participation", fresh.uuid(), Some(continued.source.uuid()));
                going.push((fresh, participation));
            }
            for PlannedSeries { source, series, lessons: planned } in &planned.series {
                let series_id: LessonSeriesId = self.tx.fresh_id();
                let series = LessonSeries { offering: id, ..series.clone() };
                self.made("lesson series", series_id.uuid(), Some(source.uuid()));
                lessons.extend(
                    planned.iter().map(|planned| (self.tx.fresh_id(), series.lesson(series_id, planned))),
                );
                patterns.push((series_id, series));
            }
            new.push((id, copy));
        }
        offering::insert_many(self.tx, self.scope, &new)?;
        teacher::insert_many(self.tx, self.scope, &teachers)?;
        for row in offering_group::insert_many(self.tx, self.scope, &drivers)? {
            self.made("offering group", row, None);
        }
        participation::insert_many(self.tx, self.scope, &going)?;
        series::insert_many(self.tx, self.scope, &patterns)?;
        lesson::insert_many(self.tx, self.scope, &lessons)?;
        for (id, lesson) in &lessons {
            self.made("lesson", id.uuid(), None);
            for room in &lesson.rooms {
                self.made("lesson room", lesson::room_row_id(*id, *room), None);
            }
        }
        Ok(new.into_iter().map(|(id, _)| id).collect())
    }

    fn continued(
        &self,
        continued: &Continued,
        id: OfferingId,
        copy: &Offering,
    ) -> Result<Participation, Problem> {
        let Continued { source: _, person, pace, funding } = continued;
        let new = NewParticipation {
            person: *person,
            offering: id,
            period: (copy.period.from(), copy.period.to()),
            pace_percent: Some(i32::from(pace.percent())),
            funding: funding.as_ref().map(Code::as_str),
        };
        Ok(new.validate(copy, &self.loaded.facts.funding, [])?)
    }

    /// What has come to follow groups in the copies belongs to the turn too.
    fn following(&mut self, copies: &[OfferingId]) -> Result<(), Problem> {
        for row in participation::all_in(self.tx.connection(), self.scope, copies, None)? {
            if row.value.origin() == Origin::Groups {
                self.made("participation", row.id.uuid(), None);
            }
        }
        Ok(())
    }
}

/// The plan was made from what is there.
fn missing() -> Problem {
    Problem::new(catalogue::Code::Internal)
}

//! What a turn would come to, as the interface shows it.

use chrono::NaiveDate;
use serde::Serialize;
use skolhus_domain::{
    course::term_turn::{PlannedClass, PlannedCopy, TurnCounts, TurnPlan, TurnWarning},
    id::Id,
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::fingerprint::Fingerprint;
use crate::http::problem::RefusedValue;

/// What a turn would come to. Warnings and refusals name places of this answer (`/offerings/3`,
/// `/classes/3`) or of the request (everything else).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TermTurnPreview {
    /// Whether it could be made as things are.
    #[schema(example = true)]
    pub possible: bool,
    /// What was seen, in short: the act is given it, and is refused where something has changed.
    #[schema(example = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    pub fingerprint: String,
    /// How much it would make and end.
    pub counts: TermTurnPreviewCounts,
    /// The copies, each after the one it is part of.
    pub offerings: Vec<TermTurnCopy>,
    /// The classes.
    pub classes: Vec<TermTurnClass>,
    /// What is left out, or should be looked at.
    pub warnings: Vec<TermTurnWarning>,
    /// What stands in the way of all of it.
    pub refusals: Vec<RefusedValue>,
}

/// How much a turn would make and end; everybody is counted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TermTurnPreviewCounts {
    /// Copies of offerings.
    #[schema(example = 120)]
    pub offerings: usize,
    /// Teachers in them.
    #[schema(example = 140)]
    pub teachers: usize,
    /// Groups that drive them.
    #[schema(example = 110)]
    pub driving_groups: usize,
    /// Weekly patterns of lessons.
    #[schema(example = 120)]
    pub lesson_series: usize,
    /// Lessons that they make.
    #[schema(example = 4200)]
    pub lessons: usize,
    /// Participations that go on directly.
    #[schema(example = 90)]
    pub participations: usize,
    /// Participations that follow groups.
    #[schema(example = 2900)]
    pub following: usize,
    /// New classes.
    #[schema(example = 28)]
    pub classes: usize,
    /// Members of them.
    #[schema(example = 710)]
    pub memberships: usize,
    /// Those who answer for them.
    #[schema(example = 50)]
    pub assignments: usize,
    /// Classes that get another last day.
    #[schema(example = 32)]
    pub classes_ended: usize,
    /// New enrolments.
    #[schema(example = 710)]
    pub enrolments: usize,
    /// Enrolments that get another last day.
    #[schema(example = 800)]
    pub enrolments_ended: usize,
}

/// A copy that a turn would make.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TermTurnCopy {
    /// The offering it is a copy of.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c5")]
    pub source_id: Uuid,
    /// Its title.
    #[schema(example = "Allmän kurs, inriktning miljö")]
    pub title: String,
    /// The terms it would cover.
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000d2"]))]
    pub term_ids: Vec<Uuid>,
    /// Its first day.
    #[schema(example = "2027-01-11")]
    pub first_day: NaiveDate,
    /// Its last day.
    #[schema(example = "2027-06-11")]
    pub last_day: NaiveDate,
    /// How many places it would have; none for no limit.
    #[schema(example = 24)]
    pub capacity: Option<u32>,
    /// What it would be part of. Where that is copied too, the offering that it is a copy of.
    #[schema(example = json!(null))]
    pub part_of_id: Option<Uuid>,
    /// How many teachers it would have.
    #[schema(example = 1)]
    pub teachers: usize,
    /// How many groups would drive it.
    #[schema(example = 1)]
    pub driving_groups: usize,
    /// How many weekly patterns of lessons it would have.
    #[schema(example = 1)]
    pub lesson_series: usize,
    /// How many lessons they would make.
    #[schema(example = 36)]
    pub lessons: usize,
    /// How many would go on taking part directly.
    #[schema(example = 17)]
    pub participations: usize,
    /// How many would take part by a group.
    #[schema(example = 0)]
    pub following: usize,
}

/// What would become of a class.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TermTurnClass {
    /// The class as it is.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000071")]
    pub source_id: Uuid,
    /// The last day it would get; none where it has ended by then.
    #[schema(example = json!(null))]
    pub ends: Option<NaiveDate>,
    /// Whether there would be a class after it: not after the last year.
    #[schema(example = true)]
    pub goes_up: bool,
    /// What that would be called.
    #[schema(example = "8B")]
    pub name: Option<String>,
    /// Its school year (årskurs).
    #[schema(example = 8)]
    pub school_year: Option<u8>,
    /// Its first day.
    #[schema(example = "2027-08-16")]
    pub first_day: Option<NaiveDate>,
    /// Its last day; none: until further notice.
    #[schema(example = "2028-06-09")]
    pub last_day: Option<NaiveDate>,
    /// How many would belong to it.
    #[schema(example = 26)]
    pub memberships: usize,
    /// How many would answer for it.
    #[schema(example = 2)]
    pub assignments: usize,
}

/// Something that a turn leaves out, or that should be looked at.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TermTurnWarning {
    /// Where, as a JSON Pointer (RFC 6901).
    #[schema(example = "/offerings/3/participants")]
    pub pointer: String,
    /// The rule behind it.
    #[schema(example = "state")]
    pub code: String,
    /// What it is, for a person.
    #[schema(example = "participants on a study break go on only when they are chosen")]
    pub detail: String,
    /// Which records it concerns: offerings, groups, duties, memberships, participations or enrolments.
    #[schema(example = json!(["0199a3f0-7c00-7000-8000-0000000000f1"]))]
    pub record_ids: Vec<Uuid>,
}

impl TermTurnPreview {
    pub(super) fn of(plan: &TurnPlan) -> Self {
        let fingerprint = Fingerprint::of(plan).token();
        let TurnCounts {
            offerings,
            teachers,
            driving_groups,
            lesson_series,
            lessons,
            participations,
            following,
            classes,
            memberships,
            assignments,
            classes_ended,
            enrolments,
            enrolments_ended,
        } = plan.counts();
        Self {
            possible: plan.refusals.is_empty(),
            fingerprint,
            counts: TermTurnPreviewCounts {
                offerings,
                teachers,
                driving_groups,
                lesson_series,
                lessons,
                participations,
                following,
                classes,
                memberships,
                assignments,
                classes_ended,
                enrolments,
                enrolments_ended,
            },
            offerings: plan.offerings.iter().map(TermTurnCopy::of).collect(),
            classes: plan.classes.iter().map(TermTurnClass::of).collect(),
            warnings: plan.warnings.iter().map(TermTurnWarning::of).collect(),
            refusals: plan.refusals.iter().map(RefusedValue::of).collect(),
        }
    }
}

impl TermTurnCopy {
    fn of(planned: &PlannedCopy) -> Self {
        let PlannedCopy { source, copy, teachers, groups, series, participants, by_groups } = planned;
        Self {
            source_id: source.uuid(),
            title: copy.title.as_str().to_owned(),
            term_ids: copy.terms.iter().map(|term| term.uuid()).collect(),
            first_day: copy.period.from(),
            last_day: copy.last_day(),
            capacity: copy.capacity,
            part_of_id: copy.part_of.map(Id::uuid),
            teachers: teachers.len(),
            driving_groups: groups.len(),
            lesson_series: series.len(),
            lessons: series.iter().map(|of| of.lessons.len()).sum(),
            participations: participants.len(),
            following: by_groups.len(),
        }
    }
}

impl TermTurnClass {
    fn of(planned: &PlannedClass) -> Self {
        let PlannedClass { source, next, ends, members, assignments } = planned;
        Self {
            source_id: source.uuid(),
            ends: ends.as_ref().and_then(|ends| ends.period.to()),
            goes_up: next.is_some(),
            name: next.as_ref().map(|next| next.name.as_str().to_owned()),
            school_year: next.as_ref().and_then(|next| next.school_year),
            first_day: next.as_ref().map(|next| next.period.from()),
            last_day: next.as_ref().and_then(|next| next.period.to()),
            memberships: members.len(),
            assignments: assignments.len(),
        }
    }
}

impl TermTurnWarning {
    fn of(warning: &TurnWarning) -> Self {
        let TurnWarning { refusal, records } = warning;
        let RefusedValue { pointer, code, detail } = RefusedValue::of(refusal);
        Self { pointer, code, detail, record_ids: records.clone() }
    }
}

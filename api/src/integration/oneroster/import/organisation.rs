//! `orgs.csv` → the organiser and its school units; `academicSessions.csv` → terms.
//!
//! A district is the organiser itself: its identifier is kept, nothing else. A school is a school
//! unit, its `identifier` a code of it: a school unit code where it has eight digits, else the
//! organiser's own. Since when a unit exists, a set does not say.

use skolhus_domain::{
    access::Scope,
    code::Code,
    id::{Id, TermId},
    organisation::{NewSchoolUnit, NewUnitCode, SchoolUnit, Term, UnitCode},
    period::{FIRST_DATE, Period},
    refusal::{Refusals, Rule},
    text::Text,
};
use skolhus_persistence::{DatabaseConnection, Error, organisation::term};

use super::{
    super::{
        plan::{Difference, Kind},
        rows::{AcademicSession, Org, Row},
    },
    context::{Context, active},
    index::OrgKind,
    writes::{Decided, entity},
};

const SCHOOL_UNIT_CODE: &str = "school-unit-code";
const LOCAL_CODE: &str = "local-code";

pub(super) fn orgs(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: &[Row<Org>],
) -> Result<Decided, Error> {
    let mut decided = Decided::default();
    let values: Vec<&str> = active(rows).map(|(row, _)| row.id.as_str()).collect();
    let organisers = context.known(connection, scope, entity::ORGANISER, values.iter().copied())?;
    let units = context.known(connection, scope, entity::UNIT, values)?;
    let present = context.units(connection, scope, &units)?;
    for (row, org) in active(rows) {
        match context.index.orgs.get(row.id.as_str()) {
            Some(OrgKind::Organiser) if organisers.contains_key(row.id.as_str()) => {
                decided.same(Kind::Organisation);
            }
            Some(OrgKind::Organiser) => {
                decided.brought(entity::ORGANISER, context.organiser.uuid(), &row.id);
                decided.note(Kind::Organisation, Difference::Add, row);
            }
            Some(OrgKind::Unit) => {
                let known = units.get(row.id.as_str());
                let before = known.and_then(|known| present.get(&Id::from_uuid(known.id)));
                match (known, before) {
                    (Some(known), Some(before)) => {
                        let (after, fields) = unit_after(&before.value, org);
                        if decided.differs(Kind::Organisation, entity::UNIT, row, fields, known.absent) {
                            decided.writes.changed_units.push((before.clone(), after));
                        }
                    }
                    // Withdrawn here as a mistake: an import does not bring it back.
                    (Some(_), None) => decided.same(Kind::Organisation),
                    (None, _) => match new_unit(context, org) {
                        Ok(unit) => {
                            let id = context.fresh();
                            decided.writes.units.push((id, unit));
                            decided.brought(entity::UNIT, id.uuid(), &row.id);
                            decided.note(Kind::Organisation, Difference::Add, row);
                        }
                        Err(refusals) => decided.refuse_all(row, refusals, |pointer| {
                            if pointer.starts_with("/codes") { "identifier" } else { "name" }
                        }),
                    },
                }
            }
            Some(OrgKind::Aside) | None => {
                let detail =
                    "this kind of organisation is neither the organiser nor a school unit; it is left aside";
                decided.warn(row, "type", Rule::Conflict, detail);
            }
        }
    }
    Ok(decided)
}

/// A code that a school is known by; too long ones are left to the external identifier.
fn code_of(org: &Org) -> Option<(&'static str, &str)> {
    let code = org.identifier.as_ref()?.as_str();
    let digits = code.len() == 8 && code.bytes().all(|byte| byte.is_ascii_digit());
    if digits {
        Some((SCHOOL_UNIT_CODE, code))
    } else {
        (code.chars().count() <= 40).then_some((LOCAL_CODE, code))
    }
}

fn new_unit(context: &Context, org: &Org) -> Result<SchoolUnit, Refusals> {
    let valid = (FIRST_DATE, None);
    let codes = code_of(org).map(|(kind, value)| NewUnitCode { kind, value, valid });
    NewSchoolUnit {
        name: org.name.as_str(),
        school_types: vec![context.school_type.as_str()],
        controller: context.controller,
        codes: codes.into_iter().collect(),
        valid,
        active: true,
    }
    .validate(&context.school_types, &context.unit_code_kinds)
}

fn unit_after(before: &SchoolUnit, org: &Org) -> (SchoolUnit, Vec<&'static str>) {
    let mut after = before.clone();
    let mut fields = Vec::new();
    if let Ok(name) = Text::line(org.name.as_str(), 200)
        && name != before.name
    {
        after.name = name;
        fields.push("name");
    }
    if let Some((kind, value)) = code_of(org) {
        let has = before.codes.iter().any(|code| code.kind.as_str() == kind && code.value.as_str() == value);
        if let (false, Ok(kind), Ok(value), Ok(valid)) =
            (has, Code::new(kind), Text::line(value, 40), Period::new(FIRST_DATE, None))
        {
            after.codes.retain(|code| code.kind != kind);
            after.codes.push(UnitCode { kind, value, valid });
            fields.push("codes");
        }
    }
    (after, fields)
}

pub(super) fn sessions(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: &[Row<AcademicSession>],
) -> Result<Decided, Error> {
    let mut decided = Decided::default();
    let values: Vec<&str> = active(rows).map(|(row, _)| row.id.as_str()).collect();
    let years = context.known(connection, scope, entity::SCHOOL_YEAR, values.iter().copied())?;
    let terms = context.known(connection, scope, entity::TERM, values)?;
    let ids: Vec<TermId> = terms.values().map(|known| Id::from_uuid(known.id)).collect();
    let present = term::find_many(connection, scope, &ids)?;
    let new: Vec<Term> = active(rows)
        .filter(|(row, _)| !terms.contains_key(row.id.as_str()) && context.index.is_term(row.id.as_str()))
        .filter_map(|(row, _)| context.index.sessions.get(row.id.as_str())?.term().ok())
        .collect();
    let overlapping = term::overlapping_any(connection, scope, &new)?;
    for (row, _) in active(rows) {
        let Some(session) = context.index.sessions.get(row.id.as_str()) else { continue };
        if session.kind == super::super::rows::SessionType::SchoolYear {
            if years.contains_key(row.id.as_str()) {
                decided.same(Kind::SchoolYear);
            } else {
                decided.brought(entity::SCHOOL_YEAR, context.ids.fresh(), &row.id);
                decided.note(Kind::SchoolYear, Difference::Add, row);
            }
        }
        if !context.index.is_term(row.id.as_str()) {
            continue;
        }
        let wanted = match session.term() {
            Ok(term) => term,
            Err(refusals) => {
                decided.refuse_all(row, refusals, |pointer| match pointer {
                    "/name" => "title",
                    "/lastDay" => "endDate",
                    _ => "startDate",
                });
                continue;
            }
        };
        let known = terms.get(row.id.as_str());
        let before = known.and_then(|known| present.iter().find(|term| term.id.uuid() == known.id));
        match (known, before) {
            (Some(known), Some(before)) => {
                // The kind was likely; a person may have corrected it.
                let kind = if before.value.period == wanted.period { before.value.kind } else { wanted.kind };
                let mut fields = Vec::new();
                if before.value.name != wanted.name {
                    fields.push("name");
                }
                if before.value.first_day() != wanted.first_day() {
                    fields.push("firstDay");
                }
                if before.value.last_day() != wanted.last_day() {
                    fields.push("lastDay");
                }
                if decided.differs(Kind::Term, entity::TERM, row, fields, known.absent) {
                    let after = Term { school_unit: before.value.school_unit, kind, ..wanted };
                    decided.writes.changed_terms.push((before.clone(), after));
                }
            }
            (Some(_), None) => decided.same(Kind::Term),
            (None, _) => {
                // A term that the school has entered itself, with the same days, is this one.
                let others: Vec<_> = overlapping
                    .iter()
                    .filter(|other| {
                        other.value.kind == wanted.kind && other.value.period.overlaps(&wanted.period)
                    })
                    .collect();
                let id = match others.iter().find(|other| other.value.period == wanted.period) {
                    Some(same) => same.id,
                    None if others.is_empty() => {
                        let id: TermId = context.fresh();
                        decided.writes.terms.push((id, wanted));
                        id
                    }
                    None => {
                        let detail = "shares days with another term of the same kind in the register";
                        decided.refuse(
                            row,
                            "startDate",
                            skolhus_domain::refusal::Refusal::new(Rule::Overlap, detail),
                        );
                        continue;
                    }
                };
                decided.brought(entity::TERM, id.uuid(), &row.id);
                decided.note(Kind::Term, Difference::Add, row);
            }
        }
    }
    Ok(decided)
}

//! School units (skolenheter) and the codes they have with others.

use chrono::NaiveDate;

use crate::code::{Code, CodeEntry, Table, find_during, seed::SCHOOL_UNIT_CODE};
use crate::id::ControllerId;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

/// A school unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchoolUnit {
    /// Its name, 1 to 200 characters.
    pub name: Text,
    /// Its school types, at least one, each once, in the order given.
    pub school_types: Vec<Code>,
    /// The controller it belongs to now.
    pub controller: ControllerId,
    /// Its codes with others. On any day it has at most one of each kind.
    pub codes: Vec<UnitCode>,
    /// The days on which it exists.
    pub valid: Period,
    /// Whether it may be used for new things. A unit can rest without ceasing to exist.
    pub active: bool,
}

impl SchoolUnit {
    /// Whether it exists that day and is in use.
    #[must_use]
    pub fn is_open_on(&self, day: NaiveDate) -> bool {
        self.active && self.valid.contains(day)
    }

    /// Checks that something which belongs to the unit begins while the unit exists, and ends
    /// then too where it has a last day. `first` and `last` point at the two days.
    ///
    /// # Errors
    /// [`Rule::OutsidePeriod`], naming when the unit exists.
    pub fn admit(&self, period: &Period, first: &str, last: &str) -> Result<(), Refusals> {
        let mut refusals = Refusals::default();
        refusals.note(first, self.valid.admit("the school unit", period.from()));
        if let Some(day) = period.to() {
            refusals.note(last, self.valid.admit("the school unit", day));
        }
        refusals.finish()
    }

    /// Its code of a kind on a day.
    #[must_use]
    pub fn code_on(&self, kind: &str, day: NaiveDate) -> Option<&UnitCode> {
        self.codes.iter().find(|code| code.kind.as_str() == kind && code.valid.contains(day))
    }
}

/// A code that a school unit has with someone, during a period.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnitCode {
    /// Which kind, a code of the table [`Table::SchoolUnitCodeKind`].
    pub kind: Code,
    /// The code itself; eight digits for a school unit code, else 1 to 40 characters.
    pub value: Text,
    /// The days on which it is the unit's.
    pub valid: Period,
}

/// A school unit as someone enters it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSchoolUnit<'a> {
    /// 1 to 200 characters.
    pub name: &'a str,
    /// At least one, each once.
    pub school_types: Vec<&'a str>,
    /// The controller it belongs to.
    pub controller: ControllerId,
    /// Any number.
    pub codes: Vec<NewUnitCode<'a>>,
    /// First day and last day (none: until further notice).
    pub valid: (NaiveDate, Option<NaiveDate>),
    /// See [`SchoolUnit::active`].
    pub active: bool,
}

/// A unit's code as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewUnitCode<'a> {
    /// See [`UnitCode::kind`].
    pub kind: &'a str,
    /// See [`UnitCode::value`].
    pub value: &'a str,
    /// First day and last day (none: until further notice).
    pub valid: (NaiveDate, Option<NaiveDate>),
}

impl NewSchoolUnit<'_> {
    /// Checks every field, with the tables of school types and of kinds of unit code.
    ///
    /// # Errors
    /// At `/name`, `/schoolTypes` and its elements, `/codes/{n}/kind`, `/codes/{n}/value`,
    /// `/codes/{n}/valid`, `/valid/from` and `/valid/to`. A school type must be valid on some day
    /// of the unit's period, a kind on some day of the code's.
    pub fn validate(self, school_types: &[CodeEntry], kinds: &[CodeEntry]) -> Result<SchoolUnit, Refusals> {
        let Self { name, school_types: raw_types, controller, codes: raw_codes, valid, active } = self;
        let mut refusals = Refusals::default();
        let name = refusals.note("/name", Text::line(name, 200));
        let valid = refusals.note("/valid", Period::new(valid.0, valid.1));

        if raw_types.is_empty() {
            let detail = "a school unit has at least one school type";
            refusals.0.push(Refusal::new(Rule::Required, detail).at("/schoolTypes"));
        }
        let mut types: Vec<Code> = Vec::new();
        for (place, raw) in raw_types.into_iter().enumerate() {
            let known = Code::new(raw).and_then(|code| match &valid {
                Some(valid) => {
                    find_during(Table::SchoolType, school_types, code.as_str(), valid).map(|_| code)
                }
                None => Ok(code),
            });
            let fresh = known.and_then(|code| {
                if types.contains(&code) {
                    Err(Refusal::new(Rule::Duplicate, "the school type stands twice"))
                } else {
                    Ok(code)
                }
            });
            types.extend(refusals.note(&format!("/schoolTypes/{place}"), fresh));
        }

        let mut codes: Vec<UnitCode> = Vec::new();
        for (place, raw) in raw_codes.into_iter().enumerate() {
            let at = format!("/codes/{place}");
            if let Some(code) = unit_code(raw, kinds, &at, &mut refusals) {
                let clash =
                    codes.iter().find(|other| other.kind == code.kind && other.valid.overlaps(&code.valid));
                if let Some(other) = clash {
                    let detail = format!("the unit already has a code of this kind {}", other.valid);
                    refusals.0.push(Refusal::new(Rule::Overlap, detail).at(&format!("{at}/valid")));
                }
                codes.push(code);
            }
        }

        match (name, valid, refusals.finish()) {
            (Some(name), Some(valid), Ok(())) => {
                Ok(SchoolUnit { name, school_types: types, controller, codes, valid, active })
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

fn unit_code(
    raw: NewUnitCode<'_>,
    kinds: &[CodeEntry],
    at: &str,
    refusals: &mut Refusals,
) -> Option<UnitCode> {
    let valid = refusals.note(&format!("{at}/valid"), Period::new(raw.valid.0, raw.valid.1));
    let kind = Code::new(raw.kind).and_then(|kind| match &valid {
        Some(valid) => find_during(Table::SchoolUnitCodeKind, kinds, kind.as_str(), valid).map(|_| kind),
        None => Ok(kind),
    });
    let kind = refusals.note(&format!("{at}/kind"), kind);
    let value = Text::line(raw.value, 40).and_then(|value| {
        let digits = value.as_str();
        let eight = digits.len() == 8 && digits.bytes().all(|byte| byte.is_ascii_digit());
        if kind.as_ref().is_some_and(|kind| kind.as_str() == SCHOOL_UNIT_CODE) && !eight {
            Err(Refusal::new(Rule::Format, "a school unit code is written with eight digits"))
        } else {
            Ok(value)
        }
    });
    let value = refusals.note(&format!("{at}/value"), value);
    Some(UnitCode { kind: kind?, value: value?, valid: valid? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::seed;
    use crate::id::Id;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn unit<'a>(types: Vec<&'a str>, codes: Vec<NewUnitCode<'a>>) -> Result<SchoolUnit, Refusals> {
        NewSchoolUnit {
            name: "Väggarps folkhögskola",
            school_types: types,
            controller: ControllerId::from_uuid(uuid::Uuid::from_u128(7)),
            codes,
            valid: (day(1998, 7, 1), None),
            active: true,
        }
        .validate(&seed::school_types().unwrap(), &seed::school_unit_code_kinds().unwrap())
    }

    fn code<'a>(kind: &'a str, value: &'a str, from: NaiveDate, to: Option<NaiveDate>) -> NewUnitCode<'a> {
        NewUnitCode { kind, value, valid: (from, to) }
    }

    #[test]
    fn a_folk_high_school_whose_code_changed() {
        let unit = unit(
            vec!["FHS", "SFI"],
            vec![
                code("school-unit-code", "12345678", day(1998, 7, 1), Some(day(2012, 6, 30))),
                code("school-unit-code", "87654321", day(2012, 7, 1), None),
                code("scb-school-code", "F 17", day(1998, 7, 1), None),
            ],
        )
        .unwrap();
        let value = |on| unit.code_on("school-unit-code", on).map(|code| code.value.as_str());
        assert_eq!(value(day(2012, 6, 30)), Some("12345678"));
        assert_eq!(value(day(2012, 7, 1)), Some("87654321"));
        assert_eq!(value(day(1990, 1, 1)), None);
        assert!(unit.is_open_on(day(2026, 8, 17)) && !unit.is_open_on(day(1998, 6, 30)));
        assert!(!SchoolUnit { active: false, ..unit }.is_open_on(day(2026, 8, 17)));
    }

    #[test]
    fn what_belongs_to_a_unit_lies_within_its_days() {
        let open = unit(vec!["FHS"], vec![]).unwrap();
        let closed = SchoolUnit {
            valid: Period::new(day(1998, 7, 1), Some(day(2020, 6, 30))).unwrap(),
            ..open.clone()
        };
        let period = Period::new(day(2020, 1, 8), Some(day(2020, 8, 1))).unwrap();
        open.admit(&period, "/firstDay", "/lastDay").unwrap();
        let refusals = closed.admit(&period, "/firstDay", "/lastDay").unwrap_err().0;
        assert_eq!((refusals.len(), refusals[0].pointer.as_str()), (1, "/lastDay"));
        assert!(refusals[0].detail.contains("from 1998-07-01 to 2020-06-30"), "{}", refusals[0].detail);
    }

    #[test]
    fn wrong_codes_and_types_are_all_named() {
        let refusals = unit(
            vec!["FHS", "FHS", "KOMVUX"],
            vec![
                code("school-unit-code", "1234567", day(2012, 7, 1), None),
                code("csn-school-code", "1", day(2012, 7, 1), None),
                code("csn-school-code", "2", day(2020, 7, 1), None),
                code("cfar", "2", day(2020, 7, 1), None),
            ],
        )
        .unwrap_err();
        let found: Vec<_> =
            refusals.0.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
        assert_eq!(
            found,
            [
                ("/schoolTypes/1", Rule::Duplicate),
                ("/schoolTypes/2", Rule::UnknownCode),
                ("/codes/0/value", Rule::Format),
                ("/codes/2/valid", Rule::Overlap),
                ("/codes/3/kind", Rule::UnknownCode),
            ]
        );
        assert_eq!(unit(vec![], vec![]).unwrap_err().0[0].pointer, "/schoolTypes");
    }
}

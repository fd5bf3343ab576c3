//! A group and its rules.

use chrono::NaiveDate;

use crate::code::{Code, CodeEntry, Table, coded, find};
use crate::id::SchoolUnitId;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

coded! {
    /// What kind of group it is.
    GroupKind("kind of group") {
        /// Klass.
        Class = "class",
        /// Undervisningsgrupp.
        Teaching = "teaching",
        /// Mentorsgrupp.
        Mentor = "mentor",
        /// Avdelning of a preschool or a leisure centre.
        Department = "department",
        /// Anything else.
        Other = "other",
    }
}

impl GroupKind {
    /// Its counterpart among the values of `GroupType` in SS 12000:2020.
    #[must_use]
    pub fn ss12000(self) -> &'static str {
        match self {
            Self::Class => "Klass",
            Self::Teaching => "Undervisning",
            Self::Mentor => "Mentor",
            Self::Department => "Avdelning",
            Self::Other => "Övrigt",
        }
    }
}

/// A group at a school unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Group {
    /// Where.
    pub school_unit: SchoolUnitId,
    /// What kind.
    pub kind: GroupKind,
    /// Its name, 1 to 100 characters; see [`unique_name`].
    pub name: Text,
    /// The school type, where all its members are of one.
    pub school_type: Option<Code>,
    /// The year of the school (årskurs), 0 to 10; only of a class. 0 is the preschool class.
    pub school_year: Option<u8>,
    /// The days on which it exists.
    pub period: Period,
}

/// A group as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewGroup<'a> {
    /// Where.
    pub school_unit: SchoolUnitId,
    /// A code of [`GroupKind`].
    pub kind: &'a str,
    /// 1 to 100 characters.
    pub name: &'a str,
    /// A code of the table [`Table::SchoolType`], valid on the first day.
    pub school_type: Option<&'a str>,
    /// 0 to 10.
    pub school_year: Option<u8>,
    /// First day and last day (none: until further notice).
    pub period: (NaiveDate, Option<NaiveDate>),
}

impl NewGroup<'_> {
    /// Checks every field, with the table of school types and those of the school unit.
    ///
    /// # Errors
    /// At `/kind`, `/name`, `/schoolTypeCode` ([`Rule::Conflict`] when the school unit does not have
    /// the type), `/schoolYear` ([`Rule::Conflict`] when it is no class), `/period/from` and
    /// `/period/to`.
    pub fn validate(self, table: &[CodeEntry], of_the_unit: &[Code]) -> Result<Group, Refusals> {
        let mut refusals = Refusals::default();
        let Self { school_unit, kind, name, school_type, school_year, period } = self;
        let first_day = period.0;
        let kind = refusals.note("/kind", GroupKind::from_code(kind));
        let name = refusals.note("/name", Text::line(name, 100));
        let school_type = school_type.map(|raw| {
            let code = Code::new(raw)?;
            find(Table::SchoolType, table, code.as_str(), first_day)?;
            if of_the_unit.contains(&code) {
                Ok(code)
            } else {
                Err(Refusal::new(Rule::Conflict, "the school unit does not have this school type"))
            }
        });
        let school_type = refusals.note("/schoolTypeCode", school_type.transpose());
        if let Some(year) = school_year {
            if year > 10 {
                refusals.0.push(Refusal::new(Rule::OutOfRange, "a school year is 0 to 10").at("/schoolYear"));
            }
            if kind.is_some_and(|kind| kind != GroupKind::Class) {
                let detail = "only a class has a school year";
                refusals.0.push(Refusal::new(Rule::Conflict, detail).at("/schoolYear"));
            }
        }
        let period = refusals.note("/period", Period::new(period.0, period.1));
        match (kind, name, school_type, period, refusals.finish()) {
            (Some(kind), Some(name), Some(school_type), Some(period), Ok(())) => {
                Ok(Group { school_unit, kind, name, school_type, school_year, period })
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// A name as it is compared: case does not tell two groups apart.
#[must_use]
pub fn name_key(name: &Text) -> String {
    name.as_str().to_lowercase()
}

/// Checks that no other group of the kind has the name at the school unit on a shared day: the class
/// and the mentor group may both be 7B, and next year's 7B is another. `others` does not hold the
/// group itself.
///
/// # Errors
/// [`Rule::Duplicate`] at `/name`, naming the other's days.
pub fn unique_name<'a>(group: &Group, others: impl IntoIterator<Item = &'a Group>) -> Result<(), Refusal> {
    let key = name_key(&group.name);
    let clash = others.into_iter().find(|other| {
        other.school_unit == group.school_unit
            && other.kind == group.kind
            && other.period.overlaps(&group.period)
            && name_key(&other.name) == key
    });
    match clash {
        Some(other) => {
            let detail = format!("another group of the kind has this name {}", other.period);
            Err(Refusal::new(Rule::Duplicate, detail).at("/name"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::code::seed;
    use crate::id::Id;

    pub(in crate::group) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    pub(in crate::group) fn class_7b() -> NewGroup<'static> {
        NewGroup {
            school_unit: SchoolUnitId::from_uuid(uuid::Uuid::from_u128(20)),
            kind: "class",
            name: "7B",
            school_type: Some("GR"),
            school_year: Some(7),
            period: (day(2026, 8, 17), Some(day(2027, 6, 11))),
        }
    }

    pub(in crate::group) fn check(new: NewGroup<'_>) -> Result<Group, Refusals> {
        let types = seed::school_types().unwrap();
        new.validate(&types, &[Code::new("GR").unwrap()])
    }

    fn places(new: NewGroup<'_>) -> Vec<(String, Rule)> {
        let refusals = check(new).unwrap_err().0;
        refusals.into_iter().map(|refusal| (refusal.pointer, refusal.rule)).collect()
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let new = NewGroup {
            kind: "flock",
            name: " ",
            school_type: Some("FHS"),
            school_year: Some(11),
            period: (day(2026, 8, 17), Some(day(2026, 8, 1))),
            ..class_7b()
        };
        let found = places(new);
        let found: Vec<(&str, Rule)> = found.iter().map(|(at, rule)| (at.as_str(), *rule)).collect();
        assert_eq!(
            found,
            [
                ("/kind", Rule::UnknownCode),
                ("/name", Rule::Required),
                ("/schoolTypeCode", Rule::Conflict),
                ("/schoolYear", Rule::OutOfRange),
                ("/period/to", Rule::PeriodReversed),
            ]
        );
        let teaching = NewGroup { kind: "teaching", name: "7B ma", ..class_7b() };
        assert_eq!(places(teaching), [("/schoolYear".to_owned(), Rule::Conflict)]);
    }

    #[test]
    fn a_name_is_one_groups_of_a_kind_at_a_time() {
        let group = check(class_7b()).unwrap();
        let lower = check(NewGroup { name: "7b", ..class_7b() }).unwrap();
        assert_eq!(unique_name(&group, [&lower]).unwrap_err().rule, Rule::Duplicate);
        let mentor = check(NewGroup { kind: "mentor", school_year: None, ..class_7b() }).unwrap();
        let next_year =
            check(NewGroup { period: (day(2027, 8, 16), Some(day(2028, 6, 9))), ..class_7b() }).unwrap();
        let elsewhere =
            Group { school_unit: SchoolUnitId::from_uuid(uuid::Uuid::from_u128(21)), ..group.clone() };
        assert!(unique_name(&group, [&mentor, &next_year, &elsewhere]).is_ok());
    }

    #[test]
    fn every_kind_has_its_own_counterpart() {
        let words: std::collections::BTreeSet<_> = GroupKind::ALL.iter().map(|kind| kind.ss12000()).collect();
        assert_eq!(words.len(), GroupKind::ALL.len());
    }
}

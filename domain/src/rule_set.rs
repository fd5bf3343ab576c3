//! Rules that others decide and that change from a day on: how weeks are counted, what a region pays. They are data.
//! Each set says on which days it holds, where it comes from, and whether that is certain; every figure names the sets
//! that it was made by.

use std::collections::BTreeSet;
use std::num::NonZeroU32;

use chrono::NaiveDate;

use crate::code::Code;
use crate::id::PersonId;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

/// What there is to know of a set of rules besides what it says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleMark {
    /// The set's name, the same in every period: `participant-week`. One set of a name holds on a day.
    pub code: Code,
    /// How often it has been changed, from 1. Figures of version 1 are not those of version 2.
    pub version: u32,
    /// The days on which it holds.
    pub valid: Period,
    /// Where it comes from, 1 to 1000 characters.
    pub source: Text,
    /// Whether one public source states all of it and none contradicts. What is not verified may be used, and is shown as
    /// such wherever a figure made by it is.
    pub verified: bool,
    /// What is uncertain about it, 1 to 1000 characters.
    pub note: Option<Text>,
}

/// A set of rules of one kind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleSet<T> {
    /// Its name, days and source.
    pub mark: RuleMark,
    /// What it says.
    pub rules: T,
}

/// The mark of a set as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewRuleMark<'a> {
    /// See [`Code::new`].
    pub code: &'a str,
    /// First day and last day (none: until further notice).
    pub valid: (NaiveDate, Option<NaiveDate>),
    /// 1 to 1000 characters.
    pub source: &'a str,
    /// See [`RuleMark::verified`].
    pub verified: bool,
    /// What is uncertain; required where it is not verified.
    pub note: Option<&'a str>,
}

impl NewRuleMark<'_> {
    /// Checks every field. The version is 1.
    ///
    /// # Errors
    /// At `/code`, `/valid/from`, `/valid/to`, `/source` and `/note` ([`Rule::Required`] where the set is not verified:
    /// whoever accepts it must read what is uncertain).
    pub fn validate(self) -> Result<RuleMark, Refusals> {
        let mut refusals = Refusals::default();
        let Self { code, valid, source, verified, note } = self;
        let code = refusals.note("/code", Code::new(code));
        let valid = refusals.note("/valid", Period::new(valid.0, valid.1));
        let source = refusals.note("/source", Text::lines(source, 1000));
        if !verified && note.is_none() {
            let detail = "what is uncertain about a set of rules that is not verified is told";
            refusals.0.push(Refusal::new(Rule::Required, detail).at("/note"));
        }
        let note = note.and_then(|note| refusals.note("/note", Text::lines(note, 1000)));
        match (code, valid, source, refusals.finish()) {
            (Some(code), Some(valid), Some(source), Ok(())) => {
                Ok(RuleMark { code, version: 1, valid, source, verified, note })
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// The set that holds on a day. `what` says in words what the rules are about.
///
/// # Errors
/// [`Rule::OutsidePeriod`] when none does, naming the periods of those that there are.
pub fn rules_on<'a, T>(
    what: &str,
    sets: &'a [RuleSet<T>],
    day: NaiveDate,
) -> Result<&'a RuleSet<T>, Refusal> {
    sets.iter().find(|set| set.mark.valid.contains(day)).ok_or_else(|| {
        let mut periods: Vec<_> = sets.iter().map(|set| set.mark.valid).collect();
        periods.sort_by_key(Period::from);
        let detail = match periods.as_slice() {
            [] => format!("there are no rules for {what}"),
            _ => {
                let periods = periods.iter().map(Period::to_string).collect::<Vec<_>>().join(" and ");
                format!("no rules for {what} hold on {day}; there are rules {periods}")
            }
        };
        Refusal::new(Rule::OutsidePeriod, detail)
    })
}

/// Checks that one set of a name holds on a day.
///
/// # Errors
/// [`Rule::Overlap`] at `/1/valid` for a set that shares a day with an earlier one of its name.
pub fn no_overlapping_rule_sets<T>(sets: &[RuleSet<T>]) -> Result<(), Refusals> {
    let mut refusals = Refusals::default();
    for (place, later) in sets.iter().enumerate() {
        let clash = sets.iter().take(place).find(|earlier| {
            earlier.mark.code == later.mark.code && earlier.mark.valid.overlaps(&later.mark.valid)
        });
        if let Some(earlier) = clash {
            let detail = format!("another set of these rules holds {}", earlier.mark.valid);
            refusals.0.push(Refusal::new(Rule::Overlap, detail).at(&format!("/{place}/valid")));
        }
    }
    refusals.finish()
}

/// That somebody has read what is uncertain about a set of rules and lets figures be certified by it. It holds for one
/// version: a set that is changed is accepted anew.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RuleAcceptance {
    /// The set's name.
    pub code: Code,
    /// The first day of the set, which tells it from others of its name.
    pub valid_from: NaiveDate,
    /// Its version.
    pub version: u32,
    /// Who accepted it.
    pub by: PersonId,
    /// When.
    pub on: NaiveDate,
}

impl RuleAcceptance {
    fn is_of(&self, mark: &RuleMark) -> bool {
        (&self.code, self.valid_from, self.version) == (&mark.code, mark.valid.from(), mark.version)
    }
}

/// Checks that figures made by these rules may be certified: each set is verified, or a named person has accepted it.
///
/// # Errors
/// [`Rule::Required`] at `/rules/{code}`, once for each set that nobody has accepted.
pub fn may_be_certified<'a>(
    used: impl IntoIterator<Item = &'a RuleMark>,
    accepted: &[RuleAcceptance],
) -> Result<(), Refusals> {
    let mut refusals = Refusals::default();
    for mark in used {
        if mark.verified || accepted.iter().any(|acceptance| acceptance.is_of(mark)) {
            continue;
        }
        let RuleMark { code, version, valid, .. } = mark;
        let detail = format!(
            "version {version} of the rules that hold {valid} is not verified: somebody must accept it first"
        );
        let refusal = Refusal::new(Rule::Required, detail).at(&format!("/rules/{code}"));
        if !refusals.0.contains(&refusal) {
            refusals.0.push(refusal);
        }
    }
    refusals.finish()
}

/// A set of rules that a new installation starts with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RuleSeed<T> {
    /// Name, days and source.
    pub mark: NewRuleMark<'static>,
    /// What it says, as somebody would enter it.
    pub rules: T,
}

impl<T: Copy> RuleSeed<T> {
    /// The set, through the same checks as any other.
    ///
    /// # Errors
    /// As [`NewRuleMark::validate`] and as `rules` does.
    pub fn set<R>(&self, rules: impl FnOnce(T) -> Result<R, Refusals>) -> Result<RuleSet<R>, Refusals> {
        Ok(RuleSet { mark: self.mark.validate()?, rules: rules(self.rules)? })
    }
}

/// A number from 1 to the most.
pub(crate) fn counting(number: u32, most: u32) -> Result<NonZeroU32, Refusal> {
    NonZeroU32::new(number)
        .filter(|number| number.get() <= most)
        .ok_or_else(|| Refusal::new(Rule::OutOfRange, format!("is 1 to {most}")))
}

/// Codes, at least one, each once; whether their tables hold them is asked where they are used.
pub(crate) fn codes(at: &str, raw: &[&str], refusals: &mut Refusals) -> BTreeSet<Code> {
    if raw.is_empty() {
        refusals.0.push(Refusal::new(Rule::Required, "there is at least one code").at(at));
    }
    let mut found = BTreeSet::new();
    for (place, raw) in raw.iter().enumerate() {
        let code = Code::new(raw).and_then(|code| {
            if found.contains(&code) {
                Err(Refusal::new(Rule::Duplicate, "the code stands twice"))
            } else {
                Ok(code)
            }
        });
        found.extend(refusals.note(&format!("{at}/{place}"), code));
    }
    found
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::id::Id;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    /// A verified set of that name.
    pub(crate) fn rule_set<T>(code: &str, valid: (NaiveDate, Option<NaiveDate>), rules: T) -> RuleSet<T> {
        let mark =
            NewRuleMark { code, valid, source: "Villkor för statsbidrag", verified: true, note: None };
        RuleSet { mark: mark.validate().unwrap(), rules }
    }

    #[test]
    fn the_set_of_a_day_is_found_and_a_gap_names_the_periods() {
        let sets = [
            rule_set("grant", (day(2027, 1, 1), None), 2),
            rule_set("grant", (day(2020, 1, 1), Some(day(2025, 12, 31))), 1),
        ];
        no_overlapping_rule_sets(&sets).unwrap();
        assert_eq!(rules_on("the grant", &sets, day(2025, 12, 31)).unwrap().rules, 1);
        assert_eq!(rules_on("the grant", &sets, day(2027, 1, 1)).unwrap().rules, 2);
        let refusal = rules_on("the grant", &sets, day(2026, 6, 1)).unwrap_err();
        assert_eq!(refusal.rule, Rule::OutsidePeriod);
        assert!(refusal.detail.contains("from 2020-01-01 to 2025-12-31 and from 2027-01-01"), "{refusal}");
        let twice = [sets[0].clone(), rule_set("grant", (day(2020, 1, 1), None), 3)];
        assert_eq!(no_overlapping_rule_sets(&twice).unwrap_err().0[0].pointer, "/1/valid");
    }

    #[test]
    fn an_uncertain_set_says_why_and_is_accepted_version_by_version() {
        let new = NewRuleMark {
            code: "year-place",
            valid: (day(2027, 1, 1), None),
            source: "Folkbildningsrådet, kommande villkor för förstärkningsbidrag",
            verified: false,
            note: None,
        };
        assert_eq!(new.validate().unwrap_err().0[0].pointer, "/note");
        let mark =
            NewRuleMark { note: Some("What a year place is, is not public."), ..new }.validate().unwrap();
        let refusals = may_be_certified([&mark, &mark], &[]).unwrap_err();
        assert_eq!((refusals.0.len(), refusals.0[0].pointer.as_str()), (1, "/rules/year-place"));
        let acceptance = RuleAcceptance {
            code: mark.code.clone(),
            valid_from: mark.valid.from(),
            version: 1,
            by: PersonId::from_uuid(uuid::Uuid::from_u128(1)),
            on: day(2027, 2, 1),
        };
        may_be_certified([&mark], std::slice::from_ref(&acceptance)).unwrap();
        assert!(may_be_certified([&RuleMark { version: 2, ..mark }], &[acceptance]).is_err());
    }
}

//! Year places (årsplatser), and in which unit each part of the state grant is distributed.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU32;

use chrono::NaiveDate;

use super::Ledger;
use crate::code::{Code, coded};
use crate::fraction::{Fraction, Percent};
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::rule_set::{RuleMark, RuleSet, codes, counting, rules_on};

coded! {
    /// In what the state grant is measured.
    GrantUnit("unit of a grant") {
        /// Deltagarvecka.
        ParticipantWeek = "participant-week",
        /// Årsplats.
        YearPlace = "year-place",
    }
}

/// What a year place is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct YearPlaceRules {
    /// How many course days of a full-time participant make one, 1 to 366.
    pub days: NonZeroU32,
    /// The course types whose days count.
    pub course_types: BTreeSet<Code>,
}

impl YearPlaceRules {
    fn counts(&self, course_type: Option<&Code>) -> bool {
        course_type.is_some_and(|course_type| self.course_types.contains(course_type))
    }
}

/// What a year place is, as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewYearPlaceRules<'a> {
    /// 1 to 366.
    pub days: u32,
    /// At least one code, each once.
    pub course_types: &'a [&'a str],
}

impl NewYearPlaceRules<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/days`, `/courseTypeCodes` and its elements.
    pub fn validate(self) -> Result<YearPlaceRules, Refusals> {
        let mut refusals = Refusals::default();
        let days = refusals.note("/days", counting(self.days, 366));
        let course_types = codes("/courseTypeCodes", self.course_types, &mut refusals);
        match (days, refusals.finish()) {
            (Some(days), Ok(())) => Ok(YearPlaceRules { days, course_types }),
            (None, finished) | (_, finished @ Err(_)) => Err(finished.err().unwrap_or_default()),
        }
    }
}

coded! {
    /// A part of the ordinary state grant.
    GrantPartKind("part of the state grant") {
        /// Organisationsbidrag.
        Organisation = "organisation",
        /// Verksamhetsbidrag.
        Activity = "activity",
        /// Förstärkningsbidrag, from 2027 the general one (allmänt förstärkningsbidrag).
        Reinforcement = "reinforcement",
        /// Bidrag för språkligt stöd.
        LanguageSupport = "language-support",
    }
}

/// A part of the grant and how it is distributed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct GrantPart {
    /// Which.
    pub kind: GrantPartKind,
    /// Its share of the whole grant, where it is known.
    pub share: Option<Percent>,
    /// In which unit it is distributed; none where it does not follow from what was held.
    pub unit: Option<GrantUnit>,
}

/// How the grant is made up: its parts, each once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GrantModel {
    parts: Vec<GrantPart>,
}

impl GrantModel {
    /// A model of these parts.
    ///
    /// # Errors
    /// [`Rule::Required`] at `/parts` without any; [`Rule::Duplicate`] at `/parts/{n}`; [`Rule::OutOfRange`] at
    /// `/parts` when the shares add up to more than the whole.
    pub fn new(parts: &[GrantPart]) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        if parts.is_empty() {
            refusals.0.push(Refusal::new(Rule::Required, "a grant has at least one part").at("/parts"));
        }
        for (place, part) in parts.iter().enumerate() {
            if parts.iter().take(place).any(|earlier| earlier.kind == part.kind) {
                let detail = format!("the part {} stands twice", part.kind);
                refusals.0.push(Refusal::new(Rule::Duplicate, detail).at(&format!("/parts/{place}")));
            }
        }
        let percent: u32 =
            parts.iter().filter_map(|part| part.share).map(|share| u32::from(share.percent())).sum();
        if percent > 100 {
            let detail = format!("the parts make {percent} percent of the grant");
            refusals.0.push(Refusal::new(Rule::OutOfRange, detail).at("/parts"));
        }
        refusals.finish().map(|()| Self { parts: parts.to_vec() })
    }

    /// The parts.
    #[must_use]
    pub fn parts(&self) -> &[GrantPart] {
        &self.parts
    }
}

/// Which rules say what a year place is.
#[derive(Clone, Copy, Debug)]
pub enum YearPlaceBy<'r> {
    /// Those that hold on each day.
    InForce(&'r [RuleSet<YearPlaceRules>]),
    /// These, also for days on which they do not hold: what last autumn would have been.
    AsIf(&'r RuleSet<YearPlaceRules>),
}

impl<'r> YearPlaceBy<'r> {
    fn on(self, day: NaiveDate) -> Result<&'r RuleSet<YearPlaceRules>, Refusal> {
        match self {
            Self::InForce(sets) => rules_on("year places", sets, day),
            Self::AsIf(set) => Ok(set),
        }
    }
}

/// A measured amount, and what it was measured by.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Measure<'r> {
    /// In what.
    pub unit: GrantUnit,
    /// How much, exactly.
    pub amount: Fraction,
    /// The rules that were used, each once, the earliest first.
    pub rules: Vec<&'r RuleMark>,
    /// Whether rules were used for days on which they do not hold.
    pub as_if: bool,
}

impl<'r> Measure<'r> {
    /// Nothing of a unit.
    #[must_use]
    pub fn none(unit: GrantUnit) -> Self {
        Self { unit, amount: Fraction::ZERO, rules: Vec::new(), as_if: false }
    }

    /// Whether all rules that were used are verified.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.rules.iter().all(|rule| rule.verified)
    }

    fn add(&mut self, amount: Fraction, day: NaiveDate, rules: impl IntoIterator<Item = &'r RuleMark>) {
        self.amount = self.amount + amount;
        for rule in rules {
            self.as_if |= !rule.valid.contains(day);
            if !self.rules.contains(&rule) {
                self.rules.push(rule);
                self.rules.sort_by_key(|rule| (rule.valid.from(), rule.code.clone()));
            }
        }
    }
}

/// The participant weeks of ledgers within a period.
#[must_use]
pub fn participant_weeks<'r>(ledgers: &[Ledger<'r>], period: &Period) -> Measure<'r> {
    let mut measure = Measure::none(GrantUnit::ParticipantWeek);
    for day in ledgers.iter().flat_map(|ledger| ledger.counted(period)) {
        measure.add(day.weeks, day.day, [day.rule]);
    }
    measure
}

/// The year places of ledgers within a period: full-time days of the course types that count, over the days of a year
/// place.
///
/// # Errors
/// [`Rule::OutsidePeriod`] for a day that counts and on which no rules say what a year place is.
pub fn year_places<'r>(
    ledgers: &[Ledger<'r>],
    period: &Period,
    by: YearPlaceBy<'r>,
) -> Result<Measure<'r>, Refusal> {
    let mut measure = Measure::none(GrantUnit::YearPlace);
    for ledger in ledgers {
        for day in ledger.counted(period) {
            let set = by.on(day.day)?;
            if set.rules.counts(ledger.course_type.as_ref()) {
                measure.add(day.share.over(set.rules.days), day.day, [day.rule, &set.mark]);
            }
        }
    }
    Ok(measure)
}

/// What each part of the grant is distributed by within a period, in the unit that the model in force on each day says.
/// A period in which the unit changes has both, each for its own days.
///
/// # Errors
/// [`Rule::OutsidePeriod`] for a day that counts and on which no model holds, or no rules say what a year place is.
pub fn grant_measures<'r>(
    ledgers: &[Ledger<'r>],
    period: &Period,
    models: &'r [RuleSet<GrantModel>],
    by: YearPlaceBy<'r>,
) -> Result<BTreeMap<(GrantPartKind, GrantUnit), Measure<'r>>, Refusal> {
    let mut measures: BTreeMap<(GrantPartKind, GrantUnit), Measure<'r>> = BTreeMap::new();
    for ledger in ledgers {
        for day in ledger.counted(period) {
            let model = rules_on("the make-up of the grant", models, day.day)?;
            for part in model.rules.parts() {
                let Some(unit) = part.unit else { continue };
                let measure = measures.entry((part.kind, unit)).or_insert_with(|| Measure::none(unit));
                match unit {
                    GrantUnit::ParticipantWeek => measure.add(day.weeks, day.day, [day.rule, &model.mark]),
                    GrantUnit::YearPlace => {
                        let set = by.on(day.day)?;
                        if set.rules.counts(ledger.course_type.as_ref()) {
                            let amount = day.share.over(set.rules.days);
                            measure.add(amount, day.day, [day.rule, &model.mark, &set.mark]);
                        }
                    }
                }
            }
        }
    }
    Ok(measures)
}

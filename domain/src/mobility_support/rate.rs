//! What a region pays for a participant week.

use crate::code::Code;
use crate::organisation::ReportTerm;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::rule_set::{NewRuleMark, RuleSet};

/// The name of rates that hold for every region without one of its own.
const GENERAL: &str = "mobility-rate";

/// What is paid for a participant week at full time. Kept as a set of rules, so that it has days, a source, and says
/// whether it is verified.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rate {
    /// The home region that pays; none for all that have no rate of their own.
    pub region: Option<Code>,
    /// In öre, 0 to 10 000 000.
    pub ore_per_week: i64,
}

/// A rate as someone enters it. Its name follows from the region.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewRate<'a> {
    /// A region's code; none for all that have no rate of their own.
    pub region: Option<&'a str>,
    /// In öre, 0 to 10 000 000.
    pub ore_per_week: i64,
    /// Days, source and certainty; [`NewRuleMark::code`] is not read.
    pub mark: NewRuleMark<'a>,
}

impl NewRate<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/regionCode` and `/orePerWeek`; as [`NewRuleMark::validate`].
    pub fn validate(self) -> Result<RuleSet<Rate>, Refusals> {
        let mut refusals = Refusals::default();
        let region = self.region.and_then(|raw| refusals.note("/regionCode", Code::new(raw)));
        let name = region.as_ref().map_or(GENERAL.to_owned(), |region| format!("{GENERAL}-{region}"));
        if !(0..=10_000_000).contains(&self.ore_per_week) {
            let detail = "a rate is 0 to 10 000 000 öre for a week";
            refusals.0.push(Refusal::new(Rule::OutOfRange, detail).at("/orePerWeek"));
        }
        match (NewRuleMark { code: &name, ..self.mark }.validate(), refusals.finish()) {
            (Ok(mark), Ok(())) => {
                Ok(RuleSet { mark, rules: Rate { region, ore_per_week: self.ore_per_week } })
            }
            (mark, finished) => {
                let mut all = finished.err().unwrap_or_default();
                all.0.extend(mark.err().unwrap_or_default().0);
                Err(all)
            }
        }
    }
}

/// The rate of a home region for a term: its own, else the general one; none where neither is known.
#[must_use]
pub fn rate_for<'r>(
    rates: &'r [RuleSet<Rate>],
    region: &Code,
    term: ReportTerm,
) -> Option<&'r RuleSet<Rate>> {
    let day = term.first_certain_day();
    let of = |wanted: Option<&Code>| {
        rates.iter().find(|set| set.rules.region.as_ref() == wanted && set.mark.valid.contains(day))
    };
    of(Some(region)).or_else(|| of(None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mobility_support::seed;
    use crate::rule_set::no_overlapping_rule_sets;

    #[test]
    fn a_region_has_its_own_rate_or_the_general_one() {
        let rates = seed::rates().unwrap();
        no_overlapping_rule_sets(&rates).unwrap();
        let of = |region, term| {
            rate_for(&rates, &Code::new(region).unwrap(), ReportTerm::parse(term).unwrap())
                .map(|rate| rate.rules.ore_per_week)
        };
        assert_eq!((of("12", "2022vt"), of("18", "2022vt")), (Some(28_800), Some(40_000)));
        assert_eq!((of("12", "2026ht"), of("18", "2026ht")), (Some(40_800), Some(40_800)));
        assert_eq!(of("18", "2024vt"), None, "nobody has published the regions' amounts of that year");
    }

    #[test]
    fn a_wrong_rate_names_every_field() {
        let mark = NewRuleMark { source: " ", ..seed::RATES[0].mark };
        let wrong = NewRate { region: Some("Örebro"), ore_per_week: -1, mark };
        let found: Vec<_> =
            wrong.validate().unwrap_err().0.into_iter().map(|refusal| refusal.pointer).collect();
        assert_eq!(found, ["/regionCode", "/orePerWeek", "/source"]);
    }
}

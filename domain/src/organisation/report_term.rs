//! Report terms: calendar year and half, as authorities ask for them. They are not the school's
//! own terms: there are two a year, and the summer belongs to one of them.

use chrono::{Datelike, NaiveDate};

use crate::code::coded;
use crate::period::{FIRST_DATE, LAST_DATE, Period};
use crate::refusal::{Refusal, Rule};

coded! {
    /// Half of a calendar year in a report, in the order of the year.
    ReportHalf("half of a report year") {
        /// Vårtermin.
        Spring = "vt",
        /// Hösttermin.
        Autumn = "ht",
    }
}

/// A report term, written `2026vt` or `2026ht`. Sorts by time.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ReportTerm {
    /// The calendar year.
    pub year: i32,
    /// Which half.
    pub half: ReportHalf,
}

/// How summer days are counted during a period: from which day they belong to the autumn. Who
/// receives the reports decides it, so that it is a dated row and not a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SummerRule {
    /// The days on which the rule applies.
    pub valid: Period,
    /// Month and day on which the autumn half begins, 1 June to 1 September.
    autumn_from: (u32, u32),
}

impl SummerRule {
    /// A rule for a period.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] at `/autumnFrom` unless it is a day from 1 June to 1 September.
    pub fn new(valid: Period, month: u32, day: u32) -> Result<Self, Refusal> {
        let exists = NaiveDate::from_ymd_opt(2025, month, day).is_some();
        if exists && ((6, 1)..=(9, 1)).contains(&(month, day)) {
            Ok(Self { valid, autumn_from: (month, day) })
        } else {
            let detail = "the autumn half begins on a day from 1 June to 1 September";
            Err(Refusal::new(Rule::OutOfRange, detail).at("/autumnFrom"))
        }
    }

    /// Month and day on which the autumn half begins.
    #[must_use]
    pub fn autumn_from(&self) -> (u32, u32) {
        self.autumn_from
    }
}

impl ReportTerm {
    /// The report term of a day. January to May are spring and September to December autumn; June
    /// to August follow the rule that is valid that day.
    ///
    /// # Errors
    /// [`Rule::OutsidePeriod`] for a summer day for which there is no rule.
    pub fn of(day: NaiveDate, summers: &[SummerRule]) -> Result<Self, Refusal> {
        let half = match day.month() {
            1..=5 => ReportHalf::Spring,
            6..=8 => {
                let rule = summers.iter().find(|rule| rule.valid.contains(day)).ok_or_else(|| {
                    let detail = format!("no rule says to which report term the summer day {day} belongs");
                    Refusal::new(Rule::OutsidePeriod, detail)
                })?;
                if (day.month(), day.day()) < rule.autumn_from {
                    ReportHalf::Spring
                } else {
                    ReportHalf::Autumn
                }
            }
            _ => ReportHalf::Autumn,
        };
        Ok(Self { year: day.year(), half })
    }

    /// Every report term that a period touches, in order.
    ///
    /// # Errors
    /// [`Rule::Required`] for a period without a last day; as [`ReportTerm::of`] for its ends.
    pub fn touched(period: &Period, summers: &[SummerRule]) -> Result<Vec<Self>, Refusal> {
        let last = period
            .to()
            .ok_or_else(|| Refusal::new(Rule::Required, "only a period with a last day has report terms"))?;
        let (mut term, end) = (Self::of(period.from(), summers)?, Self::of(last, summers)?);
        let mut terms = Vec::new();
        while term <= end {
            terms.push(term);
            term = term.next();
        }
        Ok(terms)
    }

    /// The report term that follows.
    #[must_use]
    pub fn next(self) -> Self {
        match self.half {
            ReportHalf::Spring => Self { half: ReportHalf::Autumn, ..self },
            ReportHalf::Autumn => Self { year: self.year + 1, half: ReportHalf::Spring },
        }
    }

    /// The day by which rules for a whole term are looked up: the first that belongs to it whatever is decided about the
    /// summer, 1 January or 1 September.
    #[must_use]
    pub fn first_certain_day(self) -> NaiveDate {
        let month = match self.half {
            ReportHalf::Spring => 1,
            ReportHalf::Autumn => 9,
        };
        NaiveDate::from_ymd_opt(self.year, month, 1).unwrap_or(LAST_DATE)
    }

    /// Reads `2026vt` or `2026ht`.
    ///
    /// # Errors
    /// [`Rule::Format`].
    pub fn parse(raw: &str) -> Result<Self, Refusal> {
        let wrong = || Refusal::new(Rule::Format, "a report term is written as 2026vt or 2026ht");
        let (digits, half) = raw.split_at_checked(4).ok_or_else(wrong)?;
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let year: i32 = digits.parse().map_err(|_| wrong())?;
        if !(FIRST_DATE.year()..=LAST_DATE.year()).contains(&year) {
            return Err(wrong());
        }
        let half = ReportHalf::from_code(half).map_err(|_| wrong())?;
        Ok(Self { year, half })
    }
}

impl std::fmt::Display for ReportTerm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.year, self.half)
    }
}

impl serde::Serialize for ReportTerm {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn rules() -> Vec<SummerRule> {
        let old = Period::new(day(2000, 1, 1), Some(day(2025, 12, 31))).unwrap();
        let new = Period::new(day(2026, 1, 1), None).unwrap();
        vec![SummerRule::new(old, 7, 1).unwrap(), SummerRule::new(new, 8, 1).unwrap()]
    }

    #[test]
    fn the_summer_follows_the_rule_of_its_day() {
        let of = |date| ReportTerm::of(date, &rules()).unwrap().to_string();
        assert_eq!(of(day(2025, 6, 30)), "2025vt");
        assert_eq!(of(day(2025, 7, 1)), "2025ht");
        assert_eq!(of(day(2026, 7, 31)), "2026vt");
        assert_eq!(of(day(2026, 8, 17)), "2026ht");
        assert_eq!(ReportTerm::of(day(1999, 7, 1), &rules()).unwrap_err().rule, Rule::OutsidePeriod);
        assert_eq!(ReportTerm::of(day(1999, 9, 1), &[]).unwrap().to_string(), "1999ht");
        let always = Period::new(day(2000, 1, 1), None).unwrap();
        for (month, day) in [(5, 31), (9, 2), (6, 31), (13, 1)] {
            assert!(SummerRule::new(always, month, day).is_err());
        }
    }

    #[test]
    fn a_course_of_a_school_year_has_two_report_terms() {
        let period = Period::new(day(2026, 8, 17), Some(day(2027, 6, 11))).unwrap();
        let terms: Vec<_> =
            ReportTerm::touched(&period, &rules()).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(terms, ["2026ht", "2027vt"]);
        assert!(ReportTerm::touched(&Period::new(day(2026, 8, 17), None).unwrap(), &rules()).is_err());
    }

    proptest! {
        #[test]
        fn terms_are_read_as_they_are_written_and_follow_time(
            a in 0..73_000u64, b in 0..73_000u64, raw in ".{0,8}",
        ) {
            let rules = [SummerRule::new(Period::new(FIRST_DATE, None).unwrap(), 7, 1).unwrap()];
            let (a, b) = (FIRST_DATE + chrono::Days::new(a.min(b)), FIRST_DATE + chrono::Days::new(a.max(b)));
            let (earlier, later) = (ReportTerm::of(a, &rules).unwrap(), ReportTerm::of(b, &rules).unwrap());
            prop_assert!(earlier <= later);
            prop_assert_eq!(ReportTerm::of(earlier.first_certain_day(), &[]), Ok(earlier));
            prop_assert_eq!(ReportTerm::parse(&earlier.to_string()), Ok(earlier));
            if let Ok(term) = ReportTerm::parse(&raw) {
                prop_assert_eq!(term.to_string(), raw);
            }
        }
    }
}

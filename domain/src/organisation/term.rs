//! Terms (terminer). A school year groups terms.

use chrono::{Datelike, NaiveDate};

use crate::code::coded;
use crate::id::SchoolUnitId;
use crate::period::{FIRST_DATE, LAST_DATE, Period};
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

coded! {
    /// Which of the year's terms.
    TermKind("kind of term") {
        /// Hösttermin: begins in July to December.
        Autumn = "autumn",
        /// Vårtermin: ends in January to July.
        Spring = "spring",
        /// Sommartermin: begins in May to August.
        Summer = "summer",
    }
}

impl TermKind {
    /// The kind that a term of those dates most likely is, for sources that do not say:
    /// summer if it begins in June or July, autumn if in August to December, else spring.
    #[must_use]
    pub fn likely(first_day: NaiveDate) -> Self {
        match first_day.month() {
            6 | 7 => Self::Summer,
            8..=12 => Self::Autumn,
            _ => Self::Spring,
        }
    }

    /// Refuses dates that cannot be a term of the kind, such as an autumn term from January.
    fn admit(self, first: NaiveDate, last: NaiveDate) -> Result<(), Refusal> {
        let (fits, words) = match self {
            Self::Autumn => (first.month() >= 7, "an autumn term begins in July to December"),
            Self::Spring => (last.month() <= 7, "a spring term ends in January to July"),
            Self::Summer => ((5..=8).contains(&first.month()), "a summer term begins in May to August"),
        };
        if fits { Ok(()) } else { Err(Refusal::new(Rule::Conflict, words)) }
    }
}

/// A school year (läsår), by the calendar year in which its autumn term begins. Shown as `2026/27`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SchoolYear(i32);

impl SchoolYear {
    /// The school year whose autumn term begins in that calendar year.
    #[must_use]
    pub fn starting(year: i32) -> Self {
        Self(year)
    }

    /// The calendar year in which its autumn term begins.
    #[must_use]
    pub fn first_year(self) -> i32 {
        self.0
    }

    /// The school year written as it is shown, `2026/27`; 1900/01 to 2198/99.
    ///
    /// # Errors
    /// [`Rule::Format`]; [`Rule::OutOfRange`].
    pub fn new(raw: &str) -> Result<Self, Refusal> {
        let form =
            || Refusal::new(Rule::Format, "a school year is written with both its years, such as 2026/27");
        let (first, _) = raw.split_once('/').ok_or_else(form)?;
        let year = Self(first.parse().map_err(|_| form())?);
        if year.to_string() != raw {
            return Err(form());
        }
        if (FIRST_DATE.year()..LAST_DATE.year()).contains(&year.0) {
            Ok(year)
        } else {
            Err(Refusal::new(Rule::OutOfRange, "a school year lies between 1900/01 and 2198/99"))
        }
    }

    /// First and last day of its two calendar years: an autumn term belongs to the school year
    /// when it begins in the first, any other term when it ends in the second.
    #[must_use]
    pub fn halves(self) -> ((NaiveDate, NaiveDate), (NaiveDate, NaiveDate)) {
        let year = |year| {
            let day = |month, day| NaiveDate::from_ymd_opt(year, month, day).unwrap_or(LAST_DATE);
            (day(1, 1), day(12, 31))
        };
        (year(self.0), year(self.0 + 1))
    }
}

impl std::fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{:02}", self.0, (self.0 + 1).rem_euclid(100))
    }
}

/// A term of the whole organiser or of one school unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Term {
    /// The unit whose term it is; none for a term of the whole organiser.
    pub school_unit: Option<SchoolUnitId>,
    /// Autumn, spring or summer.
    pub kind: TermKind,
    /// First and last day. It always has a last day, at most 366 days after the first.
    pub period: Period,
    /// What people call it, for example "HT 2026"; 1 to 100 characters.
    pub name: Text,
}

impl Term {
    /// The first day.
    #[must_use]
    pub fn first_day(&self) -> NaiveDate {
        self.period.from()
    }

    /// The last day.
    #[must_use]
    pub fn last_day(&self) -> NaiveDate {
        self.period.to().unwrap_or(LAST_DATE)
    }

    /// The school year it belongs to: an autumn term to the one that begins in its year, a
    /// spring term and the summer term after it to the one that ends in theirs.
    #[must_use]
    pub fn school_year(&self) -> SchoolYear {
        SchoolYear(match self.kind {
            TermKind::Autumn => self.first_day().year(),
            TermKind::Spring | TermKind::Summer => self.last_day().year() - 1,
        })
    }
}

/// A term as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewTerm<'a> {
    /// See [`Term::school_unit`].
    pub school_unit: Option<SchoolUnitId>,
    /// A code of [`TermKind`].
    pub kind: &'a str,
    /// The first day.
    pub first_day: NaiveDate,
    /// The last day.
    pub last_day: NaiveDate,
    /// 1 to 100 characters.
    pub name: &'a str,
}

impl NewTerm<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/kind` (also when the dates do not fit the kind), `/firstDay`, `/lastDay` and `/name`.
    pub fn validate(self) -> Result<Term, Refusals> {
        let mut refusals = Refusals::default();
        let Self { school_unit, kind, first_day, last_day, name } = self;
        let kind = refusals.note("/kind", TermKind::from_code(kind));
        let period = Period::new(first_day, Some(last_day)).map_err(|mut refusal| {
            refusal.pointer = if refusal.pointer == "/from" { "/firstDay" } else { "/lastDay" }.to_owned();
            refusal
        });
        let period = refusals.note("", period);
        if period.is_some() {
            if (last_day - first_day).num_days() > 366 {
                let detail = "a term is at most a year long";
                refusals.0.push(Refusal::new(Rule::OutOfRange, detail).at("/lastDay"));
            }
            if let Some(kind) = kind {
                refusals.note("/kind", kind.admit(first_day, last_day));
            }
        }
        let name = refusals.note("/name", Text::line(name, 100));
        match (kind, period, name, refusals.finish()) {
            (Some(kind), Some(period), Some(name), Ok(())) => Ok(Term { school_unit, kind, period, name }),
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// Checks that a term shares no day with another of the same owner and kind. `others` does not
/// hold the term itself.
///
/// # Errors
/// [`Rule::Overlap`] at `/firstDay`, naming the other term.
pub fn no_overlapping_term<'a>(
    term: &Term,
    others: impl IntoIterator<Item = &'a Term>,
) -> Result<(), Refusal> {
    let clash = others.into_iter().find(|other| {
        other.school_unit == term.school_unit
            && other.kind == term.kind
            && other.period.overlaps(&term.period)
    });
    match clash {
        Some(other) => {
            let detail = format!("shares days with the term {} ({})", other.name, other.period);
            Err(Refusal::new(Rule::Overlap, detail).at("/firstDay"))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn term(kind: &str, first_day: NaiveDate, last_day: NaiveDate) -> Result<Term, Refusals> {
        NewTerm { school_unit: None, kind, first_day, last_day, name: "Terminen" }.validate()
    }

    #[test]
    fn terms_belong_to_school_years() {
        let year = |kind, first, last| term(kind, first, last).unwrap().school_year().to_string();
        assert_eq!(year("autumn", day(2026, 8, 17), day(2026, 12, 18)), "2026/27");
        assert_eq!(year("autumn", day(2026, 8, 17), day(2027, 1, 15)), "2026/27");
        assert_eq!(year("spring", day(2027, 1, 11), day(2027, 6, 11)), "2026/27");
        assert_eq!(year("spring", day(2026, 12, 28), day(2027, 6, 11)), "2026/27");
        assert_eq!(year("summer", day(2027, 6, 14), day(2027, 8, 6)), "2026/27");
        assert_eq!(year("autumn", day(1999, 8, 17), day(1999, 12, 18)), "1999/00");
    }

    #[test]
    fn school_years_are_read_as_they_are_shown() {
        for year in ["2026/27", "1999/00", "1900/01"] {
            assert_eq!(SchoolYear::new(year).unwrap().to_string(), year);
        }
        for year in ["2026", "2026/28", "2026/2027", "26/27", "läsåret", "1899/00", "2199/00", "+2026/27", ""]
        {
            assert!(SchoolYear::new(year).is_err(), "{year}");
        }
        let ((autumn, _), (_, spring)) = SchoolYear::starting(2026).halves();
        assert_eq!((autumn, spring), (day(2026, 1, 1), day(2027, 12, 31)));
    }

    #[test]
    fn dates_that_are_not_the_kinds_are_refused() {
        let refusals = term("autumn", day(2027, 1, 11), day(2027, 6, 11)).unwrap_err();
        assert_eq!((refusals.0[0].rule, refusals.0[0].pointer.as_str()), (Rule::Conflict, "/kind"));
        let refusals = term("autumn", day(2026, 12, 18), day(2026, 8, 17)).unwrap_err();
        assert_eq!((refusals.0[0].rule, refusals.0[0].pointer.as_str()), (Rule::PeriodReversed, "/lastDay"));
        assert!(term("hösttermin", day(2026, 8, 17), day(2026, 12, 18)).is_err());
        assert_eq!(term("autumn", day(2026, 8, 17), day(2027, 12, 18)).unwrap_err().0[0].pointer, "/lastDay");
        for first in [day(2026, 1, 8), day(2026, 6, 15), day(2026, 8, 17)] {
            let last = first + chrono::Days::new(40);
            assert!(term(TermKind::likely(first).code(), first, last).is_ok());
        }
    }

    #[test]
    fn terms_of_one_owner_and_kind_do_not_overlap() {
        let autumn = term("autumn", day(2026, 8, 17), day(2026, 12, 18)).unwrap();
        let spring = term("spring", day(2026, 12, 14), day(2027, 6, 11)).unwrap();
        let again = term("autumn", day(2026, 12, 18), day(2027, 1, 20)).unwrap();
        let own =
            Term { school_unit: Some(SchoolUnitId::from_uuid(uuid::Uuid::from_u128(3))), ..again.clone() };
        assert!(no_overlapping_term(&autumn, [&spring, &own]).is_ok());
        let refusal = no_overlapping_term(&autumn, [&spring, &again]).unwrap_err();
        assert_eq!((refusal.rule, refusal.pointer.as_str()), (Rule::Overlap, "/firstDay"));
    }
}

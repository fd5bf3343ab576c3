//! Sums of attendance, and shares of them.
//!
//! A number that people compare says what it is: every figure carries its unit, its denominator, how late arrivals are
//! counted, and its days. What is not reported is never counted as present, and where nothing is to be counted there is
//! no share, which is not 0 per cent.

use chrono::NaiveDate;

use super::{Ledger, Mark};
use crate::code::coded;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};

/// Into how many parts a lesson is divided when lessons are counted by share: 2⁴ · 3² · 5² · 7 · 11 · 13. Minutes of
/// lessons of 40, 45, 50, 55, 60, 65, 70, 75, 80, 90, 100, 110, 120 and many other minutes are whole parts, so that their
/// shares are exact; of other lengths (85, 95) each share is rounded to a part, within one lesson and so that the lesson
/// stays whole.
pub const PARTS_PER_LESSON: u64 = 3_603_600;

coded! {
    /// In what is counted.
    Unit("unit of attendance") {
        /// Lessons, each as much as any other.
        Lessons = "lessons",
        /// Clock hours, counted in minutes.
        Hours = "hours",
    }
}

impl Unit {
    /// How much one of the unit is in the numbers of [`Sums`]: [`PARTS_PER_LESSON`], or the 60 minutes of an hour.
    #[must_use]
    pub fn whole(self) -> u64 {
        match self {
            Self::Lessons => PARTS_PER_LESSON,
            Self::Hours => 60,
        }
    }
}

coded! {
    /// By what figures are told apart.
    FigureBy("what figures are by") {
        /// One for each participant.
        Participant = "participant",
        /// One for each offering.
        Offering = "offering",
        /// One for each group.
        Group = "group",
        /// One for each school unit.
        SchoolUnit = "school-unit",
        /// One for each week.
        Week = "week",
        /// One for each month.
        Month = "month",
    }
}

coded! {
    /// Of what a share is a share.
    Denominator("denominator of a share") {
        /// Of what was reported. What nobody has registered says nothing of anybody.
        Reported = "reported",
        /// Of what was planned, reported or not.
        Planned = "planned",
    }
}

coded! {
    /// The name of a way in which late arrivals count, as stored and published.
    LateCountsCode("way to count late arrivals") {
        /// See [`LateCounts::AsPresent`].
        AsPresent = "as-present",
        /// See [`LateCounts::ByShare`].
        ByShare = "by-share",
        /// See [`LateCounts::AsAbsentFrom`].
        AsAbsentFrom = "as-absent-from",
    }
}

/// How somebody who missed a part of a lesson is counted where lessons are counted. Hours are always counted by the
/// minute.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum LateCounts {
    /// As present in the whole lesson.
    #[default]
    AsPresent,
    /// By the share of the lesson.
    ByShare,
    /// As absent from the whole lesson from this many missed minutes, 1 to 1440, and before as present.
    AsAbsentFrom(u32),
}

impl LateCounts {
    /// Absent from this many minutes.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] unless it is 1 to 1440.
    pub fn absent_from(minutes: u32) -> Result<Self, Refusal> {
        if (1..=1440).contains(&minutes) {
            Ok(Self::AsAbsentFrom(minutes))
        } else {
            Err(Refusal::new(Rule::OutOfRange, "is 1 to 1440 minutes"))
        }
    }

    /// Its code.
    #[must_use]
    pub fn code(self) -> LateCountsCode {
        match self {
            Self::AsPresent => LateCountsCode::AsPresent,
            Self::ByShare => LateCountsCode::ByShare,
            Self::AsAbsentFrom(_) => LateCountsCode::AsAbsentFrom,
        }
    }
}

/// How a figure is counted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Setting {
    /// In what.
    pub unit: Unit,
    /// Shares of what.
    pub denominator: Denominator,
    /// What coming late is.
    pub late: LateCounts,
}

impl Setting {
    /// Of what was reported, and late is present, until somebody has decided.
    #[must_use]
    pub const fn unless_decided(unit: Unit) -> Self {
        Self { unit, denominator: Denominator::Reported, late: LateCounts::AsPresent }
    }
}

/// A setting as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewSetting<'a> {
    /// A code of [`Unit`].
    pub unit: &'a str,
    /// A code of [`Denominator`].
    pub denominator: &'a str,
    /// A code of [`LateCountsCode`].
    pub late_counts: &'a str,
    /// From how many minutes, 1 to 1440; only with [`LateCountsCode::AsAbsentFrom`].
    pub absent_from_minutes: Option<u32>,
}

impl NewSetting<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/unit`, `/denominator` and `/lateCounts`; at `/absentFromMinutes` [`Rule::Required`] where it belongs to the
    /// way of counting, [`Rule::Conflict`] where it does not, and [`Rule::OutOfRange`].
    pub fn validate(self) -> Result<Setting, Refusals> {
        let Self { unit, denominator, late_counts, absent_from_minutes } = self;
        let mut refusals = Refusals::default();
        let unit = refusals.note("/unit", Unit::from_code(unit));
        let denominator = refusals.note("/denominator", Denominator::from_code(denominator));
        let late = refusals.note("/lateCounts", LateCountsCode::from_code(late_counts)).and_then(|code| {
            let late = match (code, absent_from_minutes) {
                (LateCountsCode::AsPresent, None) => Ok(LateCounts::AsPresent),
                (LateCountsCode::ByShare, None) => Ok(LateCounts::ByShare),
                (LateCountsCode::AsAbsentFrom, Some(minutes)) => LateCounts::absent_from(minutes),
                (LateCountsCode::AsAbsentFrom, None) => Err(Refusal::new(Rule::Required, "must be given")),
                (LateCountsCode::AsPresent | LateCountsCode::ByShare, Some(_)) => {
                    Err(Refusal::new(Rule::Conflict, format!("does not go with {code}")))
                }
            };
            refusals.note("/absentFromMinutes", late)
        });
        match (unit, denominator, late, refusals.finish()) {
            (Some(unit), Some(denominator), Some(late), Ok(())) => Ok(Setting { unit, denominator, late }),
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

/// One person in one lesson in which they are expected.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fact {
    /// The school day of the lesson.
    pub day: NaiveDate,
    /// Its length in minutes, as it is now.
    pub length: u32,
    /// Whether it is held; a cancelled lesson counts in nothing.
    pub is_held: bool,
    /// What is registered; none where nobody has.
    pub mark: Option<Mark>,
}

/// Numbers that add up: `present + authorised + unauthorised + other` is [`Sums::reported`], and with `unreported` it is
/// [`Sums::planned`]. In minutes, or in parts of a lesson ([`Unit::whole`]).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Sums {
    /// There.
    pub present: u64,
    /// Authorised absence.
    pub authorised: u64,
    /// Unauthorised absence.
    pub unauthorised: u64,
    /// In another activity of the school.
    pub other: u64,
    /// Nobody has registered anything.
    pub unreported: u64,
}

impl Sums {
    /// What was registered.
    #[must_use]
    pub fn reported(&self) -> u64 {
        self.present + self.authorised + self.unauthorised + self.other
    }

    /// What was in the schedule and held, or will be: everything that was not cancelled.
    #[must_use]
    pub fn planned(&self) -> u64 {
        self.reported() + self.unreported
    }

    /// Absence, authorised or not.
    #[must_use]
    pub fn absent(&self) -> u64 {
        self.authorised + self.unauthorised
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            present: self.present + other.present,
            authorised: self.authorised + other.authorised,
            unauthorised: self.unauthorised + other.unauthorised,
            other: self.other + other.other,
            unreported: self.unreported + other.unreported,
        }
    }

    /// So many times the same.
    #[must_use]
    pub fn times(self, times: u64) -> Self {
        Self {
            present: self.present * times,
            authorised: self.authorised * times,
            unauthorised: self.unauthorised * times,
            other: self.other * times,
            unreported: self.unreported * times,
        }
    }

    /// What one fact comes to.
    #[must_use]
    pub fn of(fact: &Fact, unit: Unit, late: LateCounts) -> Self {
        if !fact.is_held || fact.length == 0 {
            return Self::default();
        }
        let ledger = fact.mark.map(|mark| mark.ledger(fact.length));
        match (unit, ledger) {
            (Unit::Hours, None) => Self { unreported: u64::from(fact.length), ..Self::default() },
            (Unit::Hours, Some(ledger)) => Self {
                present: ledger.present().into(),
                authorised: ledger.authorised().into(),
                unauthorised: ledger.unauthorised().into(),
                other: ledger.other().into(),
                unreported: 0,
            },
            (Unit::Lessons, None) => Self { unreported: PARTS_PER_LESSON, ..Self::default() },
            (Unit::Lessons, Some(ledger)) => lesson(&ledger, late),
        }
    }
}

impl std::iter::Sum for Sums {
    fn sum<I: Iterator<Item = Self>>(sums: I) -> Self {
        sums.fold(Self::default(), Self::plus)
    }
}

/// One lesson of a person.
fn lesson(ledger: &Ledger, late: LateCounts) -> Sums {
    let whole = PARTS_PER_LESSON;
    let missed = ledger.authorised() + ledger.unauthorised();
    let is_partly = ledger.present() > 0 && missed > 0;
    let ledger = match late {
        LateCounts::ByShare => *ledger,
        LateCounts::AsAbsentFrom(minutes) if is_partly && missed >= minutes => {
            let authorised = ledger.authorised() > 0;
            Mark::Absent { authorised }.ledger(ledger.length())
        }
        LateCounts::AsPresent | LateCounts::AsAbsentFrom(_) if is_partly => {
            Mark::Present(super::Missed::NOTHING).ledger(ledger.length())
        }
        LateCounts::AsPresent | LateCounts::AsAbsentFrom(_) => *ledger,
    };
    // At most two of the four are above zero: absence is rounded to the nearest part, half a part up, and presence or
    // the rest of the lesson is what remains.
    let share = |minutes: u32| {
        let length = u64::from(ledger.length());
        (u64::from(minutes) * whole * 2 + length) / (length * 2)
    };
    let (authorised, unauthorised) = (share(ledger.authorised()), share(ledger.unauthorised()));
    let rest = whole - authorised - unauthorised;
    let (present, other) = if ledger.other() > 0 { (0, rest) } else { (rest, 0) };
    Sums { present, authorised, unauthorised, other, unreported: 0 }
}

coded! {
    /// What a share is asked of.
    Category("category of attendance") {
        /// See [`Sums::present`].
        Present = "present",
        /// See [`Sums::authorised`].
        Authorised = "authorised",
        /// See [`Sums::unauthorised`].
        Unauthorised = "unauthorised",
        /// Both kinds of absence.
        Absent = "absent",
        /// See [`Sums::other`].
        Other = "other",
    }
}

/// Sums with everything that one must know to compare them.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Figure {
    /// In what, of what, and how late arrivals count.
    pub setting: Setting,
    /// The days.
    pub period: Period,
    /// The numbers.
    pub sums: Sums,
}

impl Figure {
    /// A number of [`Figure::sums`] in hundredths of the unit (of a lesson, of an hour), half a hundredth rounded up.
    /// Rounded numbers may differ from their rounded sum by some hundredths; [`Figure::sums`] add up exactly.
    #[must_use]
    pub fn hundredths(&self, number: u64) -> u64 {
        rounded(number, 100, self.setting.unit.whole())
    }

    /// How much a category has, in minutes or parts of a lesson.
    #[must_use]
    pub fn of(&self, category: Category) -> u64 {
        match category {
            Category::Present => self.sums.present,
            Category::Authorised => self.sums.authorised,
            Category::Unauthorised => self.sums.unauthorised,
            Category::Absent => self.sums.absent(),
            Category::Other => self.sums.other,
        }
    }

    /// That of which shares are shares, in minutes or parts of a lesson.
    #[must_use]
    pub fn base(&self) -> u64 {
        match self.setting.denominator {
            Denominator::Reported => self.sums.reported(),
            Denominator::Planned => self.sums.planned(),
        }
    }

    /// The share of what was planned that nobody has reported yet, in per mille, half a per mille rounded up. None where
    /// nothing was planned.
    #[must_use]
    pub fn unreported_per_mille(&self) -> Option<u16> {
        let planned = self.sums.planned();
        (planned > 0).then(|| u16::try_from(rounded(self.sums.unreported, 1000, planned)).unwrap_or(1000))
    }

    /// A category's share in per mille, 0 to 1000, half a per mille rounded up; each by itself, so that the rounded
    /// shares may sum to a few more or less than 1000. None where there is nothing to be a share of.
    #[must_use]
    pub fn per_mille(&self, category: Category) -> Option<u16> {
        let base = self.base();
        (base > 0).then(|| u16::try_from(rounded(self.of(category), 1000, base)).unwrap_or(1000))
    }
}

/// `number · by / of`, half rounded up; `of` is not 0.
fn rounded(number: u64, by: u64, of: u64) -> u64 {
    let exact = (u128::from(number) * u128::from(by) * 2 + u128::from(of)) / (u128::from(of) * 2);
    u64::try_from(exact).unwrap_or(u64::MAX)
}

/// Facts that are alike, counted together: what a database adds up, so that no row is read for each lesson of each person.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    /// What each of them is. Its day is one of those that are counted together.
    pub fact: Fact,
    /// How many.
    pub times: u64,
}

/// The figure of facts that are counted together; they all lie within the period.
#[must_use]
pub fn figure_of_counted<'a>(
    counted: impl IntoIterator<Item = &'a Counted>,
    setting: Setting,
    period: Period,
) -> Figure {
    let each = counted.into_iter().map(|of| Sums::of(&of.fact, setting.unit, setting.late).times(of.times));
    Figure { setting, period, sums: each.sum() }
}

/// The figure of the facts whose days lie within a period.
#[must_use]
pub fn figure<'a>(facts: impl IntoIterator<Item = &'a Fact>, setting: Setting, period: Period) -> Figure {
    let within = facts.into_iter().filter(|fact| period.contains(fact.day));
    let sums = within.map(|fact| Sums::of(fact, setting.unit, setting.late)).sum();
    Figure { setting, period, sums }
}

#[cfg(test)]
#[path = "statistics_tests.rs"]
pub(super) mod tests;

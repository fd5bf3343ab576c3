//! Stated reasons for absence (frånvaroorsaker): why somebody was absent, where an organiser has decided to ask for it.
//!
//! By default nothing is known of absence but whether it is authorised. A reason says something of a person's health or
//! family: it is a code and never free text, it is kept apart from what is registered and reported, it counts in no figure
//! and finds nobody, and it is forgotten after some days (data minimisation and storage limitation: GDPR article 5.1 c, e).

use chrono::{Days, NaiveDate};

use super::{AbsenceReport, Ender, Registered};
use crate::{
    code::{Code, CodeEntry, Table, find},
    id::{AbsenceReportId, LessonId, PersonId},
    refusal::{Refusal, Rule},
};

/// Whether reasons are asked for, and for how long they are kept: an organiser's decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReasonRule {
    is_asked: bool,
    kept_days: u16,
}

impl ReasonRule {
    /// Nobody is asked. Where somebody decides otherwise, reasons are kept for 14 days: until the absence of the week before
    /// has been gone through. No law names a number.
    pub const UNLESS_DECIDED: Self = Self { is_asked: false, kept_days: 14 };
    /// The longest that a reason is kept, in days: a quarter of a year.
    pub const LONGEST: u16 = 90;

    /// Whether reasons are asked for, and for how many days after the absence they are kept, 1 to [`Self::LONGEST`].
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] at `/reasonsKeptDays`.
    pub fn new(is_asked: bool, kept_days: u16) -> Result<Self, Refusal> {
        if (1..=Self::LONGEST).contains(&kept_days) {
            Ok(Self { is_asked, kept_days })
        } else {
            let detail = format!("is 1 to {} days", Self::LONGEST);
            Err(Refusal::new(Rule::OutOfRange, detail).at("/reasonsKeptDays"))
        }
    }

    /// Whether they are asked for.
    #[must_use]
    pub fn is_asked(self) -> bool {
        self.is_asked
    }

    /// See [`ReasonRule::new`].
    #[must_use]
    pub fn kept_days(self) -> u16 {
        self.kept_days
    }

    /// The first day of absence of which a reason is still kept today; none where reasons are not asked for, so that
    /// nothing is kept.
    #[must_use]
    pub fn first_kept(self, today: NaiveDate) -> Option<NaiveDate> {
        self.is_asked.then(|| today - Days::new(self.kept_days.into()))
    }

    /// The last day on which the reason for absence on a day is kept.
    #[must_use]
    pub fn kept_until(self, day: NaiveDate) -> NaiveDate {
        day + Days::new(self.kept_days.into())
    }

    /// A reason for absence on a day, of the table [`Table::AbsenceReason`].
    ///
    /// # Errors
    /// [`Rule::State`] where reasons are not asked for, and for a day whose reason would be forgotten already; at
    /// `/reasonCode` as [`Code::new`] and [`find`].
    pub fn admit(
        self,
        code: &str,
        table: &[CodeEntry],
        day: NaiveDate,
        today: NaiveDate,
    ) -> Result<Code, Refusal> {
        let Some(first) = self.first_kept(today) else {
            let detail = "reasons for absence are not asked for here: what is registered says whether it is authorised";
            return Err(Refusal::new(Rule::State, detail));
        };
        if day < first {
            let detail = format!("reasons are kept for {} days, and {day} is longer ago", self.kept_days);
            return Err(Refusal::new(Rule::State, detail));
        }
        let at = |refusal: Refusal| refusal.at("/reasonCode");
        let code = Code::new(code).map_err(at)?;
        find(Table::AbsenceReason, table, code.as_str(), day).map_err(at)?;
        Ok(code)
    }
}

/// What a reason is the reason for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ReasonAbout {
    /// What somebody missed of a lesson.
    Lesson(LessonId),
    /// What was reported beforehand.
    Report(AbsenceReportId),
}

/// Why somebody was absent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AbsenceReason {
    /// Who.
    pub person: PersonId,
    /// From what.
    pub about: ReasonAbout,
    /// The day of the lesson, or the last day of the report, in Swedish time.
    pub day: NaiveDate,
    /// A code of [`Table::AbsenceReason`].
    pub code: Code,
}

impl Registered {
    /// Checks that there is absence to give a reason for: a whole lesson, or minutes of it.
    ///
    /// # Errors
    /// [`Rule::State`] for one who missed nothing.
    pub fn admit_reason(&self) -> Result<(), Refusal> {
        match self.mark.authorised() {
            Some(_) => Ok(()),
            None => Err(Refusal::new(Rule::State, "nothing of the lesson was missed")),
        }
    }
}

impl AbsenceReport {
    /// Checks that somebody may say why the person is absent: whoever reported it, and the school.
    ///
    /// # Errors
    /// [`Rule::NotPermitted`] for another person than the one who reported.
    pub fn admit_reason(&self, by: Ender) -> Result<(), Refusal> {
        self.admit_word_of(
            by,
            "the reason of an absence report is stated by the person who made it, or by the school",
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::{
        attendance::{Extent, Mark, Missed, ReportedBy},
        code::seed::ABSENCE_REASONS,
        id::Id,
    };

    const LONG_AGO: NaiveDate = match NaiveDate::from_ymd_opt(2026, 8, 17) {
        Some(day) => day,
        None => NaiveDate::MIN,
    };

    fn table() -> Vec<CodeEntry> {
        ABSENCE_REASONS.iter().map(|seed| seed.entry().unwrap()).collect()
    }

    fn rule_of(refused: Result<Code, Refusal>) -> (Rule, String) {
        let refused = refused.unwrap_err();
        (refused.rule, refused.pointer)
    }

    #[test]
    fn nobody_is_asked_until_somebody_has_decided_it() {
        let refused = ReasonRule::UNLESS_DECIDED.admit("illness", &table(), LONG_AGO, LONG_AGO);
        assert_eq!(rule_of(refused).0, Rule::State);
        let asked = ReasonRule::new(true, 14).unwrap();
        assert_eq!(asked.admit("illness", &table(), LONG_AGO, LONG_AGO).unwrap().as_str(), "illness");
        let unknown = asked.admit("förkylning", &table(), LONG_AGO, LONG_AGO);
        assert_eq!(rule_of(unknown).1, "/reasonCode");
        for days in [0, 91] {
            assert_eq!(ReasonRule::new(true, days).unwrap_err().pointer, "/reasonsKeptDays");
        }
    }

    proptest! {
        /// A reason is taken on exactly those days on which it is also kept.
        #[test]
        fn what_is_taken_is_kept(asked: bool, kept in 1_u16..=90, ago in 0_u64..200) {
            let rule = ReasonRule::new(asked, kept).unwrap();
            let today = LONG_AGO + Days::new(ago);
            let taken = rule.admit("other", &table(), LONG_AGO, today).is_ok();
            prop_assert_eq!(taken, asked && ago <= u64::from(kept));
            prop_assert_eq!(taken, rule.first_kept(today).is_some_and(|first| first <= LONG_AGO));
            prop_assert_eq!(taken, asked && today <= rule.kept_until(LONG_AGO));
        }

        /// Who missed anything can say why, and nobody else.
        #[test]
        fn only_absence_has_a_reason(late in 0_u32..20, early in 0_u32..20, authorised: bool, kind in 0..3) {
            let mark = match kind {
                0 => Mark::Present(Missed::new(late, early, authorised, 60).unwrap()),
                1 => Mark::Absent { authorised },
                _ => Mark::Other,
            };
            let registered = Registered { mark, ground: None, decided: None };
            let missed = kind == 1 || (kind == 0 && late + early > 0);
            prop_assert_eq!(registered.admit_reason().is_ok(), missed);
        }

        /// Another relative neither reads nor says why.
        #[test]
        fn whoever_reported_says_why(me in 1_u128..4, reporter in 1_u128..4) {
            let person = |number| PersonId::from_uuid(Uuid::from_u128(number));
            let report = AbsenceReport {
                person: person(9),
                extent: Extent::Day(LONG_AGO),
                reported_by: ReportedBy::Relative(person(reporter)),
                reported_at: LONG_AGO.and_hms_opt(6, 0, 0).unwrap().and_utc(),
                ended_at: None,
            };
            prop_assert_eq!(report.admit_reason(Ender::Person(person(me))).is_ok(), me == reporter);
            prop_assert!(report.admit_reason(Ender::Staff).is_ok());
        }
    }
}

//! The duty to tell those at home the same day when a pupil was absent without a valid reason.

use chrono::{DateTime, NaiveDate, Utc};

use crate::code::coded;
use crate::id::PersonId;
use crate::instant::bounds_of_day;
use crate::period::{FIRST_DATE, Period};
use crate::person::relation::{Adulthood, adulthood};
use crate::refusal::Refusal;

/// To what a row of the table of duties applies.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DutyOf<C> {
    /// Lessons of pupils in the school type with this code.
    SchoolType(C),
    /// Lessons of a holiday school (lovskola), which has no code among the school types: whoever keeps the lessons says
    /// of an offering that it is one. Nothing says so yet.
    HolidaySchool,
}

/// A row of the table of duties: where, and from when until when, the duty holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DutyRow {
    /// To what it applies.
    pub of: DutyOf<String>,
    /// The days on which the duty holds.
    pub valid: Period,
}

/// A row with which a new installation starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DutySeed {
    /// To what it applies.
    pub of: DutyOf<&'static str>,
    /// The first day.
    pub valid_from: NaiveDate,
    /// The last day; none while it is in force.
    pub valid_to: Option<NaiveDate>,
    /// Whether the paragraph follows a public source without contradiction. The first days are the act's own and are
    /// not checked against its transitional provisions.
    pub verified: bool,
    /// The paragraph, and what is uncertain.
    pub source: &'static str,
}

impl DutySeed {
    /// The row as the table keeps it.
    ///
    /// # Errors
    /// As [`Period::new`]; none for [`SAME_DAY_DUTIES`], as a test shows.
    pub fn row(&self) -> Result<DutyRow, Refusal> {
        let of = match self.of {
            DutyOf::SchoolType(code) => DutyOf::SchoolType(code.to_owned()),
            DutyOf::HolidaySchool => DutyOf::HolidaySchool,
        };
        Ok(DutyRow { of, valid: Period::new(self.valid_from, self.valid_to)? })
    }

    const fn since(mut self, first: NaiveDate) -> Self {
        self.valid_from = first;
        self
    }
}

/// A date in the table; an impossible one becomes a date that no check lets pass.
const fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

const fn of(code: &'static str, verified: bool, source: &'static str) -> DutySeed {
    DutySeed { of: DutyOf::SchoolType(code), valid_from: SCHOOL_ACT, valid_to: None, verified, source }
}

/// The first day on which the education act (skollag 2010:800) was applied to education: 1 July 2011.
const SCHOOL_ACT: NaiveDate = date(2011, 7, 1);
/// The preschool class became compulsory with the school year after 30 June 2018 (lag 2017:1115).
const COMPULSORY_PRESCHOOL_CLASS: NaiveDate = date(2018, 7, 1);

const COMPULSORY: &str = "Skollagen 7:17: absence without a valid reason from the compulsory education; the guardians \
                          are told the same day, unless there are special reasons.";
const UPPER: &str = "Skollagen 15:16: as in the compulsory school types, for pupils with guardians.";
const ADAPTED_UPPER: &str = "Skollagen 18:16: as 15:16.";

/// Where the duty holds, by the codes of the table of school types. What is not here has no such duty: folk high
/// schools, municipal adult education and Swedish for immigrants (the participants are adults), preschools, fritidshem
/// and other care (nobody must come).
pub const SAME_DAY_DUTIES: &[DutySeed] = &[
    // Skollagen 7:17 with 7:4 as changed by lag 2017:1115: compulsory since autumn 2018; before, nobody had to come.
    of("FKLASS", false, COMPULSORY).since(COMPULSORY_PRESCHOOL_CLASS),
    // Skollagen 7:17: grundskola.
    of("GR", true, COMPULSORY),
    // Skollagen 7:17: grundsärskola, since 2 July 2023 named anpassad grundskola; SS 12000 keeps the code.
    of("GRS", true, COMPULSORY),
    // Skollagen 7:17: anpassad grundskola under the code of Skolverket's open data.
    of("GRAN", true, COMPULSORY),
    // Skollagen 7:17: träningsskolan is part of the adapted compulsory school (11:3 in its earlier wording).
    of("TR", false, COMPULSORY),
    // Skollagen 7:17: specialskola.
    of("SP", true, COMPULSORY),
    // Skollagen 7:17: sameskola.
    of("SAM", true, COMPULSORY),
    // Skollagen 15:16: gymnasieskola.
    of("GY", true, UPPER),
    // Skollagen 18:16: gymnasiesärskola, since 2 July 2023 named anpassad gymnasieskola; SS 12000 keeps the code.
    of("GYS", true, ADAPTED_UPPER),
    // Skollagen 18:16: anpassad gymnasieskola under the code of Skolverket's open data.
    of("GYAN", true, ADAPTED_UPPER),
    // Skollagen 10:23 and what follows: lovskola; the paragraph of the duty itself and its first day are not checked,
    // so that it holds from the earliest date.
    DutySeed {
        of: DutyOf::HolidaySchool,
        valid_from: FIRST_DATE,
        valid_to: None,
        verified: false,
        source: "Skollagen 10:23 ff. The paragraph of the duty and the day are not checked.",
    },
];

/// Whether the duty holds for a pupil of a school type on a day, in a lesson that is a holiday school's or not.
///
/// It holds for pupils under 18. Where nobody knows the date of birth it holds too: a child must not be passed over,
/// and since nobody has rights over a person of unknown age, it becomes somebody's case.
#[must_use]
pub fn has_duty(
    rows: &[DutyRow],
    school_type: Option<&str>,
    is_holiday_school: bool,
    birth_date: Option<NaiveDate>,
    day: NaiveDate,
) -> bool {
    let holds = rows.iter().filter(|row| row.valid.contains(day)).any(|row| match &row.of {
        DutyOf::SchoolType(code) => school_type == Some(code.as_str()),
        DutyOf::HolidaySchool => is_holiday_school,
    });
    holds && adulthood(birth_date, day) != Adulthood::Adult
}

coded! {
    /// Why a person and not a message must see to it.
    CaseWhy("why it is a case") {
        /// The pupil is protected: how home is reached stands in the handling plan.
        Protected = "protected",
        /// Nobody may be told, as far as the register knows.
        NobodyToTell = "nobody-to-tell",
        /// Those at home were told today that there was no absence, and now there is some.
        AfterCorrection = "after-correction",
    }
}

/// What has been told of a pupil's day so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Told {
    /// Nothing.
    Nothing,
    /// A notice has been sent, or a case been made.
    Once,
    /// A notice was sent and corrected again.
    Corrected,
}

/// A pupil's unauthorised absence in a lesson whose register is closed.
#[derive(Clone, Copy, Debug)]
pub struct Unexcused<'a> {
    /// Whether the duty holds; see [`has_duty`].
    pub is_duty: bool,
    /// Whether the lesson's register is closed; until then a teacher may still be writing.
    pub is_closed: bool,
    /// Minutes of unauthorised absence in the lesson.
    pub unauthorised: u32,
    /// Whether the pupil is protected.
    pub is_protected: bool,
    /// Who may be told: relatives with the right to receive notices on the day. Those banned or barred are not among
    /// them.
    pub guardians: &'a [PersonId],
    /// What has been told today of the same pupil.
    pub told: Told,
}

/// What follows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// A notice, to these persons, each once, in the order of their ids.
    Notice {
        /// To whom.
        to: Vec<PersonId>,
    },
    /// Somebody at the school sees to it.
    Case {
        /// Why.
        why: CaseWhy,
    },
    /// Nothing.
    Nothing,
}

/// What follows from a pupil's absence in one lesson: at most one notice or case for a pupil and a day, whatever the
/// number of lessons. Only after a correction there may be one more, and that is a case.
#[must_use]
pub fn outcome(absence: &Unexcused<'_>) -> Outcome {
    let Unexcused { is_duty, is_closed, unauthorised, is_protected, guardians, told } = *absence;
    if !is_duty || !is_closed || unauthorised == 0 {
        return Outcome::Nothing;
    }
    match told {
        Told::Once => Outcome::Nothing,
        Told::Corrected => Outcome::Case { why: CaseWhy::AfterCorrection },
        Told::Nothing if is_protected => Outcome::Case { why: CaseWhy::Protected },
        Told::Nothing if guardians.is_empty() => Outcome::Case { why: CaseWhy::NobodyToTell },
        Told::Nothing => {
            let mut to = guardians.to_vec();
            to.sort_unstable();
            to.dedup();
            Outcome::Notice { to }
        }
    }
}

/// Who is told that there was no unauthorised absence after all: those who were told of it and may still be told, once,
/// when no unauthorised minute of the day remains in any lesson.
#[must_use]
pub fn correction(
    were_told: &[PersonId],
    may_be_told: &[PersonId],
    is_corrected: bool,
    remaining_minutes: u32,
) -> Vec<PersonId> {
    if is_corrected || remaining_minutes > 0 {
        return Vec::new();
    }
    let mut to: Vec<PersonId> =
        were_told.iter().copied().filter(|person| may_be_told.contains(person)).collect();
    to.sort_unstable();
    to.dedup();
    to
}

/// How a pupil's day stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PupilDay {
    /// Who.
    pub person: PersonId,
    /// Whether the duty holds; see [`has_duty`].
    pub is_duty: bool,
    /// Minutes of unauthorised absence in all lessons of the day whose registers are closed.
    pub unauthorised: u32,
    /// When somebody at home was told: a notice was sent, or a case was seen to.
    pub told_at: Option<DateTime<Utc>>,
    /// Whether somebody has noted special reasons for not telling the same day (särskilda skäl).
    pub has_special_reasons: bool,
}

/// Until when those at home are told of absence on a day: the midnight that ends it, in Europe/Stockholm.
#[must_use]
pub fn deadline(day: NaiveDate) -> DateTime<Utc> {
    bounds_of_day(day).1
}

/// Who has been missed: after the day's end, those whom the duty concerned and of whom nobody at home was told before
/// it. Before the day's end nobody is.
#[must_use]
pub fn missed(day: NaiveDate, pupils: &[PupilDay], now: DateTime<Utc>) -> Vec<PersonId> {
    let deadline = deadline(day);
    let is_missed = |pupil: &&PupilDay| {
        let PupilDay { is_duty, unauthorised, told_at, has_special_reasons, .. } = **pupil;
        let in_time = told_at.is_some_and(|told| told < deadline);
        now >= deadline && is_duty && unauthorised > 0 && !has_special_reasons && !in_time
    };
    pupils.iter().filter(is_missed).map(|pupil| pupil.person).collect()
}

#[cfg(test)]
mod tests {
    use super::super::register::tests::{at, person};
    use super::*;
    use crate::code::seed::SCHOOL_TYPES;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn rows() -> Vec<DutyRow> {
        SAME_DAY_DUTIES.iter().map(|seed| seed.row().unwrap()).collect()
    }

    fn duty(school_type: &str, on: &str) -> bool {
        has_duty(&rows(), Some(school_type), false, Some(day("2010-05-01")), day(on))
    }

    #[test]
    fn every_code_is_one_of_the_school_types() {
        for seed in SAME_DAY_DUTIES {
            let known = match seed.of {
                DutyOf::SchoolType(code) => SCHOOL_TYPES.iter().any(|row| row.code == code),
                DutyOf::HolidaySchool => true,
            };
            assert!(known && !seed.source.is_empty(), "{:?}", seed.of);
        }
        let rows = rows();
        for (place, row) in rows.iter().enumerate() {
            assert!(
                rows.iter().take(place).all(|other| other.of != row.of || !other.valid.overlaps(&row.valid))
            );
        }
    }

    #[test]
    fn the_duty_holds_where_the_law_has_it_and_nowhere_else() {
        let with: Vec<&str> =
            SCHOOL_TYPES.iter().map(|row| row.code).filter(|code| duty(code, "2026-11-24")).collect();
        assert_eq!(with, ["FKLASS", "GR", "GRS", "GRAN", "TR", "SP", "SAM", "GY", "GYS", "GYAN"]);
        assert!(!duty("FKLASS", "2018-06-01") && duty("FKLASS", "2018-08-20"));
        assert!(!has_duty(&rows(), None, false, None, day("2026-11-24")));
        assert!(has_duty(&rows(), None, true, None, day("2026-06-22")), "a holiday school");
    }

    #[test]
    fn until_the_eighteenth_birthday() {
        let born = Some(day("2008-11-24"));
        let on = |text: &str| has_duty(&rows(), Some("GY"), false, born, day(text));
        assert!(on("2026-11-23") && !on("2026-11-24"));
        assert!(has_duty(&rows(), Some("GY"), false, None, day("2026-11-24")), "nobody knows the age");
    }

    fn absence(guardians: &[PersonId]) -> Unexcused<'_> {
        Unexcused {
            is_duty: true,
            is_closed: true,
            unauthorised: 50,
            is_protected: false,
            guardians,
            told: Told::Nothing,
        }
    }

    #[test]
    fn home_is_told_once_and_corrected_once() {
        let home = [person(5), person(4)];
        assert_eq!(outcome(&absence(&home)), Outcome::Notice { to: vec![person(4), person(5)] });
        assert_eq!(outcome(&Unexcused { told: Told::Once, ..absence(&home) }), Outcome::Nothing);
        // The mentor excuses; one of them has been barred meanwhile.
        assert_eq!(correction(&home, &home[..1], false, 0), [person(5)]);
        assert_eq!(correction(&home, &home, false, 10), []);
        assert_eq!(correction(&home, &home, true, 0), []);
        let again = outcome(&Unexcused { told: Told::Corrected, ..absence(&home) });
        assert_eq!(again, Outcome::Case { why: CaseWhy::AfterCorrection });
    }

    #[test]
    fn a_protected_pupil_and_one_with_nobody_to_tell_are_cases() {
        let home = [person(5)];
        let hidden = outcome(&Unexcused { is_protected: true, ..absence(&home) });
        assert_eq!(hidden, Outcome::Case { why: CaseWhy::Protected });
        assert_eq!(outcome(&absence(&[])), Outcome::Case { why: CaseWhy::NobodyToTell });
    }

    #[test]
    fn what_was_not_told_before_midnight_was_missed() {
        let pupil = |number, told: Option<&str>| PupilDay {
            person: person(number),
            is_duty: true,
            unauthorised: 50,
            told_at: told.map(at),
            has_special_reasons: false,
        };
        let pupils = [
            pupil(1, Some("2026-11-24T23:59:59+01:00")),
            pupil(2, Some("2026-11-25T00:00:00+01:00")),
            pupil(3, None),
            PupilDay { has_special_reasons: true, ..pupil(4, None) },
            PupilDay { unauthorised: 0, ..pupil(5, None) },
            PupilDay { is_duty: false, ..pupil(6, None) },
        ];
        let tuesday = day("2026-11-24");
        assert_eq!(missed(tuesday, &pupils, at("2026-11-24T23:59:59+01:00")), []);
        assert_eq!(missed(tuesday, &pupils, at("2026-11-25T00:00:00+01:00")), [person(2), person(3)]);
    }

    proptest! {
        #[test]
        fn at_most_one_notice_a_day_and_none_about_the_protected(
            lessons in proptest::collection::vec((0..3_u32, any::<bool>(), any::<bool>()), 0..12),
            is_protected: bool, home in proptest::collection::vec(1..4_u128, 0..3),
        ) {
            let guardians: Vec<PersonId> = home.into_iter().map(person).collect();
            let (mut told, mut were_told, mut notices, mut corrections) = (Told::Nothing, Vec::new(), 0, 0);
            for (unauthorised, is_closed, is_corrected) in lessons {
                match outcome(&Unexcused { unauthorised, is_closed, is_protected, told, ..absence(&guardians) }) {
                    Outcome::Notice { to } => {
                        prop_assert!(!is_protected && !to.is_empty());
                        (told, were_told) = (Told::Once, to);
                        notices += 1;
                    }
                    Outcome::Case { why } => {
                        prop_assert_eq!(why == CaseWhy::Protected, is_protected && told == Told::Nothing);
                        told = Told::Once;
                    }
                    Outcome::Nothing => {}
                }
                if is_corrected && !correction(&were_told, &guardians, corrections > 0, 0).is_empty() {
                    corrections += 1;
                    told = Told::Corrected;
                }
            }
            prop_assert!(notices <= 1 && corrections <= notices);
        }
    }
}

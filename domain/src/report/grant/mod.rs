//! The state grant (statsbidrag) of a folk high school: participant weeks (deltagarveckor) and year places (årsplatser).
//!
//! Course days, participations and a dated set of rules make a [`Ledger`]: each course day of a participant, how much
//! of a full-time day it is, whether it counts and else why not, and by which rules. Whatever is asked for is a sum
//! over ledger days, so that figures add up however a period is divided, and each explains itself
//! ([`Ledger::explain`]). The two units are two sums over the same days: a change of unit changes no ledger.
//!
//! Nothing is rounded here ([`Fraction`](crate::fraction::Fraction)).

mod counting;
mod course_days;
mod cultural;
mod ledger;
mod rules;
pub mod seed;
mod year_place;

pub use counting::{Basis, GrantCourse};
pub use course_days::{CourseDay, CourseDays, DayForm};
pub use cultural::{
    CountedProgramme, CulturalNotCounted, CulturalProgramme, CulturalRules, NewCulturalRules,
    count_programmes, programme_weeks,
};
pub use ledger::{Ledger, LedgerDay, NotCounted, Stretch, TallyBy, TallyKey, Totals, tally};
pub use rules::{
    Interruption, NewThreshold, NewWeekRules, PartTime, Threshold, ThresholdOf, ThresholdWithin, WeekRules,
};
pub use year_place::{
    GrantModel, GrantPart, GrantPartKind, GrantUnit, Measure, NewYearPlaceRules, YearPlaceBy, YearPlaceRules,
    grant_measures, participant_weeks, year_places,
};

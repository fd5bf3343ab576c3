//! Figures as the interface shows them: each says its unit, what shares are shares of, how late arrivals count, and its
//! days.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;
use skolhus_domain::{
    attendance::{Category, Denominator, Figure, LateCounts, LateCountsCode, Setting, Unit},
    period::Period,
};
use utoipa::ToSchema;

use crate::http::words::{codes, words};

words! {
    /// In what attendance is counted: lessons, each as much as any other, or clock hours, counted by the minute.
    UnitWord("AttendanceUnit") = codes!(Unit);
    /// Of what shares are shares: of what was reported, or of everything that was planned.
    DenominatorWord("AttendanceDenominator") = codes!(Denominator);
    /// How somebody who missed a part of a lesson counts where lessons are counted.
    LateCountsWord("LateArrivalsCount") = codes!(LateCountsCode);
}

/// What everybody must know to compare figures: the same for every viewer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttendanceBasis)]
pub struct BasisDocument {
    /// In what the numbers are.
    #[schema(value_type = UnitWord, example = "lessons")]
    pub unit: &'static str,
    /// Of what the shares are shares.
    #[schema(value_type = DenominatorWord, example = "reported")]
    pub denominator: &'static str,
    /// How somebody who missed a part of a lesson counts where lessons are counted; hours are always counted by the minute.
    #[schema(value_type = LateCountsWord, example = "as-present")]
    pub late_counts: &'static str,
    /// From how many missed minutes a lesson counts as missed; null unless late arrivals count so.
    #[schema(required, example = 15, minimum = 1, maximum = 1440)]
    pub absent_from_minutes: Option<u32>,
    /// The first day that is counted.
    #[schema(example = "2026-08-17")]
    pub from: NaiveDate,
    /// The last day that is counted.
    #[schema(example = "2026-12-18")]
    pub to: NaiveDate,
    /// Only lessons that had begun by then are counted.
    #[schema(example = "2026-11-27T10:00:00Z")]
    pub begun_by: DateTime<Utc>,
}

impl BasisDocument {
    /// The document of how and when is counted.
    #[must_use]
    pub fn of(setting: &Setting, from: NaiveDate, to: NaiveDate, begun_by: DateTime<Utc>) -> Self {
        let Setting { unit, denominator, late } = setting;
        Self {
            unit: unit.code(),
            denominator: denominator.code(),
            late_counts: late.code().code(),
            absent_from_minutes: match late {
                LateCounts::AsAbsentFrom(minutes) => Some(*minutes),
                LateCounts::AsPresent | LateCounts::ByShare => None,
            },
            from,
            to,
            begun_by,
        }
    }
}

/// Numbers in the unit of the basis, to the hundredth (of a lesson, of an hour), and shares in per mille, each rounded by
/// itself. What is not reported is never counted as present.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AttendanceFigure)]
pub struct FigureDocument {
    /// In what the numbers are.
    #[schema(value_type = UnitWord, example = "lessons")]
    pub unit: &'static str,
    /// The first day.
    #[schema(example = "2026-08-17")]
    pub from: NaiveDate,
    /// The last day.
    #[schema(example = "2026-12-18")]
    pub to: NaiveDate,
    /// What was in the schedule, has begun and was not cancelled: reported and unreported together.
    #[schema(example = 40.0, minimum = 0)]
    pub planned: f64,
    /// What was in the schedule, would have begun, and was cancelled; it counts in nothing else.
    #[schema(example = 2.0, minimum = 0)]
    pub cancelled: f64,
    /// What somebody has registered.
    #[schema(example = 38.0, minimum = 0)]
    pub reported: f64,
    /// There.
    #[schema(example = 35.0, minimum = 0)]
    pub present: f64,
    /// Authorised absence (giltig frånvaro).
    #[schema(example = 2.0, minimum = 0)]
    pub authorised: f64,
    /// Unauthorised absence (ogiltig frånvaro).
    #[schema(example = 1.0, minimum = 0)]
    pub unauthorised: f64,
    /// Absence of both kinds.
    #[schema(example = 3.0, minimum = 0)]
    pub absent: f64,
    /// In another activity of the school.
    #[schema(example = 0.0, minimum = 0)]
    pub other: f64,
    /// What nobody has registered yet.
    #[schema(example = 2.0, minimum = 0)]
    pub unreported: f64,
    /// Of what the shares are shares, in the unit.
    #[schema(example = 38.0, minimum = 0)]
    pub base: f64,
    /// The share of presence; null where there is nothing to be a share of.
    #[schema(required, example = 921, minimum = 0, maximum = 1000)]
    pub present_per_mille: Option<u16>,
    /// The share of authorised absence.
    #[schema(required, example = 53, minimum = 0, maximum = 1000)]
    pub authorised_per_mille: Option<u16>,
    /// The share of unauthorised absence.
    #[schema(required, example = 26, minimum = 0, maximum = 1000)]
    pub unauthorised_per_mille: Option<u16>,
    /// The share of absence of both kinds.
    #[schema(required, example = 79, minimum = 0, maximum = 1000)]
    pub absent_per_mille: Option<u16>,
    /// How much of what was planned nobody has reported yet.
    #[schema(required, example = 50, minimum = 0, maximum = 1000)]
    pub unreported_per_mille: Option<u16>,
}

impl FigureDocument {
    /// The document of a figure; `cancelled` is what was cancelled, as if it had been planned.
    #[must_use]
    pub fn of(figure: &Figure, cancelled: u64) -> Self {
        let Figure { setting, period, sums } = figure;
        let number = |number| hundredths(figure.hundredths(number));
        Self {
            unit: setting.unit.code(),
            from: period.from(),
            to: last_day(*period),
            planned: number(sums.planned()),
            cancelled: number(cancelled),
            reported: number(sums.reported()),
            present: number(sums.present),
            authorised: number(sums.authorised),
            unauthorised: number(sums.unauthorised),
            absent: number(sums.absent()),
            other: number(sums.other),
            unreported: number(sums.unreported),
            base: number(figure.base()),
            present_per_mille: figure.per_mille(Category::Present),
            authorised_per_mille: figure.per_mille(Category::Authorised),
            unauthorised_per_mille: figure.per_mille(Category::Unauthorised),
            absent_per_mille: figure.per_mille(Category::Absent),
            unreported_per_mille: figure.unreported_per_mille(),
        }
    }
}

/// Figures are always about a period with a last day.
fn last_day(period: Period) -> NaiveDate {
    period.to().unwrap_or(period.from())
}

/// Hundredths as a number: exact to far beyond what a school can hold.
#[expect(clippy::cast_precision_loss, reason = "below 2^53 hundredths nothing is lost")]
fn hundredths(number: u64) -> f64 {
    number as f64 / 100.0
}

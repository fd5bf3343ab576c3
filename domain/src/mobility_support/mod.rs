//! Mobility support (mobilitetsstöd, formerly landstingsbidrag): what a region pays for its inhabitants who study at a
//! folk high school in another region.
//!
//! An [`Assessment`] is made of a participant in a course in a report term: whether there is support, else why not, and
//! how much. It rests on the same ledger of course days as participant weeks ([`report::grant`](crate::report::grant)),
//! on where the person was registered on the reference date, and on two kinds of dated rules: [`MobilityRules`] and the
//! regions' [`Rate`]s. [`forecast`] adds assessments up by term and region; [`reconcile`] holds that against what was
//! paid.

mod assessment;
mod forecast;
mod home;
mod rate;
mod reconciliation;
mod rules;
pub mod seed;

pub use assessment::{Assessment, CourseInTerm, MobilityOutcome};
pub use forecast::{ForecastLine, forecast, not_due};
pub use home::{HomePeriod, HomeRegion, home_periods, home_region_on, region_of};
pub use rate::{NewRate, Rate, rate_for};
pub use reconciliation::{Cause, CauseKind, Change, Payment, Reconciled, changes, reconcile};
pub use rules::{
    CourseLength, MobilityRules, NewMobilityRules, NewReferenceDate, ReferenceCode, ReferenceDate,
};

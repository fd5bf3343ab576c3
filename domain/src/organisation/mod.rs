//! The organiser and what stands below it: controllers, school units with their codes, sites,
//! terms and days off.

mod controller;
mod day_off;
mod organisation_number;
mod organiser;
mod report_term;
mod school_unit;
mod site;
mod term;

pub use controller::{Controller, ControllerKind, NewController};
pub use day_off::{DayOff, DayOffKind, NewDayOff, school_days, term_days, weekdays};
pub use organisation_number::OrganisationNumber;
pub use organiser::{NewOrganiser, Organiser};
pub use report_term::{ReportHalf, ReportTerm, SummerRule};
pub use school_unit::{NewSchoolUnit, NewUnitCode, SchoolUnit, UnitCode};
pub use site::{MunicipalityCode, NewSite, Site};
pub use term::{NewTerm, SchoolYear, Term, TermKind, no_overlapping_term};

//! Education background (utbildningsbakgrund): what an applicant stated and what the school has certified, side by
//! side. The state grant follows it, so that only what is certified is reported.
//!
//! [`language_support`] stands beside it for the same reason: what is reported rests on the school's own assessment.

mod background;
mod certifier;
pub mod language_support;

pub use background::{
    Certification, EducationBackground, NewCertification, NewStatement, Statement, certify_all,
};
pub use certifier::{Basis, may_certify};

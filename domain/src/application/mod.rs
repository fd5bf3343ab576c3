//! Applications (ansökningar) for places in offerings, and the way to a decision.
//!
//! An application goes through phases; each of its choices, in the applicant's order, is decided by itself. Both are small
//! machines whose states carry exactly the facts that are true in them.
//!
//! ```text
//! draft ─confirm─▶ confirmed ─submit─▶ submitted ─review─▶ under-review ◀─complete── completion-asked
//!                                          └──────ask for completion────────┴──────────────▲
//! (from anywhere) ─withdraw─▶ withdrawn
//!
//! undecided ─admit─▶ offered ─accept─▶ accepted        a choice; `admit` also from reserve and expired,
//!     │                ├─decline─▶ declined            and whatever is open lapses when the application is
//!     ├─reserve─▶ reserve                              withdrawn or a choice before it is accepted
//!     └─reject─▶ rejected   └─expire─▶ expired
//! ```
//!
//! Who is next ([`propose`]), whether somebody may have a state-funded place ([`AgeRules`]) and whether an applicant is
//! already in the register ([`match_applicant`]) are questions of their own. The program proposes; people decide.

mod age;
#[allow(clippy::module_inception, reason = "one thing per file, under its own word")]
mod application;
mod choice;
mod matching;
mod phase;
mod reserve;
mod round;
pub mod seed;

pub use age::{AgeRules, AgeStanding, NewAgeRules, age_standing};
pub use application::{Application, Standing};
pub use choice::{Choice, ChoiceCode, ChoiceState};
pub use matching::{Hit, Matching, Proof, Seen, StatedNumber, match_applicant};
pub use phase::{Phase, PhaseCode};
pub use reserve::{Proposal, Reserve, Stepping, check_place, next_place, propose};
pub use round::{Admits, AdmitsCode, ApplicationRound, LateApplications, NewApplicationRound, Submission};

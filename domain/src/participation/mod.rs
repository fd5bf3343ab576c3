//! Participations: a person in an offering for a period. They are the truth for rosters,
//! attendance, grants and student finance.
//!
//! A participation is a small machine. Its [`State`] carries exactly the facts that are true in
//! it; commands ([`Participation::start`] …) consume it and give the next, or a refusal. What
//! changes while it lasts, pace and funding, are dated [`Parts`].
//!
//! ```text
//! planned ──start──▶ active ──take_study_break──▶ study-break
//!    │                │  ▲──────────resume───────────┘  │
//!  cancel             │                                 │
//!    ▼                ├─────────interrupt───────────────┤
//! cancelled           ▼                                 ▼
//!                 completed                        interrupted
//! ```
//!
//! `correct_state` goes anywhere, with a reason, as long as the facts fit together.
//!
//! A participation is made directly, or it follows the groups that drive its offering
//! ([`Origin`]): [`wanted_days`] says on which days somebody takes part, [`in_step`] what changes.

mod driving;
mod exception;
mod new;
mod origin;
mod overlap;
mod parallel;
#[allow(clippy::module_inception, reason = "one thing per file, under its own word")]
mod participation;
mod parts;
mod record;
mod state;

pub use driving::{Step, in_step, readmitted_to_groups, wanted_days};
pub use exception::{
    ExceptionKind, NewParticipationException, ParticipationException, no_overlapping_exception,
};
pub use new::NewParticipation;
pub use origin::Origin;
pub use overlap::{no_overlapping_participation, occupied_places};
pub use parallel::{ParallelWarning, parallel_warnings};
pub use participation::{Corrected, Participation};
pub use parts::{Part, Parts, Span};
pub use record::{ParticipationRecord, StateRecord};
pub use state::{Reason, State, StateCode};

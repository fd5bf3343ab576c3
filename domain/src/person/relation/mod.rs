//! Relations: what rights one person has over another, and what overrides them.
//!
//! Nothing here follows from kinship. A relation is entered by somebody or delivered by a source,
//! each right stands in it by itself, and whatever would widen access can be made to wait for a
//! second person. Everything fails closed: an unknown date of birth, an unconfirmed relation, a
//! ban, a protected person.

mod ban;
mod carry;
mod clearing;
mod decision;
mod kind;
mod preview;
#[expect(clippy::module_inception, reason = "the aggregate has the capability's name")]
mod relation;
mod right;
mod rule;

pub use ban::{Against, BanKind, BanProposal, BanState, ContactBan};
pub use carry::{Before, Carried, Carries, Carrying, Opens};
pub use clearing::{Clearing, ClearingState};
pub use decision::{Decider, SecondPerson};
pub use kind::RelationKind;
pub use preview::{Between, Span, spans};
pub use relation::{NewRelation, Relation, RelationState, Terms, no_overlapping_relation};
pub use right::{Right, RightSet};
pub use rule::{Adulthood, Situation, adulthood, is_cleared, rights_on};

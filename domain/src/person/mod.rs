//! The capability `person`: who somebody is, how they are reached, and how they are protected.
//!
//! Everything that tells who a person is travels as [`Guarded`]; values that hold such
//! facts print nothing of them in `Debug`, so that no log can tell.

pub mod alias;
pub mod contact;
pub mod duplicate;
pub mod email_address;
pub mod emergency_opening;
pub mod external_identifier;
pub mod guarded;
pub mod handling_plan;
pub mod held_address;
pub mod held_identity_number;
pub mod identity_change;
pub mod identity_number;
pub mod merge;
pub mod name;
pub mod name_key;
pub mod new_person;
pub mod own_contact;
#[expect(clippy::module_inception, reason = "the aggregate has the capability's name")]
pub mod person;
pub mod phone_number;
pub mod postal_address;
pub mod protection;
pub mod relation;
pub mod review;
pub mod sex;
pub mod shared_home;
pub mod source;

pub use alias::Alias;
pub use contact::{
    ContactDetails, ContactDraft, ContactEmail, ContactPhone, EmailDraft, EmailKind, PhoneDraft, PhoneKind,
};
pub use duplicate::{DuplicateCandidate, DuplicateClass, Evidence, Likeness, compare};
pub use email_address::EmailAddress;
pub use emergency_opening::{EmergencyFinding, EmergencyOpening, EmergencyReview};
pub use external_identifier::ExternalIdentifier;
pub use guarded::{ClassPermit, Closed, Grant, Guarded};
pub use handling_plan::{
    HandlingPlan, IntervalDecision, PlanContent, PlanState, ReviewInterval, ShownName, ShownNameKind,
};
pub use held_address::{
    AddressKind, HeldAddress, HeldAddressDraft, PersonAddress, home_municipality_on, registered_on,
};
pub use held_identity_number::{HeldIdentityNumber, HeldIdentityNumberDraft};
pub use identity_change::change_number;
pub use identity_number::{CoordinationStanding, IdentityLevel, IdentityNumber, IdentityNumberKind};
pub use merge::{Added, MergeState, PersonMerge, combine, take_back};
pub use name::{NameDraft, PersonName};
pub use name_key::{KEY_VERSION, search_key_of_query, search_key_of_text, sort_key_of_text};
pub use new_person::{ExternalIdentifierDraft, NewPerson, PersonDraft};
pub use own_contact::{OwnContact, OwnContactChange};
pub use person::{Person, PersonFacts};
pub use phone_number::PhoneNumber;
pub use postal_address::{AddressDraft, PostalAddress};
pub use protection::{Protection, ProtectionDecision, ProtectionReport};
pub use review::{PersonReview, ReviewDecision, ReviewKind, ReviewReason, ReviewState};
pub use sex::Sex;
pub use shared_home::{SharedHome, have_shared_a_home, shared_homes};
pub use source::DataSource;

use crate::refusal::Refusals;

/// Gives types a `Debug` that tells their name and nothing of what they hold.
macro_rules! redacted {
    ($($type:ident),+ $(,)?) => {$(
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($type), "(redacted)"))
            }
        }
    )+};
}
pub(crate) use redacted;

/// Keeps a result's value, or notes all its refusals under `prefix` and goes on.
fn note_all<T>(refusals: &mut Refusals, prefix: &str, result: Result<T, Refusals>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(Refusals(refused)) => {
            refusals.0.extend(refused.into_iter().map(|refusal| refusal.at(prefix)));
            None
        }
    }
}

/// The value, if it is there and nothing was refused.
fn finish_with<T>(refusals: Refusals, value: Option<T>) -> Result<T, Refusals> {
    match value {
        Some(value) if refusals.0.is_empty() => Ok(value),
        _ => Err(refusals),
    }
}

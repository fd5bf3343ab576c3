//! The capability `person`: who somebody is, how they are reached, and how they are protected.
//!
//! Everything that tells who a person is travels as [`Guarded`]; values that hold such
//! facts print nothing of them in `Debug`, so that no log can tell.

pub mod guarded;
pub mod identity_number;
pub mod name;
pub mod name_key;
pub mod protection;
pub mod sex;

pub use guarded::{ClassPermit, Closed, Grant, Guarded};
pub use identity_number::{CoordinationStanding, IdentityLevel, IdentityNumber, IdentityNumberKind};
pub use name::{NameDraft, PersonName};
pub use name_key::{KEY_VERSION, search_key_of_query};
pub use protection::{Protection, ProtectionDecision, ProtectionReport};
pub use sex::Sex;

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

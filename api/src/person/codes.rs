//! The domain's codes as the interface names them. Both sides are matched in full, so that a
//! new value in the domain does not compile before the interface knows it.

use serde::{Deserialize, Serialize};
use skolhus_domain::person as domain;
use utoipa::ToSchema;

macro_rules! mirrored {
    ($($(#[$doc:meta])* $name:ident of $source:path { $($(#[$value_doc:meta])* $variant:ident,)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, ToSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$value_doc])* $variant,)* }

        impl From<$source> for $name {
            fn from(value: $source) -> Self {
                use $source as Source;
                match value { $(Source::$variant => Self::$variant,)* }
            }
        }
        impl From<$name> for $source {
            fn from(value: $name) -> Self {
                match value { $($name::$variant => Self::$variant,)* }
            }
        }
    )*};
}

mirrored! {
    /// Legal sex.
    SexCode of domain::Sex {
        /// Woman (kvinna).
        Woman,
        /// Man.
        Man,
        /// Not stated.
        NotStated,
    }
    /// What an address is used for.
    AddressKindCode of domain::AddressKind {
        /// Where the person is registered (folkbokföringsadress).
        Registered,
        /// Another address to write to.
        Other,
    }
    /// Who told us.
    SourceCode of domain::DataSource {
        /// The population register.
        PopulationRegister,
        /// A member of staff.
        Staff,
        /// The person, or a guardian.
        Person,
        /// Another system.
        Import,
    }
    /// Which rules an identity number follows.
    NumberKindCode of domain::IdentityNumberKind {
        /// Personnummer.
        Personnummer,
        /// Coordination number (samordningsnummer).
        CoordinationNumber,
        /// Interim number.
        InterimNumber,
        /// T number, local to a school unit.
        TNumber,
        /// TF number, local to a school unit.
        TfNumber,
    }
    /// How well the identity behind a coordination number was shown.
    IdentityLevelCode of domain::IdentityLevel {
        /// Uncertain (osäker).
        Uncertain,
        /// Probable (sannolik).
        Probable,
        /// Confirmed (styrkt).
        Confirmed,
    }
    /// How a person is protected.
    ProtectionCode of domain::Protection {
        /// Somebody has said that there is no protection.
        None,
        /// Nobody has said anything.
        NotStated,
        /// Confidentiality marking (sekretessmarkering).
        Marked,
        /// Protected registration (skyddad folkbokföring).
        ProtectedRegistration,
    }
    /// How far a review has come.
    ReviewStateCode of domain::ReviewState {
        /// Nobody has decided.
        Waiting,
        /// The entry was carried out.
        Accepted,
        /// The person was in the register already.
        SamePerson,
        /// The entry was not carried out.
        Rejected,
    }
    /// How likely it is that two records are one person's.
    DuplicateClassCode of domain::DuplicateClass {
        /// Some of it speaks for one person.
        Possible,
        /// Most of it does.
        Likely,
        /// Everything that is known does, by more than name and birth.
        Certain,
    }
    /// Whether a merge holds.
    MergeStateCode of domain::MergeState {
        /// It holds.
        Merged,
        /// It was undone.
        Reversed,
    }
    /// What an entry that waits would do.
    ReviewKindCode of domain::ReviewKind {
        /// Enter a new person.
        Create,
        /// Change a person.
        Update,
    }
    /// What is decided about an entry that waits.
    ReviewDecisionCode of domain::ReviewDecision {
        /// Carry it out.
        Accept,
        /// The person is in the register already.
        SamePerson,
        /// Do not carry it out.
        Reject,
    }
}

//! The roles an account may hold.

use serde::{Deserialize, Serialize};

use super::{ClassSet, InformationClass as Class};

/// A role, given to an account for the whole organiser or for one school unit.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Systemadministratör: organisation, accounts, clients, imports, the audit trail; no persons.
    Administrator,
    /// Rektor: reads everything at the unit that the work needs.
    Principal,
    /// Registrator, expedition: keeps the register.
    Registrar,
    /// Lärare: the participants of the offerings they teach.
    Teacher,
    /// Handläggare för skyddade personuppgifter: the only role that opens protected persons.
    ProtectionOfficer,
    /// Dataskyddsombud: what was done with the data about a person, by whom and why; never the register itself.
    DataProtectionOfficer,
    /// Deltagare, elev: themselves.
    Participant,
    /// Vårdnadshavare: those their relations give rights over.
    Guardian,
    /// An integrator's client: read only, within the scopes granted to it.
    Integrator,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 9] = [
        Self::Administrator,
        Self::Principal,
        Self::Registrar,
        Self::Teacher,
        Self::ProtectionOfficer,
        Self::DataProtectionOfficer,
        Self::Participant,
        Self::Guardian,
        Self::Integrator,
    ];

    /// The role's name in tokens, rows and the interface.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Principal => "principal",
            Self::Registrar => "registrar",
            Self::Teacher => "teacher",
            Self::ProtectionOfficer => "protection-officer",
            Self::DataProtectionOfficer => "data-protection-officer",
            Self::Participant => "participant",
            Self::Guardian => "guardian",
            Self::Integrator => "integrator",
        }
    }

    /// The role of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// The information classes the role opens about *other* persons within its reach.
    /// About oneself see [`Role::OWN`].
    #[must_use]
    pub fn classes(self) -> ClassSet {
        match self {
            Self::Administrator | Self::DataProtectionOfficer | Self::Integrator => {
                ClassSet::of(&[Class::Basic])
            }
            Self::Principal | Self::Registrar => {
                ClassSet::of(&[Class::Basic, Class::Contact, Class::IdentityNumber])
            }
            Self::Teacher => ClassSet::of(&[Class::Basic, Class::Contact]),
            Self::ProtectionOfficer => {
                ClassSet::of(&[Class::Basic, Class::Contact, Class::IdentityNumber, Class::Protected])
            }
            Self::Participant | Self::Guardian => ClassSet::NONE,
        }
    }

    /// What anyone may see about themselves.
    pub const OWN: ClassSet = ClassSet::of(&[
        Class::Basic,
        Class::Contact,
        Class::IdentityNumber,
        Class::AbsenceReason,
        Class::Grade,
        Class::SupportNeed,
        Class::Health,
        Class::Protected,
    ]);
}

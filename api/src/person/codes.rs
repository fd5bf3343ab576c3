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
        /// Another address: where a child lives every other week, a room while studying.
        Other,
    }
    /// What an e-mail address is used for.
    EmailKindCode of domain::EmailKind {
        /// Private.
        Private,
        /// At work.
        Work,
        /// At a school, as a pupil or participant.
        School,
        /// Anything else, or nobody has said.
        Other,
    }
    /// What a phone is used for.
    PhoneKindCode of domain::PhoneKind {
        /// A mobile phone.
        Mobile,
        /// At home.
        Home,
        /// At work.
        Work,
        /// Anything else, or nobody has said.
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
    /// One right that a relation may carry.
    RightCode of domain::relation::Right {
        /// See the person's record, enrolments and participations.
        See,
        /// Report absence.
        ReportAbsence,
        /// Decide: apply, consent, choose.
        Decide,
        /// Receive notices.
        ReceiveNotices,
        /// Collect the person.
        Collect,
    }
    /// What a relation rests on.
    RelationKindCode of domain::relation::RelationKind {
        /// Guardian (vårdnadshavare).
        Guardian,
        /// Specially appointed guardian (särskilt förordnad vårdnadshavare).
        AppointedGuardian,
        /// God man for a child.
        ChildGodMan,
        /// Foster home (familjehem).
        FosterHome,
        /// Somebody to reach, or who collects (kontaktperson).
        ContactOnly,
        /// God man for an adult.
        AdultGodMan,
        /// Förvaltare for an adult.
        Administrator,
        /// What a grown pupil has granted.
        GrantedByAdult,
        /// A source names a relative, and nobody has said yet what that rests on; carries nothing.
        NotStated,
    }
    /// How far a relation has come.
    RelationStateCode of domain::relation::RelationState {
        /// Carries nothing until a second person has confirmed it.
        Waiting,
        /// In force on its days.
        Confirmed,
        /// In force on its days; a change that widens it waits for a second person.
        ChangeWaiting,
        /// A second person said no; carries nothing.
        Rejected,
    }
    /// What a ban rests on.
    BanKindCode of domain::relation::BanKind {
        /// A contact ban (kontaktförbud).
        ContactBan,
        /// A relative who is barred for another reason.
        BarredRelative,
    }
    /// How far a ban has come.
    BanStateCode of domain::relation::BanState {
        /// In force on its days.
        InForce,
        /// In force on its days; a change that would narrow or lift it waits for a second person.
        ChangeWaiting,
    }
    /// How far a clearing has come.
    ClearingStateCode of domain::relation::ClearingState {
        /// Entered; clears nobody until a second person has confirmed it.
        Waiting,
        /// The relative is cleared.
        Confirmed,
        /// A second person said no; clears nobody.
        Rejected,
    }
    /// Which name of a protected person is shown.
    ShownNameCode of domain::ShownNameKind {
        /// The alias that the program made.
        Alias,
        /// Another name, chosen together with the person.
        Chosen,
        /// Their own.
        Own,
    }
    /// How far a handling plan has come.
    PlanStateCode of domain::PlanState {
        /// Nobody has made one.
        Missing,
        /// It holds.
        InForce,
        /// It holds, and somebody should have reviewed it by now.
        ReviewDue,
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

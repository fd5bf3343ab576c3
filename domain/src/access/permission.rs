//! What an operation may require. One table says which roles hold which permission.

use super::{Level, Role};

macro_rules! permissions {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $level:ident, [$($role:ident),*];)*) => {
        /// A permission: one action on one kind of thing.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Permission { $($(#[$doc])* $variant,)* }

        impl Permission {
            /// Every permission.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in the published document, in clients' scopes and in logs.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The lowest level of login at which it may be used.
            #[must_use]
            pub fn level(self) -> Level {
                match self { $(Self::$variant => Level::$level,)* }
            }

            /// The roles that hold it.
            #[must_use]
            pub fn roles(self) -> &'static [Role] {
                match self { $(Self::$variant => &[$(Role::$role,)*],)* }
            }
        }

        /// A type for each permission, so that a handler's signature shows what it requires.
        pub mod declared {
            use super::{Declared, Permission};
            $(
                $(#[$doc])*
                #[derive(Clone, Copy, Debug)]
                pub struct $variant;
                impl Declared for $variant { const PERMISSION: Permission = Permission::$variant; }
            )*
        }
    };
}

/// A permission as a type; see [`declared`].
pub trait Declared: 'static {
    /// The permission.
    const PERMISSION: Permission;
}

permissions! {
    /// Open to everybody, also without a token: logging in, public keys, health.
    Public = "public", Basic, [];
    /// Whatever concerns only the caller's own account; every account holds it.
    OwnAccount = "own-account", Basic, [Administrator, Principal, Registrar, Teacher, ProtectionOfficer, DataProtectionOfficer, Participant, Guardian, Integrator];
    /// Read organisers, controllers, school units, sites, terms and code tables.
    ReadOrganisation = "organisation:read", Basic, [Administrator, Principal, Registrar, Teacher, ProtectionOfficer, DataProtectionOfficer, Participant, Guardian, Integrator];
    /// Change them.
    ManageOrganisation = "organisation:manage", Substantial, [Administrator, Registrar];
    /// Read persons within reach.
    ReadPersons = "person:read", Basic, [Principal, Registrar, Teacher, ProtectionOfficer, Participant, Guardian, Integrator];
    /// Find a person by identity number.
    SearchIdentityNumbers = "person:search-identity-number", Substantial, [Principal, Registrar, ProtectionOfficer];
    /// Read where persons within reach live, over time. Guardians and participants see their own; a guardian who
    /// works at the school sees nothing of their own family by it.
    ReadAddresses = "address:read", Basic, [Principal, Registrar, Teacher, ProtectionOfficer, Participant, Guardian];
    /// Enter and change persons.
    ManagePersons = "person:manage", Substantial, [Registrar];
    /// Open the record of a protected person, with a reason that is logged.
    DisclosePersons = "person:disclose", High, [ProtectionOfficer];
    /// Open the record of a protected person at one's own unit, or whom one teaches, in an emergency: with a reason, and those
    /// who look into it are told at once.
    OpenInEmergency = "person:open-in-emergency", Substantial, [Principal, Registrar, Teacher];
    /// Read what was opened in an emergency, and look into it.
    ReviewEmergencyOpenings = "emergency-opening:review", Substantial, [Principal, ProtectionOfficer, DataProtectionOfficer];
    /// Set, confirm or lift protection.
    ManageProtection = "person:manage-protection", High, [ProtectionOfficer];
    /// Read relations and what waits among them, and contact bans.
    ReadRelations = "relation:read", Substantial, [Principal, Registrar];
    /// Read a pupil's contact sheet (kontaktblad): whom to reach, who may collect, who may not be met.
    ReadContactSheets = "contact-sheet:read", Basic, [Principal, Registrar, Teacher];
    /// Enter, change and withdraw relations and contact bans.
    ManageRelations = "relation:manage", Substantial, [Registrar];
    /// Confirm or reject, as a second person, what would widen access.
    ConfirmRelations = "relation:confirm", Substantial, [Principal, Registrar];
    /// Decide whether a second person is needed; not for those who enter relations.
    SetConfirmation = "relation:set-confirmation", High, [Administrator];
    /// Read over whom one's own relations give rights.
    ReadWards = "ward:read", Basic, [Guardian];
    /// As a grown pupil: see who one's relatives are, grant them rights and take these back.
    GrantOwnRights = "grant:own", Substantial, [Participant];
    /// Change one's own contact details. Whoever holds a session that only lives on may not: codes to log in with would go to
    /// them.
    OwnContact = "contact:own", Substantial, [Administrator, Principal, Registrar, Teacher, ProtectionOfficer, Participant, Guardian];
    /// Merge two records of one person, and undo it.
    MergePersons = "person:merge", High, [Registrar];
    /// Read who works where, in which duty.
    ReadDuties = "duty:read", Basic, [Administrator, Principal, Registrar, Teacher, Integrator];
    /// Change duties.
    ManageDuties = "duty:manage", Substantial, [Principal, Registrar];
    /// Read the course catalogue and its offerings.
    ReadCourses = "course:read", Basic, [Administrator, Principal, Registrar, Teacher, Participant, Guardian, Integrator];
    /// Change them.
    ManageCourses = "course:manage", Substantial, [Principal, Registrar];
    /// Turn a term: copy offerings, let participants go on and classes go up, and undo it.
    ManageTermTurns = "term-turn:manage", Substantial, [Registrar];
    /// Read enrolments.
    ReadEnrolments = "enrolment:read", Basic, [Principal, Registrar, Teacher, Participant, Guardian, Integrator];
    /// Change enrolments.
    ManageEnrolments = "enrolment:manage", Substantial, [Registrar];
    /// Read participations.
    ReadParticipations = "participation:read", Basic, [Principal, Registrar, Teacher, Participant, Guardian, Integrator];
    /// Change participations.
    ManageParticipations = "participation:manage", Substantial, [Registrar];
    /// Read what education participants within reach have stated, and what the school has certified; participants their own.
    ReadEducationBackgrounds = "education-background:read", Substantial, [Principal, Registrar, Participant];
    /// State a participant's education: they themselves, or a registrar for them.
    StateEducationBackground = "education-background:state", Substantial, [Registrar, Participant];
    /// Certify it: neither one's own nor that of somebody to whom one is related.
    CertifyEducationBackground = "education-background:certify", Substantial, [Principal, Registrar];
    /// Take lists of persons out of the register; each is logged with its purpose.
    ExportPersons = "person:export", Substantial, [Principal, Registrar, Teacher];
    /// Read groups, and who belongs to them within reach.
    ReadGroups = "group:read", Basic, [Principal, Registrar, Teacher, Participant, Guardian, Integrator];
    /// Change groups, their members and their staff.
    ManageGroups = "group:manage", Substantial, [Principal, Registrar];
    /// Read the schedule within reach.
    ReadLessons = "lesson:read", Basic, [Principal, Registrar, Teacher, Participant, Guardian, Integrator];
    /// Plan lessons of what one teaches, or of one's school unit: enter, move, cancel, put in a substitute.
    PlanLessons = "lesson:plan", Basic, [Principal, Registrar, Teacher];
    /// Subscribe to calendars of lessons within reach: make, list and withdraw one's own feeds.
    OwnCalendarFeeds = "calendar-feed:own", Basic, [Principal, Registrar, Teacher, Participant, Guardian];
    /// Decide what is done about clashes of lessons.
    ManageScheduleSettings = "schedule-setting:manage", Substantial, [Administrator, Principal];
    /// Register who was there in the lessons that one takes, or that are at one's school unit.
    RegisterAttendance = "attendance:register", Basic, [Principal, Registrar, Teacher];
    /// Report absence: a guardian with that right for a child, one who is of age for themselves, staff who take a call.
    ReportAbsence = "absence:report", Basic, [Principal, Registrar, Teacher, Participant, Guardian];
    /// Read absence reports and leave requests within reach.
    ReadAbsence = "absence:read", Basic, [Principal, Registrar, Teacher, Participant, Guardian];
    /// Read why others were absent, where the organiser asks for it: principals and registrars at their unit, mentors of
    /// those in their group; participants their own, guardians that of those whom they have the right to see.
    ReadAbsenceReasons = "absence-reason:read", High, [Principal, Registrar, Teacher, Participant, Guardian];
    /// Ask for leave: a guardian with the right to decide for a child, one who is of age for themselves.
    RequestLeave = "leave:request", Basic, [Participant, Guardian];
    /// Decide about leave: a principal, and mentors about short ones.
    DecideLeave = "leave:decide", Substantial, [Principal, Teacher];
    /// As a guardian: read the notices of absence that one was sent, and say that they have been read.
    ReceiveNotices = "absence-notice:receive", Basic, [Guardian];
    /// Read which absence somebody must tell a home of by other means than a notice.
    ReadAbsenceCases = "absence-case:read", Substantial, [Principal, Registrar, Teacher, ProtectionOfficer];
    /// See to it: principals and registrars, mentors of the pupil, of protected pupils the protection officer.
    EndAbsenceCases = "absence-case:end", Substantial, [Principal, Registrar, Teacher, ProtectionOfficer];
    /// Set the limits of absence reports and what mentors decide about.
    ManageAttendanceSettings = "attendance-setting:manage", Substantial, [Administrator, Principal];
    /// Say afterwards that absence was authorised, or was not: of those at one's school unit, or of whom one is mentor.
    ExcuseAbsence = "attendance:excuse", Substantial, [Principal, Registrar, Teacher];
    /// Read attendance and its statistics within reach; participants their own, guardians that of those they may see.
    ReadAttendance = "attendance:read", Basic, [Principal, Registrar, Teacher, Participant, Guardian];
    /// Read who has been absent more than the school wants to know of.
    ReadWatchList = "attendance-watch-list:read", Basic, [Principal, Registrar, Teacher];
    /// Read whose unauthorised absence the school may have to report to CSN.
    ReadCsnCandidates = "csn-candidate:read", Substantial, [Principal, Registrar];
    /// Run imports and read their reports.
    RunImports = "import:run", Substantial, [Administrator, Registrar];
    /// Switch access to the app on for oneself: what stays logged in on a device begins with a fresh login.
    OwnAppAccess = "app-access:own", Substantial, [Administrator, Principal, Registrar, Teacher, ProtectionOfficer, Participant, Guardian];
    /// Decide which ways in are open: whoever opens a weaker one opens it for everybody.
    ManageLoginSettings = "login-setting:manage", High, [Administrator];
    /// Decide which identity providers people log in with, and bind what they call somebody to an account. Whoever could do it with
    /// a password alone could make themselves any login.
    ManageIdentityProviders = "identity-provider:manage", High, [Administrator];
    /// Bind what an identity provider calls oneself to one's own account.
    OwnExternalIdentities = "external-identity:own", Substantial, [Administrator, Principal, Registrar, Teacher, ProtectionOfficer, Participant, Guardian];
    /// Decide whose tokens stand for integrators' clients.
    ManageTokenIssuers = "token-issuer:manage", High, [Administrator];
    /// Manage accounts and the roles given to them.
    ManageAccounts = "account:manage", Substantial, [Administrator];
    /// Invite accounts to a second factor, and take away one that was lost. Whoever could do it with a password alone could
    /// make themselves an account of the highest level.
    ManageSecondFactors = "second-factor:manage", High, [Administrator];
    /// Take away one's own second factor, or have new recovery codes made for it.
    OwnSecondFactor = "second-factor:own", High, [Administrator, Principal, Registrar, Teacher, ProtectionOfficer, DataProtectionOfficer, Participant, Guardian];
    /// Read signs of misuse, and say what came of them.
    ManageAlarms = "alarm:manage", Substantial, [Administrator, DataProtectionOfficer];
    /// Manage integrators' clients.
    ManageClients = "client:manage", Substantial, [Administrator];
    /// See, order and revoke certificates of clients: those who manage clients for all of them, a client for itself.
    ManageClientCertificates = "client-certificate:manage", Substantial, [Administrator, Integrator];
    /// Manage webhook subscriptions.
    ManageWebhooks = "webhook:manage", Substantial, [Administrator];
    /// Read the audit trail; never the content of records about persons.
    ReadChanges = "change:read", Substantial, [Administrator, Principal, DataProtectionOfficer];
    /// Read what was done with the records about one person, with what stood there before and after, and take it out; each
    /// look is logged with its reason.
    ReadPersonChanges = "person-change:read", High, [DataProtectionOfficer];
    /// Read when, in which role and what for somebody opened one's own record while it was protected, or that of somebody whom
    /// one has the right to see; not who.
    ReadOwnAccesses = "own-access:read", Substantial, [Administrator, Principal, Registrar, Teacher, ProtectionOfficer, DataProtectionOfficer, Participant, Guardian];
    /// Read who may read the record of a person, and why; each look is logged with its reason.
    ReadPersonReaders = "person-reader:read", High, [ProtectionOfficer, DataProtectionOfficer];
}

impl Permission {
    /// The permission of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|permission| permission.code() == code)
    }

    /// The permissions that an integrator's client can be granted as scopes.
    pub fn client_scopes() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|permission| {
            *permission != Self::OwnAccount && permission.roles().contains(&Role::Integrator)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protected_records_are_opened_by_one_role_at_the_highest_level_only() {
        for permission in [Permission::DisclosePersons, Permission::ManageProtection] {
            assert_eq!(permission.roles(), [Role::ProtectionOfficer]);
            assert_eq!(permission.level(), Level::High);
        }
    }

    #[test]
    fn a_password_alone_changes_no_second_factor() {
        for permission in [Permission::ManageSecondFactors, Permission::OwnSecondFactor] {
            assert_eq!(permission.level(), Level::High);
        }
        let people = Permission::OwnAccount.roles().iter().filter(|role| **role != Role::Integrator);
        assert!(people.eq(Permission::OwnSecondFactor.roles()));
    }

    #[test]
    fn integrators_change_nothing_but_their_own_certificates() {
        let mut changing =
            Permission::client_scopes().filter(|permission| !permission.code().ends_with(":read"));
        assert_eq!(changing.next(), Some(Permission::ManageClientCertificates));
        assert_eq!(changing.next(), None);
    }

    #[test]
    fn feeds_are_for_people_who_read_the_schedule() {
        let people = Permission::ReadLessons.roles().iter().filter(|role| **role != Role::Integrator);
        assert!(people.eq(Permission::OwnCalendarFeeds.roles()));
    }

    #[test]
    fn families_and_participants_change_nothing_in_the_register() {
        for permission in Permission::ALL.iter().filter(|permission| permission.code().contains("manage")) {
            for role in [Role::Participant, Role::Guardian, Role::Teacher] {
                assert!(!permission.roles().contains(&role), "{}", permission.code());
            }
        }
    }
}

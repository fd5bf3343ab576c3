//! Typed identifiers: a person's id can never be passed where a term's is meant.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What every typed identifier offers, so that rows and paths convert in one place.
pub trait Id: Copy + Eq + Ord + Send + Sync + 'static {
    /// The word used for the thing in problems and logs, for example `person`.
    const NOUN: &'static str;
    /// Wraps a raw UUID.
    fn from_uuid(uuid: Uuid) -> Self;
    /// The raw UUID.
    fn uuid(self) -> Uuid;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $noun:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl Id for $name {
            const NOUN: &'static str = $noun;
            fn from_uuid(uuid: Uuid) -> Self { Self(uuid) }
            fn uuid(self) -> Uuid { self.0 }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { self.0.fmt(f) }
        }
    )*};
}

ids! {
    /// An organiser (huvudman): the tenant.
    OrganiserId = "organiser";
    /// A controller (personuppgiftsansvarig) below an organiser.
    ControllerId = "controller";
    /// A school unit (skolenhet).
    SchoolUnitId = "school unit";
    /// A site (filial) of a school unit.
    SiteId = "site";
    /// A term (termin).
    TermId = "term";
    /// A day or period off within a term (lov, studiedag).
    DayOffId = "day off";
    /// A person.
    PersonId = "person";
    /// An identity number held by a person during a period.
    IdentityNumberId = "identity number";
    /// An address of a person during a period.
    AddressId = "address";
    /// An entry about a person that waits for review.
    PersonReviewId = "person review";
    /// A relation: rights of one person over another.
    RelationId = "relation";
    /// A contact ban or a barred relative.
    ContactBanId = "contact ban";
    /// The organiser's setting for what widens access.
    RelationSettingId = "relation setting";
    /// The handling plan of a protected person.
    HandlingPlanId = "handling plan";
    /// The organiser's decision about how often handling plans are reviewed.
    HandlingPlanSettingId = "handling plan setting";
    /// A relative who is cleared to know of a protected person.
    ClearingId = "clearing";
    /// What a participant stated of their education and what the school certified.
    EducationBackgroundId = "education background";
    /// A sign of misuse.
    AlarmId = "alarm";
    /// A protected record that was opened in an emergency.
    EmergencyOpeningId = "emergency opening";
    /// A merge of two records of one person.
    PersonMergeId = "person merge";
    /// A pair of records that may be one person's.
    DuplicateCandidateId = "duplicate candidate";
    /// A login account.
    AccountId = "account";
    /// A public key of an integrator's client.
    ClientKeyId = "client key";
    /// An authority that issues certificates of clients.
    CertificateAuthorityId = "certificate authority";
    /// A certificate of an integrator's client.
    ClientCertificateId = "client certificate";
    /// A login with BankID, from its start until it gives a session.
    BankidLoginId = "BankID login";
    /// A role given to an account.
    RoleAssignmentId = "role assignment";
    /// A course of the catalogue (kurs, ämne).
    CourseId = "course";
    /// An offering of a course (kurstillfälle).
    OfferingId = "course offering";
    /// A turn of term (terminsskifte) at a school unit.
    TermTurnId = "term turn";
    /// A duty (tjänst): a person working at a school unit.
    DutyId = "duty";
    /// An enrolment (inskrivning) of a person at a school unit.
    EnrolmentId = "enrolment";
    /// A participation (deltagande) of a person in an offering.
    ParticipationId = "participation";
    /// A group (klass, undervisningsgrupp, mentorsgrupp, avdelning) at a school unit.
    GroupId = "group";
    /// A membership of a person in a group.
    MembershipId = "group membership";
    /// An exception for one person in an offering driven by groups.
    ParticipationExceptionId = "participation exception";
    /// A room, or another thing that lessons take up.
    RoomId = "room";
    /// A lesson (lektion).
    LessonId = "lesson";
    /// Lessons from a weekly pattern.
    LessonSeriesId = "lesson series";
    /// An address at which a calendar program reads lessons (kalenderprenumeration).
    CalendarFeedId = "calendar feed";
    /// What was registered of a person in a lesson.
    AttendanceId = "attendance";
    /// An exemption of a person from a lesson (undantag).
    AttendanceExemptionId = "attendance exemption";
    /// The registration of a lesson.
    AttendanceRegisterId = "attendance register";
    /// A report of absence to come (frånvaroanmälan).
    AbsenceReportId = "absence report";
    /// A stated reason for absence (frånvaroorsak).
    AbsenceReasonId = "absence reason";
    /// A request for leave (ledighetsansökan).
    LeaveRequestId = "leave request";
    /// A notice of absence to those at home.
    AbsenceNoticeId = "absence notice";
    /// A pupil's day of absence that a person sees to, instead of a notice.
    AbsenceCaseId = "absence case";
    /// A dated setting of attendance: limits, thresholds, duties.
    AttendanceSettingId = "attendance setting";
    /// An organiser's setting of the schedule.
    ScheduleSettingId = "schedule setting";
    /// A condition under which somebody is shown on a watch list.
    AttendanceWatchId = "attendance watch";
    /// Whether a person was seen active, where there are no lessons.
    ActivityId = "activity";
    /// A round in which people apply for places in an offering (ansökningsomgång).
    ApplicationRoundId = "application round";
    /// An application (ansökan).
    ApplicationId = "application";
    /// A long-running job, such as an import.
    JobId = "job";
    /// An integrator's client.
    ClientId = "client";
    /// A login session (a family of refresh tokens).
    SessionId = "session";
    /// An account's second factor (andra faktor): what it shows besides its password.
    SecondFactorId = "second factor";
    /// Access to the app (åtkomst till appen) of an account.
    AppAccessId = "app access";
    /// A code that was sent to a phone or an e-mail address (engångskod).
    SentCodeId = "sent code";
    /// An identity provider (identitetsleverantör) that an organiser lets its people log in with.
    IdentityProviderId = "identity provider";
    /// What an identity provider calls the owner of an account (extern identitet).
    ExternalIdentityId = "external identity";
    /// A login by way of an identity provider, from its start to its end.
    OidcLoginId = "login by OpenID Connect";
    /// An issuer of tokens that stand for clients.
    TokenIssuerId = "token issuer";
    /// An organiser's setting of logins.
    LoginSettingId = "login setting";
    /// A webhook subscription: an address that is told of changes.
    WebhookSubscriptionId = "webhook subscription";
}

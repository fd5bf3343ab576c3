use actix_web::{get, web};
use chrono::NaiveDate;
use serde::Serialize;
use skolhus_domain::{
    access::{InformationClass as Class, Scope, declared::ReadParticipations},
    export::weeks_of_study,
    id::{Id, ParticipationId},
    person::{ClassPermit, Grant, Guarded},
    text::Text,
};
use skolhus_persistence::{
    DatabaseConnection, Tx,
    course::{course, offering},
    organisation::{controller, organiser, school_unit},
    participation, person,
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::list::{is_open, number_on};
use crate::{
    http::{
        period::PeriodDocument,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId},
        state::State,
    },
    person::read_as_cleared,
};

/// What a study certificate (studieintyg) says: all of it, read at one moment.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StudyCertificate {
    /// The participation that it is about.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub participation_id: Uuid,
    /// The day on which it was read: a certificate says how things stand then.
    #[schema(example = "2026-09-15")]
    pub as_of: NaiveDate,
    /// Who studies.
    pub person: CertifiedPerson,
    /// The school unit that holds the course.
    pub school_unit: CertifiedUnit,
    /// The course.
    pub course: CertifiedCourse,
    /// The first and last day as planned.
    pub period: PeriodDocument,
    /// Where it stands: `planned`, `active`, `on-study-break`, `interrupted`, `completed` or
    /// `cancelled-before-start`.
    #[schema(example = "active")]
    pub state: String,
    /// The last day of studies, where they ended before the period.
    #[schema(required, example = "2026-11-30")]
    pub ended_on: Option<NaiveDate>,
    /// The pace over time.
    pub pace: Vec<CertifiedPace>,
    /// How much it is.
    pub extent: Extent,
    /// Who issues the certificate.
    pub issuer: Issuer,
}

/// Who studies.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertifiedPerson {
    /// Given names.
    #[schema(example = "Åsa Maria")]
    pub given_name: String,
    /// Family name.
    #[schema(example = "Öberg")]
    pub family_name: String,
    /// Date of birth. Information class: contact; absent where that is closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "1985-07-13")]
    pub birth_date: Option<NaiveDate>,
    /// The identity number of the day. Information class: identity number; absent where that is closed, or
    /// where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "19850713-2390")]
    pub identity_number: Option<String>,
}

/// The school unit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertifiedUnit {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a2")]
    pub id: Uuid,
    /// Its name.
    #[schema(example = "Väggarps folkhögskola")]
    pub name: String,
    /// The codes that it has with others on the day.
    pub codes: Vec<CertifiedUnitCode>,
}

/// A school unit's code with somebody.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertifiedUnitCode {
    /// The kind, a code of the table `school-unit-code-kind`.
    #[schema(example = "csn-school-code")]
    pub kind: String,
    /// The code.
    #[schema(example = "12345")]
    pub value: String,
}

/// The course, as offered.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertifiedCourse {
    /// The code of the course; null where the course has left the catalogue.
    #[schema(required, example = "AK")]
    pub code: Option<String>,
    /// The title of the course.
    #[schema(required, example = "Allmän kurs")]
    pub title: Option<String>,
    /// The title of the offering.
    #[schema(example = "Allmän kurs, hösten")]
    pub offering_title: String,
    /// How it is studied: `on-site`, `distance` or `mixed`.
    #[schema(example = "on-site")]
    pub form: String,
}

/// A pace, from a day on.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CertifiedPace {
    /// The first day.
    #[schema(example = "2026-08-17")]
    pub from: NaiveDate,
    /// In percent of full time.
    #[schema(example = 100, minimum = 1, maximum = 100)]
    pub percent: u8,
}

/// How much, with its unit and its basis.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Extent {
    /// How many.
    #[schema(example = 18, minimum = 0)]
    pub value: u32,
    /// Of what: `week`.
    #[schema(example = "week")]
    pub unit: &'static str,
    /// How it is counted: `begun-weeks-without-study-breaks`, each begun seven days from the first to the last
    /// day of studies.
    #[schema(example = "begun-weeks-without-study-breaks")]
    pub basis: &'static str,
}

/// Who issues it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Issuer {
    /// The organiser (huvudman).
    #[schema(example = "Väggarps folkhögskoleförening")]
    pub organiser: String,
    /// Its organisation number, if it is known.
    #[schema(required, example = "802400-0005")]
    pub organisation_number: Option<String>,
    /// Who answers for the personal data.
    #[schema(required, example = "Väggarps folkhögskoleförening")]
    pub controller: Option<String>,
}

/// Read the data of a study certificate
///
/// Everything that a study certificate (studieintyg) of one participation says, in one answer: who, where,
/// which course, when, at what pace, and who issues it. What is closed to the caller is left out.
#[utoipa::path(
    operation_id = "getStudyCertificate", tag = "export",
    extensions(("x-permission" = json!("participation:read"))),
    params(IdPath),
    responses((status = 200, description = "The data of the certificate.", body = StudyCertificate))
)]
#[get("/v1/participations/{id}/study-certificate")]
pub async fn handle(
    permit: Permit<ReadParticipations>,
    state: web::Data<State>,
    id: PathId<ParticipationId>,
) -> Result<web::Json<StudyCertificate>, Problem> {
    let certificate = state
        .database
        .read(permit.caller(), move |connection, scope| get_study_certificate(connection, scope, id.0, None))
        .await?;
    let certificate = match certificate {
        Some(certificate) => certificate,
        None => {
            state.database.write(permit.caller(), move |tx, scope| open_certificate(tx, scope, id.0)).await?
        }
    };
    Ok(web::Json(certificate))
}

/// As [`get_study_certificate`], for somebody who is cleared to know of the protected person: that they read it is
/// logged.
fn open_certificate(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ParticipationId,
) -> Result<StudyCertificate, Problem> {
    let saved = participation::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let grant = tx.record_access(&read_as_cleared()?, &[saved.value.person()]);
    get_study_certificate(tx.connection(), scope, id, Some(&grant))?.ok_or_else(Problem::not_found)
}

/// The fact, as far as the caller's role goes; of a protected person only with the grant.
fn opened<'a, T>(fact: &'a Guarded<T>, permit: ClassPermit, grant: Option<&Grant>) -> Option<&'a T> {
    match grant {
        Some(grant) => fact.open_with(permit, grant).ok(),
        None => fact.open(permit).ok(),
    }
}

/// The use-case. None where the person is protected, the caller is cleared to know of them, and no access has been
/// recorded.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; a failure of the database.
pub fn get_study_certificate(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    id: ParticipationId,
    grant: Option<&Grant>,
) -> Result<Option<StudyCertificate>, Problem> {
    let saved = participation::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
    let studies = &saved.value;
    let person = person::find(connection, scope, studies.person())?.ok_or_else(Problem::not_found)?.value;
    if person.name.needs_grant() && grant.is_none() {
        return Ok(None);
    }
    let offered =
        offering::find(connection, scope, studies.offering())?.ok_or_else(Problem::not_found)?.value;
    let course = course::find(connection, scope, offered.course)?.map(|saved| saved.value);
    let unit =
        school_unit::find_holder(connection, scope, offered.school_unit)?.ok_or_else(Problem::not_found)?;
    let organiser = organiser::find_own(connection, scope)?.ok_or_else(Problem::not_found)?.value;
    let controller = controller::find(connection, scope, unit.value.controller)?.map(|saved| saved.value);
    let today = scope.today();
    let shown = |class| is_open(scope, class, person.id);
    let name = opened(&person.name, shown(Class::Basic), grant).ok_or_else(Problem::not_found)?;
    let codes = unit.value.codes.iter().filter(|code| code.valid.contains(today));
    let last_day = studies.held().and_then(|held| held.to());
    Ok(Some(StudyCertificate {
        participation_id: id.uuid(),
        as_of: today,
        person: CertifiedPerson {
            given_name: name.given().as_str().to_owned(),
            family_name: name.family().as_str().to_owned(),
            birth_date: opened(&person.birth_date, shown(Class::Contact), grant).copied().flatten(),
            identity_number: opened(&person.identity_numbers, shown(Class::IdentityNumber), grant)
                .map(|numbers| number_on(numbers, today))
                .filter(|number| !number.is_empty()),
        },
        school_unit: CertifiedUnit {
            id: offered.school_unit.uuid(),
            name: unit.value.name.as_str().to_owned(),
            codes: codes
                .map(|code| CertifiedUnitCode {
                    kind: code.kind.as_str().to_owned(),
                    value: code.value.as_str().to_owned(),
                })
                .collect(),
        },
        course: CertifiedCourse {
            code: course.as_ref().map(|course| course.code.as_str().to_owned()),
            title: course.map(|course| Text::into_string(course.title)),
            offering_title: offered.title.as_str().to_owned(),
            form: offered.form.code().to_owned(),
        },
        period: PeriodDocument::of(studies.period()),
        state: studies.state().code().code().to_owned(),
        ended_on: last_day.filter(|last| Some(*last) != studies.period().to()),
        pace: studies
            .pace()
            .spans()
            .into_iter()
            .map(|span| CertifiedPace { from: span.from, percent: span.value.percent() })
            .collect(),
        extent: Extent {
            value: weeks_of_study(studies, today),
            unit: "week",
            basis: "begun-weeks-without-study-breaks",
        },
        issuer: Issuer {
            organiser: organiser.name.as_str().to_owned(),
            organisation_number: organiser.organisation_number.as_ref().map(ToString::to_string),
            controller: controller.map(|controller| Text::into_string(controller.name)),
        },
    }))
}

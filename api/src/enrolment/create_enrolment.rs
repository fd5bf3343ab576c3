use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageEnrolments},
    enrolment::no_overlapping_enrolment,
    id::{EnrolmentId, Id, PersonId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, enrolment, person};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    enrolment_document::{EnrolmentDocument, Fields},
    get_enrolment::get_enrolment,
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// An enrolment to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateEnrolment {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub id: Option<Uuid>,
    /// Who.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub person_id: Uuid,
    /// At which school unit.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// In which of its school types, as a code of SS 12000 valid on the first day.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "FHS", min_length = 1, max_length = 40, pattern = "^[A-Za-z0-9-]+$")]
    pub school_type_code: String,
    /// Which year of the school (årskurs), 0 to 10; 0 is the preschool class.
    #[validate(range(min = 0, max = 10))]
    #[schema(example = 7, minimum = 0, maximum = 10)]
    pub school_year: Option<u8>,
    /// Which programme, or another division of the school.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Allmän kurs, år 2", min_length = 1, max_length = 100)]
    pub programme: Option<String>,
    /// The days of the enrolment.
    #[validate(nested)]
    pub period: PeriodDocument,
}

/// Enrol a person
///
/// A new enrolment (inskrivning) of a person at a school unit. A person is never enrolled twice
/// at a unit in one school type on one day.
#[utoipa::path(
    operation_id = "createEnrolment", tag = "enrolment",
    extensions(("x-permission" = json!("enrolment:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateEnrolment, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1",
        "schoolUnitId": "0199a3f0-7c00-7000-8000-0000000000a1",
        "schoolTypeCode": "FHS",
        "programme": "Allmän kurs, år 2",
        "period": { "from": "2026-08-17", "to": "2027-06-11" },
    })),
    responses((status = 201, description = "It is entered.", body = EnrolmentDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/enrolments")]
pub async fn handle(
    permit: Permit<ManageEnrolments>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateEnrolment>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<EnrolmentId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_enrolment(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, made| {
                    let id = made
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_enrolment(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/enrolments/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn create_enrolment(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: EnrolmentId,
    request: &CreateEnrolment,
) -> Result<EnrolmentDocument, Problem> {
    let CreateEnrolment { id, person_id, school_unit_id, school_type_code, school_year, programme, period } =
        request.clone();
    let person = PersonId::from_uuid(person_id);
    enrolment::lock(tx, person)?;
    if !person::exists(tx.connection(), scope, person)? {
        return Err(Refusal::new(Rule::UnknownReference, "there is no such person").at("/personId").into());
    }
    let fields = Fields {
        person,
        school_unit: Id::from_uuid(school_unit_id),
        school_type: school_type_code,
        school_year,
        programme,
        period,
    };
    let new = fields.validate(tx.connection(), scope)?;
    let others = enrolment::of_persons(tx.connection(), scope, &[person])?;
    no_overlapping_enrolment(&new, others.iter().map(|other| &other.value))?;
    let id = id.map_or(fresh, Id::from_uuid);
    if enrolment::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    enrolment::insert_many(tx, scope, &[(id, new)])?;
    get_enrolment(tx.connection(), scope, id)
}

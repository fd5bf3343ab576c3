use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::PersonId,
};
use skolhus_persistence::{
    Tx,
    person::{handling_plan, handling_plan_setting},
};
use utoipa::ToSchema;
use validator::Validate;

use super::document::{HandlingPlanDocument, opened, shown};
use crate::{
    http::{
        body::Body,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId, saved},
        state::State,
    },
    person::relation::{reason_of, same_version},
};

/// That a plan was looked at and holds.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReviewHandlingPlan {
    /// The version that was read; another by now is a conflict.
    #[validate(range(min = 1))]
    #[schema(example = 2, minimum = 1)]
    pub version: i64,
    /// When it is to be reviewed again, after today and within five years; after the organiser's interval unless it is said.
    #[serde(default)]
    #[schema(example = "2027-08-17")]
    pub review_due: Option<NaiveDate>,
    /// What was found, as it stands in the log; it tells nothing of the person.
    #[validate(length(min = 5, max = 500))]
    #[schema(example = "Genomgången med kurator, inget ändrat", min_length = 5, max_length = 500)]
    pub reason: String,
}

/// Review a handling plan
///
/// Somebody has looked at the plan and found that it holds. From today it is in force until the next review. A plan
/// that is missing is made first. The access is logged.
#[utoipa::path(
    operation_id = "reviewHandlingPlan", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = ReviewHandlingPlan, example = json!({ "version": 2, "reason": "Genomgången med kurator, inget ändrat" })),
    responses((status = 200, description = "The plan as it is now.", body = HandlingPlanDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/persons/{id}/handling-plan/reviews")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    id: PathId<PersonId>,
    key: IdempotencyKey,
    body: Body<ReviewHandlingPlan>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = review_handling_plan(tx, scope, id.0, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(answer.person_id), answer })
                },
                |tx, scope, _| {
                    let grant = tx.record_access(&reason_of(&body.reason)?, &[id.0]);
                    shown(tx, scope, id.0, &grant)
                },
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `InvalidFields`; a failure of the database.
pub fn review_handling_plan(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: PersonId,
    request: &ReviewHandlingPlan,
) -> Result<HandlingPlanDocument, Problem> {
    let ReviewHandlingPlan { version, review_due, reason } = request;
    let reason = reason_of(reason)?;
    let grant = tx.record_access(&reason, &[id]);
    let (before, plan) = opened(tx, scope, id, &grant)?;
    same_version(*version, before.version)?;
    let interval = handling_plan_setting::in_force(tx.connection(), scope)?;
    let after = plan.review(*review_due, scope.today(), interval)?;
    handling_plan::save(tx, scope, &before, (&plan, &after), reason.as_str())?;
    shown(tx, scope, id, &grant)
}

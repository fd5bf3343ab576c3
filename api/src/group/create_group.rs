use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageGroups},
    id::{GroupId, Id},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, group::group};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_group::get_group,
    group_document::{Fields, GroupDocument, GroupKindWord},
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

/// A group to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateGroup {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000071")]
    pub id: Option<Uuid>,
    /// Where.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// What kind.
    #[schema(value_type = GroupKindWord, example = "class")]
    pub kind: String,
    /// Its name; at a unit one group's of a kind at a time, upper and lower case alike.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "7B", min_length = 1, max_length = 100)]
    pub name: String,
    /// The school type, where all its members are of one, as a code of SS 12000 valid on the first day.
    #[validate(length(min = 1, max = 40))]
    #[schema(example = "GR", min_length = 1, max_length = 40)]
    pub school_type_code: Option<String>,
    /// The year of the school (årskurs), 0 to 10; only of a class. 0 is the preschool class.
    #[validate(range(min = 0, max = 10))]
    #[schema(example = 7, minimum = 0, maximum = 10)]
    pub school_year: Option<u8>,
    /// The days on which it exists.
    #[validate(nested)]
    pub period: PeriodDocument,
}

/// Enter a group
///
/// A class, teaching group, mentor group or department at a school unit. Members, staff and the
/// offerings it drives are entered afterwards.
#[utoipa::path(
    operation_id = "createGroup", tag = "group",
    extensions(("x-permission" = json!("group:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateGroup, example = json!({
        "schoolUnitId": "0199a3f0-7c00-7000-8000-0000000000a1", "kind": "class", "name": "7B",
        "schoolTypeCode": "GR", "schoolYear": 7, "period": { "from": "2026-08-17", "to": "2027-06-11" }
    })),
    responses((status = 201, description = "It is entered.", body = GroupDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/groups")]
pub async fn handle(
    permit: Permit<ManageGroups>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateGroup>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<GroupId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_group(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_group(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/groups/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn create_group(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: GroupId,
    request: &CreateGroup,
) -> Result<GroupDocument, Problem> {
    let CreateGroup { id, school_unit_id, kind, name, school_type_code, school_year, period } =
        request.clone();
    let fields = Fields {
        school_unit: Id::from_uuid(school_unit_id),
        kind,
        name,
        school_type: school_type_code,
        school_year,
        period,
    };
    let id = id.map_or(fresh, Id::from_uuid);
    group::lock_unit(tx, fields.school_unit)?;
    let new = fields.check(tx.connection(), scope, id)?;
    if group::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    group::insert_many(tx, scope, &[(id, new)])?;
    get_group(tx.connection(), scope, id)
}

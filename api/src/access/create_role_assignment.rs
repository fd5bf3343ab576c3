use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Reach, RoleAssignment, Scope, declared::ManageAccounts},
    id::{AccountId, Id, PersonId, RoleAssignmentId},
    period::Period,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    identity::{account, role_assignment},
    organisation::school_unit,
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_role_assignment::get_role_assignment,
    role_assignment::{RoleAssignmentDocument, RoleName},
};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    period::PeriodDocument,
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A role to give.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateRoleAssignment {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d2")]
    pub id: Option<Uuid>,
    /// Who gets it.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub account_id: Uuid,
    /// The role.
    #[schema(example = "registrar")]
    pub role: RoleName,
    /// The school unit it is limited to; the whole organiser unless given. An administrator is one for all.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Option<Uuid>,
    /// When it is held.
    #[validate(nested)]
    pub valid: PeriodDocument,
}

/// Give a role
///
/// The same role for the same unit cannot be given twice for one day. The protection officer, who opens protected
/// records, is never chosen by themselves: another administrator gives that role.
#[utoipa::path(
    operation_id = "createRoleAssignment", tag = "access",
    extensions(("x-permission" = json!("account:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateRoleAssignment, example = json!({ "accountId": "0199a3f0-7c00-7000-8000-0000000000d1", "role": "registrar", "valid": { "from": "2026-08-17" } })),
    responses((status = 201, description = "It is entered.", body = RoleAssignmentDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/role-assignments")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateRoleAssignment>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<RoleAssignmentId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_role_assignment(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_role_assignment(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/role-assignments/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`Code::NotPermitted`] for those whose reach is a part of the organiser;
/// [`Code::InvalidFields`]; a failure of the database.
pub fn create_role_assignment(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: RoleAssignmentId,
    request: &CreateRoleAssignment,
) -> Result<RoleAssignmentDocument, Problem> {
    if scope.reach() != &Reach::Organiser {
        return Err(Problem::new(Code::NotPermitted));
    }
    let CreateRoleAssignment { id, account_id, role, school_unit_id, valid } = request.clone();
    let (from, to) = valid.raw();
    let given = RoleAssignment {
        account: Id::from_uuid(account_id),
        role: role.into(),
        school_unit: school_unit_id.map(Id::from_uuid),
        valid: Period::new(from, to).map_err(|refusal| refusal.at("/valid"))?,
    };
    given.validate()?;
    account::lock(tx, given.account)?;
    let unknown = |what: &str, at: &str| {
        Refusal::new(Rule::UnknownReference, format!("there is no such {what}")).at(at)
    };
    let Some(account) = account::find(tx.connection(), scope, given.account)? else {
        return Err(unknown("account", "/accountId").into());
    };
    if let Some(unit) = given.school_unit
        && school_unit::find(tx.connection(), scope, unit)?.is_none()
    {
        return Err(unknown("school unit", "/schoolUnitId").into());
    }
    given.given_by(giver(scope, account.id, account.value.person))?;
    check_repeats(tx, scope, None, &given)?;
    let id = id.map_or(fresh, Id::from_uuid);
    if role_assignment::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    Ok(RoleAssignmentDocument::of(role_assignment::insert(tx, scope, id, &given)?))
}

/// Who gives a role: another account of the same person is the same giver.
pub(crate) fn giver(scope: &Scope, account: AccountId, person: Option<PersonId>) -> Option<AccountId> {
    if scope.person().is_some() && scope.person() == person { Some(account) } else { scope.account() }
}

/// Refuses a role that the account has already on one of the days.
pub(crate) fn check_repeats(
    tx: &mut Tx<'_>,
    scope: &Scope,
    except: Option<RoleAssignmentId>,
    given: &RoleAssignment,
) -> Result<(), Problem> {
    let others = role_assignment::of_account(tx.connection(), scope, given.account)?;
    match others.iter().find(|other| Some(other.id) != except && other.value.repeats(given)) {
        Some(other) => {
            let detail = format!("the account has this role already {}", other.value.valid);
            Err(Refusal::new(Rule::Overlap, detail).at("/valid").into())
        }
        None => Ok(()),
    }
}

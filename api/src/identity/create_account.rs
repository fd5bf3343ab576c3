use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Reach, Scope, declared::ManageAccounts},
    id::{AccountId, Id, PersonId},
    person::EmailAddress,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, identity::account};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{account::AccountDocument, get_account::get_account};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// An account to open.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateAccount {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d2")]
    pub id: Option<Uuid>,
    /// What it logs in with.
    #[validate(length(min = 1, max = 254))]
    #[schema(example = "asa.oberg@exempel.se", min_length = 1, max_length = 254, format = "idn-email")]
    pub email: String,
    /// The person of the register behind it, if any. Teachers, participants and guardians need one.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000101")]
    pub person_id: Option<Uuid>,
}

/// Open an account
///
/// An account without roles and without a password: give it both.
#[utoipa::path(
    operation_id = "createAccount", tag = "identity",
    extensions(("x-permission" = json!("account:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateAccount, example = json!({ "email": "asa.oberg@exempel.se" })),
    responses((status = 201, description = "It is entered.", body = AccountDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/accounts")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateAccount>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<AccountId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_account(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_account(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/accounts/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`Code::NotPermitted`] for those whose reach is a part of the organiser;
/// [`Code::InvalidFields`]; a failure of the database.
pub fn create_account(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: AccountId,
    request: &CreateAccount,
) -> Result<AccountDocument, Problem> {
    if scope.reach() != &Reach::Organiser {
        return Err(Problem::new(Code::NotPermitted));
    }
    let CreateAccount { id, email, person_id } = request.clone();
    let email = EmailAddress::new(&email).map_err(|refusal| refusal.at("/email"))?;
    let person = person_id.map(PersonId::from_uuid);
    check_person(tx, scope, person)?;
    let id = id.map_or(fresh, Id::from_uuid);
    if account::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    Ok(AccountDocument::of(account::insert(tx, scope, id, person, &email)?))
}

/// Refuses a person that there is not.
pub(crate) fn check_person(tx: &mut Tx<'_>, scope: &Scope, person: Option<PersonId>) -> Result<(), Problem> {
    match person {
        Some(person) if !account::person_is_known(tx.connection(), scope, person)? => {
            Err(Refusal::new(Rule::UnknownReference, "there is no such person").at("/personId").into())
        }
        _ => Ok(()),
    }
}

use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageAccounts},
    id::{AccountId, Id},
    identity::Account,
    person::EmailAddress,
    refusal::Refusals,
};
use skolhus_persistence::{
    Tx,
    identity::{account, role_assignment, session},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{account::AccountDocument, create_account::check_person};
use crate::access::last_administrator::keep_one;
use crate::http::{
    body::Body,
    etag::IfMatch,
    patch::Patch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of an account; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateAccount {
    /// What it logs in with.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "asa.oberg@exempel.se", min_length = 1, max_length = 254, format = "idn-email", nullable = false)]
    #[validate(length(min = 1, max = 254))]
    pub email: Patch<String>,
    /// The person of the register behind it; null removes the link.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>, example = "0199a3f0-7c00-7000-8000-000000000101")]
    pub person_id: Patch<Uuid>,
    /// Whether nobody can log in with it. Disabling ends its sessions and tokens at once.
    #[serde(default)]
    #[schema(value_type = Option<bool>, example = true, nullable = false)]
    pub disabled: Patch<bool>,
}

/// Change an account
///
/// A merge patch: what is absent stays. A disabled account is shut out at once; the last administrator cannot be
/// disabled (409).
#[utoipa::path(
    operation_id = "updateAccount", tag = "identity",
    extensions(("x-permission" = json!("account:manage"))),
    params(IdPath),
    request_body(content = UpdateAccount, content_type = "application/merge-patch+json", example = json!({ "disabled": true })),
    responses((status = 200, description = "Its present state.", body = AccountDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/accounts/{id}")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    id: PathId<AccountId>,
    if_match: IfMatch,
    body: Body<UpdateAccount>,
) -> Result<HttpResponse, Problem> {
    let present = state
        .database
        .write(permit.caller(), move |tx, scope| update_account(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(present.version, &present))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`, `Conflict`; a failure of the database.
pub fn update_account(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: AccountId,
    if_match: &IfMatch,
    request: &UpdateAccount,
) -> Result<AccountDocument, Problem> {
    role_assignment::lock_administrators(tx, scope)?;
    let before = account::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    let UpdateAccount { email, person_id, disabled } = request.clone();
    let present = &before.value;
    let mut refusals = Refusals::default();
    let email = email.require(present.email.as_str().to_owned()).and_then(|email| EmailAddress::new(&email));
    let email = refusals.note("/email", email);
    let disabled = refusals.note("/disabled", disabled.require(present.disabled_at.is_some()));
    let person = person_id.apply(present.person.map(Id::uuid)).map(Id::from_uuid);
    let (Some(email), Some(disabled)) = (email, disabled) else { return Err(refusals.into()) };
    let disabled_at = if disabled { present.disabled_at.or(Some(scope.now())) } else { None };
    let after = Account { person, email, disabled_at };
    if_match.check_unless(after == before.value, before.version)?;
    if after.person != before.value.person {
        check_person(tx, scope, after.person)?;
    }
    if disabled && before.value.disabled_at.is_none() {
        keep_one(tx, scope, |_, account| account == id)?;
        session::end_all(tx, scope, id, None, "the account was disabled")?;
    }
    Ok(AccountDocument::of(account::update(tx, scope, &before, &after)?))
}

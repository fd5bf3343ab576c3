use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::declared::ManageAccounts,
    id::AccountId,
    identity::Password,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::identity::{account, credential, session};
use utoipa::ToSchema;
use validator::Validate;

use crate::http::{
    body::Body,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId},
    state::State,
};

/// A password for an account.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SetAccountPassword {
    /// The password, of 10 to 200 characters.
    #[validate(length(min = 10, max = 200))]
    #[schema(example = "nio gröna päron", min_length = 10, max_length = 200, format = Password, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]*$")]
    pub password: String,
}

/// Set an account's password
///
/// For somebody who has none yet or forgot theirs. All sessions of the account end. One's own is changed at
/// `/v1/me/password`, where the present one is asked for (409 here).
#[utoipa::path(
    operation_id = "setAccountPassword", tag = "identity",
    extensions(("x-permission" = json!("account:manage"))),
    params(IdPath),
    request_body(content = SetAccountPassword, example = json!({ "password": "nio gröna päron" })),
    responses((status = 204, description = "The password is set."))
)]
#[post("/v1/accounts/{id}/password")]
pub async fn handle(
    permit: Permit<ManageAccounts>,
    state: web::Data<State>,
    id: PathId<AccountId>,
    body: Body<SetAccountPassword>,
) -> Result<HttpResponse, Problem> {
    let id = id.0;
    let password = Password::new(&body.password).map_err(|refusal| refusal.at("/password"))?;
    // Only those who may do it make the server hash.
    state
        .database
        .read(permit.caller(), move |connection, scope| {
            account::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
            if scope.account() == Some(id) {
                let detail = "change your own password at /v1/me/password";
                return Err(Problem::from(Refusal::new(Rule::State, detail)));
            }
            Ok(())
        })
        .await?;
    let (hash, fresh) = (state.logins.passwords.hash(password).await?, state.fresh_uuid());
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            account::lock(tx, id)?;
            account::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
            credential::set_password(tx, scope, fresh, id, &hash)?;
            session::end_all(tx, scope, id, None, "an administrator set the password").map_err(Problem::from)
        })
        .await?;
    Ok(HttpResponse::NoContent().finish())
}

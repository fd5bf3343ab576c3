use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Identity, declared::OwnAccount},
    identity::Password,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::identity::{account, credential, session, throttle};
use utoipa::ToSchema;
use validator::Validate;

use super::logins::{Origin, count, counters};
use crate::http::{body::Body, catalogue::Code, permit::Permit, problem::Problem, state::State};

/// One's password and the next one.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ChangeOwnPassword {
    /// The present password.
    #[validate(length(min = 1, max = 200))]
    #[schema(example = "åtta röda äpplen", min_length = 1, max_length = 200, format = Password)]
    pub current: String,
    /// The next one, of 10 to 200 characters.
    #[validate(length(min = 10, max = 200))]
    #[schema(example = "nio gröna päron", min_length = 10, max_length = 200, format = Password, pattern = "^[^\\u0000-\\u001F\\u007F-\\u009F]*$")]
    pub new: String,
}

/// Change one's own password
///
/// The present one must be given; wrong ones are counted as at logins. All other sessions of the account end.
#[utoipa::path(
    operation_id = "changeOwnPassword", tag = "identity",
    extensions(("x-permission" = json!("own-account")), ("x-throttled" = json!(true))),
    request_body(content = ChangeOwnPassword, example = json!({ "current": "åtta röda äpplen", "new": "nio gröna päron" })),
    responses((status = 204, description = "The new password is in force."))
)]
#[post("/v1/me/password")]
pub async fn handle(
    permit: Permit<OwnAccount>,
    state: web::Data<State>,
    origin: Origin,
    body: Body<ChangeOwnPassword>,
) -> Result<HttpResponse, Problem> {
    let Identity::Account(id, session) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    let ChangeOwnPassword { current, new } = body.into_inner();
    let new = Password::new(&new).map_err(|refusal| refusal.at("/new"))?;
    let (email, hash) = state
        .database
        .read(permit.caller(), move |connection, scope| {
            let account = account::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
            let hash = credential::password_hash(connection, scope, id)?;
            Ok::<_, Problem>((account.value.email.key(), hash))
        })
        .await?;
    let counters = counters(&state, &format!("account {email}"), &origin);
    count(&state, permit.caller(), &counters).await?;
    let wrong =
        || Problem::from(Refusal::new(Rule::Conflict, "this is not the present password").at("/current"));
    if !state.logins.passwords.verify(Password::presented(&current), hash.clone()).await? {
        return Err(wrong());
    }
    let (new_hash, fresh) = (state.logins.passwords.hash(new).await?, state.fresh_uuid());
    let changed = state
        .database
        .write(permit.caller(), move |tx, scope| {
            account::lock(tx, id)?;
            throttle::succeeded(tx, &counters)?;
            if credential::password_hash(tx.connection(), scope, id)? != hash {
                return Ok(false);
            }
            credential::set_password(tx, scope, fresh, id, &new_hash)?;
            session::end_all(tx, scope, id, session, "the password was changed")?;
            Ok::<_, Problem>(true)
        })
        .await?;
    if changed { Ok(HttpResponse::NoContent().finish()) } else { Err(wrong()) }
}

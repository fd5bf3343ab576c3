use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::declared::ManageSecondFactors,
    id::{AccountId, SecondFactorId},
    identity::Invitation,
    refusal::{Refusal, Rule},
};
use utoipa::ToSchema;

use super::{fresh_code, hash_of, invite};
use crate::{
    http::{
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId},
        state::State,
    },
    identity::create_session::answer,
};

/// An invitation to a second factor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecondFactorInvitation {
    /// The code to hand over in person. It is shown this once; only its hash is kept.
    #[schema(example = "7Q2M-4KTD-9ZRA-XC3V")]
    pub invitation_code: String,
    /// Until when it can be used.
    #[schema(example = "2026-08-24T06:10:00Z")]
    pub expires_at: DateTime<Utc>,
}

/// Invite an account to a second factor
///
/// Gives a code, good for seven days, that the account's owner begins with at `/v1/me/second-factor`. Hand it over in
/// person: with it and the password somebody comes by the highest level of login. A former invitation is worth nothing from
/// now on. Nobody invites themselves (409): another administrator does, or the operator with `skolhus account
/// second-factor-invitation`. Where a second factor is in force it must be removed first (409).
#[utoipa::path(
    operation_id = "createSecondFactorInvitation", tag = "identity",
    extensions(("x-permission" = json!("second-factor:manage"))),
    params(IdPath),
    responses((status = 201, description = "The invitation.", body = SecondFactorInvitation))
)]
#[post("/v1/accounts/{id}/second-factor-invitation")]
pub async fn handle(
    permit: Permit<ManageSecondFactors>,
    state: web::Data<State>,
    id: PathId<AccountId>,
) -> Result<HttpResponse, Problem> {
    let (id, fresh) = (id.0, state.fresh::<SecondFactorId>());
    let code = fresh_code(state.randomness.as_ref());
    let invitation = Invitation::new(hash_of(code.as_str()), permit.now);
    let expires_at = invitation.expires_at;
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            if scope.account() == Some(id) {
                let detail = "another administrator invites you, or the operator of the machine";
                return Err(Problem::from(Refusal::new(Rule::State, detail)));
            }
            invite(tx, scope, fresh, id, invitation.clone()).map(drop)
        })
        .await?;
    let document = SecondFactorInvitation { invitation_code: code.shown(), expires_at };
    Ok(answer(StatusCode::CREATED, &document))
}

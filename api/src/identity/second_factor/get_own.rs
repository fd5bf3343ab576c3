use actix_web::{get, web};
use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::{Identity, Scope, declared::OwnAccount},
    id::AccountId,
    identity::Stage,
};
use skolhus_persistence::{
    DatabaseConnection,
    identity::{recovery_code, second_factor},
};
use utoipa::ToSchema;

use crate::http::{catalogue::Code, permit::Permit, problem::Problem, state::State};

/// The account's second factor.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SecondFactor)]
pub struct SecondFactorDocument {
    /// How far it has come.
    #[schema(example = "in-force")]
    pub state: SecondFactorState,
    /// Until when the invitation can be used, where there is one.
    #[schema(required, example = json!(null))]
    pub invitation_expires_at: Option<DateTime<Utc>>,
    /// Since when logins need it.
    #[schema(required, example = "2026-08-17T06:10:00Z")]
    pub in_force_since: Option<DateTime<Utc>>,
    /// How many recovery codes can still be used.
    #[schema(example = 9, minimum = 0, maximum = 10)]
    pub recovery_codes_left: usize,
}

/// How far a second factor has come.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SecondFactorState {
    /// There is none, and no invitation that can be used.
    None,
    /// It can be begun with the invitation.
    Invited,
    /// It has a secret, and waits for a code of it.
    Begun,
    /// Logins need it.
    InForce,
}

/// Read one's second factor
///
/// Whether logins of the account need one, since when, and how many recovery codes are left.
#[utoipa::path(
    operation_id = "getOwnSecondFactor", tag = "identity",
    extensions(("x-permission" = json!("own-account"))),
    responses((status = 200, description = "Its present state.", body = SecondFactorDocument))
)]
#[get("/v1/me/second-factor")]
pub async fn handle(
    permit: Permit<OwnAccount>,
    state: web::Data<State>,
) -> Result<web::Json<SecondFactorDocument>, Problem> {
    let Identity::Account(id, _) = permit.identity else {
        return Err(Problem::new(Code::NotPermitted));
    };
    let found = state
        .database
        .read(permit.caller(), move |connection, scope| get_own_second_factor(connection, scope, id))
        .await?;
    Ok(web::Json(found))
}

/// The use-case.
///
/// # Errors
/// A failure of the database.
pub fn get_own_second_factor(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    account: AccountId,
) -> Result<SecondFactorDocument, Problem> {
    let factor = second_factor::find(connection, scope, account)?;
    let recovery_codes_left = recovery_code::count_unused(connection, scope, account)?;
    // An invitation that has expired is as good as none.
    let stage = factor
        .map(|factor| factor.value)
        .filter(|factor| factor.invitation().is_none_or(|invitation| scope.now() < invitation.expires_at));
    let (state, invitation_expires_at, in_force_since) = match stage.map(|factor| factor.stage) {
        None => (SecondFactorState::None, None, None),
        Some(Stage::Invited(invitation)) => (SecondFactorState::Invited, Some(invitation.expires_at), None),
        Some(Stage::Begun { invitation, .. }) => {
            (SecondFactorState::Begun, Some(invitation.expires_at), None)
        }
        Some(Stage::InForce { since, .. }) => (SecondFactorState::InForce, None, Some(since)),
    };
    Ok(SecondFactorDocument { state, invitation_expires_at, in_force_since, recovery_codes_left })
}

use actix_web::{HttpResponse, http::StatusCode, post, web};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::declared::Public,
    id::{BankidLoginId, Id},
    identity::bankid::{Hint, OrderState, ReturnAddress},
    refusal::Refusals,
};
use skolhus_persistence::identity::bankid_order::{self, BankidOrder};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    super::{
        create_session::answer,
        logins::{Origin, count, counter_of_starts, first_refresh_token, hash_of},
    },
    client::{Auth, Started, Web},
    device::Device,
    of,
    order::{Known, LIFE, sealed},
};
use crate::http::{body::Body, catalogue::Code, permit::Permit, problem::Problem, state::State};

/// A login with BankID to begin. Who logs in is not said: BankID tells.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateBankidLogin {
    /// Where the app takes the person when they are done, if it runs on the same device. It begins with one of the places that
    /// the installation allows. Put something into it that only this device knows, and go on only if it comes back.
    #[serde(default)]
    #[validate(length(min = 1, max = 500))]
    #[schema(
        example = "https://app.example/inloggad?n=7f3a9c",
        min_length = 1,
        max_length = 500,
        pattern = "^[!-~]+$"
    )]
    pub return_url: Option<String>,
    /// What the client knows the device by, such as the hash of a cookie of its own; BankID judges the risk with it.
    #[serde(default)]
    #[validate(length(min = 1, max = 64))]
    #[schema(example = "6f1d0b7e2c", min_length = 1, max_length = 64, pattern = "^[0-9A-Za-z_-]+$")]
    pub device_identifier: Option<String>,
}

/// A login that was begun.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BankidLogin)]
pub struct BankidLoginDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000b1")]
    pub id: Uuid,
    /// What shows that the login is yours; told once. Keep it where no other page or device can read it.
    #[schema(example = "Zx3Jm0v1Gq5v5v3bq3v7mWq0V9l0F3m1c2k8Yt0a1bE")]
    pub secret: String,
    /// What starts the app on the same device.
    #[schema(example = "7c40b5c9-fa74-49cf-b98c-bfe651f9a7c6")]
    pub auto_start_token: String,
    /// The address that starts the app on the same device, with the token and where it returns to.
    #[schema(
        example = "bankid:///?autostarttoken=7c40b5c9-fa74-49cf-b98c-bfe651f9a7c6&redirect=https%3A%2F%2Fapp.example%2Finloggad%3Fn%3D7f3a9c"
    )]
    pub start_address: String,
    /// What the QR code for an app on another device says now. It is another one each second: the collection tells it.
    #[schema(
        example = "bankid.67df3917-fa0d-44e5-b327-edcc928297f8.0.dc69358e712458a66a7525beef148ae8526b1c71610eff2c16cdffb4cdac9bf8"
    )]
    pub qr_code: String,
    /// Until when it must be done.
    #[schema(example = "2026-08-17T06:15:00Z")]
    pub expires_at: DateTime<Utc>,
}

/// Begin to log in with BankID
///
/// Nobody says who they are. The app gets to the order in one of two ways: on the same device by `startAddress`, on
/// another one by the QR code, which is shown anew each second. Ask how it goes at the login's `collection`, about every second,
/// with the `secret`: only who holds that gets the session. BankID itself gives up if no app has come within half a minute;
/// begin anew then. Where the installation has no BankID the answer is 409 `bankid-off`; while BankID is away 503
/// `bankid-unavailable`. From one address 300 logins may be begun within an hour of which none succeeds.
#[utoipa::path(
    operation_id = "createBankidLogin", tag = "identity",
    extensions(("x-permission" = json!("public"))),
    request_body(content = CreateBankidLogin, example = json!({ "returnUrl": "https://app.example/inloggad?n=7f3a9c", "deviceIdentifier": "6f1d0b7e2c" })),
    responses((status = 201, description = "The login, begun.", body = BankidLoginDocument))
)]
#[post("/v1/bankid-logins")]
pub async fn handle(
    permit: Permit<Public>,
    state: web::Data<State>,
    origin: Origin,
    device: Device,
    body: Body<CreateBankidLogin>,
) -> Result<HttpResponse, Problem> {
    let bankid = of(&state)?;
    let CreateBankidLogin { return_url, device_identifier } = body.into_inner();
    let mut refusals = Refusals::default();
    let return_url = match return_url {
        Some(raw) => {
            let read = ReturnAddress::new(&raw, &bankid.settings.return_to);
            let Some(address) = refusals.note("/returnUrl", read) else { return Err(refusals.into()) };
            Some(address)
        }
        None => None,
    };
    count(&state, permit.caller(), &counter_of_starts(&state, &origin, bankid.settings.free_starts)).await?;

    let Some(address) = device.address else {
        tracing::error!(request = %permit.request, "BankID must know the caller's address, and this one has none");
        return Err(Problem::new(Code::BankidUnavailable));
    };
    let address = address.to_string();
    let agent = device.user_agent.unwrap_or_default();
    // Of those who tell nothing of themselves the same device gives the same, and nobody reads from it which.
    let identifier = device_identifier.unwrap_or_else(|| {
        let told = format!("{address}\n{agent}");
        hex::encode(state.keyring.keyed_hash("bankid device", told.as_bytes()))
    });
    let domain = return_url
        .as_ref()
        .and_then(ReturnAddress::host)
        .or(bankid.settings.domain.as_deref())
        .or(device.host.as_deref());
    let web = domain.filter(|_| !agent.is_empty()).map(|domain| Web {
        referring_domain: domain,
        user_agent: &agent,
        device_identifier: &identifier,
    });
    let return_url = return_url.as_ref().map(ReturnAddress::as_str);
    let auth = Auth { end_user_ip: address, return_risk: true, return_url, web };
    let started = bankid.auth(&auth).await.map_err(|trouble| trouble.problem("auth", permit.request))?;
    // QR codes count from now: the request may have begun seconds ago.
    let now = state.clock.now();

    let Started { order_ref, auto_start_token, qr_start_token, qr_start_secret } = started;
    let known = Known { order_ref, qr_start_token, qr_start_secret };
    let secret = first_refresh_token(state.randomness.as_ref());
    let id: BankidLoginId = state.fresh();
    let order = BankidOrder {
        id,
        secret_hash: hash_of(&secret),
        state: OrderState::Pending,
        hint: Hint::OutstandingTransaction,
        sealed: sealed(&state, id, &known)?,
        started_at: now,
        collected_at: None,
        expires_at: now + LIFE,
    };
    let document = BankidLoginDocument {
        id: id.uuid(),
        secret,
        start_address: start_address(&auto_start_token, return_url),
        auto_start_token,
        qr_code: known.qr_code(now, now),
        expires_at: order.expires_at,
    };
    state
        .database
        .write(permit.caller(), move |tx, scope| {
            bankid_order::insert(tx, scope, &order).map_err(Problem::from)
        })
        .await?;
    Ok(answer(StatusCode::CREATED, &document))
}

/// The address that starts the app on the same device. `null` is how the app is told to leave the person where they are.
fn start_address(token: &str, return_url: Option<&str>) -> String {
    let query = [("autostarttoken", token), ("redirect", return_url.unwrap_or("null"))];
    format!("bankid:///?{}", serde_urlencoded::to_string(query).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_address_says_where_to_return() {
        assert_eq!(
            start_address("a1-b2", Some("https://app.example/in?n=1&m=å")),
            "bankid:///?autostarttoken=a1-b2&redirect=https%3A%2F%2Fapp.example%2Fin%3Fn%3D1%26m%3D%C3%A5"
        );
        assert_eq!(start_address("a1-b2", None), "bankid:///?autostarttoken=a1-b2&redirect=null");
    }
}

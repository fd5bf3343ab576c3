//! An order as it is kept: found by whoever holds its secret, with what it needs sealed.

use chrono::{DateTime, Duration, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use skolhus_domain::{
    access::{Caller, declared::Public},
    id::{AccountId, BankidLoginId, OrganiserId},
    identity::bankid::{Hint, OrderState},
};
use skolhus_persistence::identity::{
    bankid_login::LoginOrigin,
    bankid_order::{self, BankidOrder, Step},
};
use subtle::ConstantTimeEq;

use super::{super::logins::hash_of, qr_code};
use crate::{
    change::Sealer,
    http::{catalogue::Code, permit::Permit, problem::Problem, state::State},
};

/// How long an order may take, from its start to its end. BankID lets it go sooner.
pub(super) const LIFE: Duration = Duration::minutes(5);
/// How long somebody with several accounts may take to choose one.
pub(super) const CHOICE: Duration = Duration::minutes(5);
/// How often BankID is asked how an order goes, however often we are.
pub(super) const BETWEEN_COLLECTIONS: Duration = Duration::seconds(1);

/// What BankID knows an order by. Of these only what is made with the secret leaves the server.
#[derive(Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) order_ref: String,
    pub(super) qr_start_token: String,
    pub(super) qr_start_secret: String,
}

impl Known {
    /// What the QR code says now.
    pub(super) fn qr_code(&self, started_at: DateTime<Utc>, now: DateTime<Utc>) -> String {
        let seconds = (now - started_at).num_seconds().max(0);
        qr_code(&self.qr_start_token, &self.qr_start_secret, seconds)
    }
}

/// Who may be chosen, and from where the login came. The person's number is not in it.
#[derive(Serialize, Deserialize)]
pub(super) struct Choice {
    pub(super) accounts: Vec<(OrganiserId, AccountId)>,
    risk: Option<skolhus_domain::identity::bankid::Risk>,
    ip_address: Option<String>,
    device: Option<String>,
}

impl Choice {
    pub(super) fn new(accounts: Vec<(OrganiserId, AccountId)>, origin: &LoginOrigin) -> Self {
        let LoginOrigin { risk, ip_address, device } = origin.clone();
        Self { accounts, risk, ip_address, device }
    }

    pub(super) fn origin(&self) -> LoginOrigin {
        let Self { risk, ip_address, device, .. } = self;
        LoginOrigin { risk: *risk, ip_address: ip_address.clone(), device: device.clone() }
    }
}

/// An order's own seal: what is sealed for one opens for no other.
fn binding(id: BankidLoginId) -> Vec<u8> {
    format!("bankid order\n{id}").into_bytes()
}

/// Seals what an order needs.
pub(super) fn sealed(state: &State, id: BankidLoginId, content: &impl Serialize) -> Result<String, Problem> {
    let internal = || Problem::new(Code::Internal);
    let text = serde_json::to_string(content).map_err(|_| internal())?;
    Sealer::seal(state.keyring.as_ref(), &text, &binding(id)).ok_or_else(internal)
}

/// Opens it; none when the keys are others by now.
pub(super) fn opened<T: DeserializeOwned>(state: &State, order: &BankidOrder) -> Option<T> {
    let text = Sealer::open(state.keyring.as_ref(), &order.sealed, &binding(order.id))?;
    serde_json::from_str(&text).ok()
}

/// The order, for whoever holds its secret. A wrong secret is answered as if there were no such order; it is random and
/// too long to be guessed, so that nobody has to be slowed down who asks in vain.
pub(super) async fn presented(
    state: &State,
    permit: &Permit<Public>,
    id: BankidLoginId,
    secret: &str,
) -> Result<BankidOrder, Problem> {
    let found = find(state, permit, id).await?;
    let hash = hash_of(secret);
    found
        .filter(|order| bool::from(hash.as_bytes().ct_eq(order.secret_hash.as_bytes())))
        .ok_or_else(Problem::not_found)
}

/// The order as it stands.
pub(super) async fn find(
    state: &State,
    caller: &Caller,
    id: BankidLoginId,
) -> Result<Option<BankidOrder>, Problem> {
    state
        .database
        .read(caller, move |connection, scope| {
            bankid_order::find(connection, scope, id).map_err(Problem::from)
        })
        .await
}

/// Ends an order; false when it has left the state meanwhile.
pub(super) async fn fail(
    state: &State,
    caller: &Caller,
    order: &BankidOrder,
    hint: Hint,
) -> Result<bool, Problem> {
    step(state, caller, order.id, over(order, OrderState::Failed, hint)).await
}

/// The step to the end of an order, at which what it needed is forgotten.
pub(super) fn over(order: &BankidOrder, to: OrderState, hint: Hint) -> Step {
    Step { from: order.state, to, hint, sealed: String::new(), expires_at: order.expires_at }
}

/// Moves an order on; false when it has left the state meanwhile.
pub(super) async fn step(
    state: &State,
    caller: &Caller,
    id: BankidLoginId,
    step: Step,
) -> Result<bool, Problem> {
    state
        .database
        .write(caller, move |tx, scope| bankid_order::step(tx, scope, id, &step).map_err(Problem::from))
        .await
}

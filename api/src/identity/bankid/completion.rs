//! What becomes of an order when the person has shown who they are.

use chrono::{DateTime, Utc};
use skolhus_domain::{
    access::{Caller, Level, Scope, declared::Public},
    id::{AccountId, Id, OrganiserId},
    identity::{
        ClientKind,
        bankid::{Hint, OrderState, Risk, Verdict, verdict},
    },
    person::IdentityNumber,
};
use skolhus_persistence::{
    identity::{
        account,
        bankid_login::{self, LoginOrigin},
        bankid_order::{self, BankidOrder, Step},
        throttle,
    },
    organisation::organiser,
};

use super::{
    super::{
        create_session::{SessionDocument, roles_today},
        logins::{Origin, counter_of_starts},
        session_start::SessionStart,
    },
    client::{Completion, DeviceData},
    collect_bankid_login::ChoiceDocument,
    of,
    order::{CHOICE, Choice, over, sealed, step},
};
use crate::http::{permit::Permit, problem::Problem, state::State};

/// The longest fact of a device that is kept, in characters.
const LONGEST_FACT: usize = 200;

/// A request that may complete an order.
pub(super) struct Completing<'a> {
    pub(super) state: &'a State,
    pub(super) permit: &'a Permit<Public>,
    pub(super) origin: &'a Origin,
    /// What somebody logs in with.
    pub(super) client_kind: ClientKind,
    /// The device that asks, for the list of sessions.
    pub(super) device: Option<&'a str>,
}

/// What became of it.
pub(super) enum Outcome {
    /// The session.
    LoggedIn(Box<SessionDocument>),
    /// Several accounts to choose among, until then.
    Choose(Vec<ChoiceDocument>, DateTime<Utc>),
    /// Nobody is let in.
    NobodyIn(Hint),
    /// Another request has moved the order on meanwhile.
    Overtaken,
}

impl Completing<'_> {
    /// Lets in whoever holds the number, and whom the verdict lets in. The number goes no further than this.
    pub(super) async fn complete(
        &self,
        order: &BankidOrder,
        completion: Completion,
    ) -> Result<Outcome, Problem> {
        let Completion { user, device, risk } = completion;
        let origin = login_origin(device, risk.as_deref());
        let accounts = match IdentityNumber::recognise(&user.personal_number, self.permit.today()) {
            Ok(number) => self.accounts_of(number).await?,
            Err(_) => Vec::new(),
        };
        let refuses = of(self.state)?.settings.refuse_high_risk;
        match verdict(origin.risk, refuses, accounts) {
            Verdict::RiskTooHigh => self.nobody(order, Hint::RiskTooHigh).await,
            Verdict::NoAccount => self.nobody(order, Hint::NoAccount).await,
            Verdict::LogIn(only) => self.log_in(order, only, origin).await,
            Verdict::Choose(accounts) => self.offer(order, accounts, &origin).await,
        }
    }

    async fn accounts_of(&self, number: IdentityNumber) -> Result<Vec<(OrganiserId, AccountId)>, Problem> {
        let find = move |connection: &mut skolhus_persistence::DatabaseConnection, scope: &Scope| {
            account::find_by_number(connection, scope, &number).map_err(Problem::from)
        };
        self.state.database.read(self.permit.caller(), find).await
    }

    async fn nobody(&self, order: &BankidOrder, hint: Hint) -> Result<Outcome, Problem> {
        let failed = over(order, OrderState::Failed, hint);
        let ours = step(self.state, self.permit.caller(), order.id, failed).await?;
        Ok(if ours { Outcome::NobodyIn(hint) } else { Outcome::Overtaken })
    }

    /// Lets the person choose.
    async fn offer(
        &self,
        order: &BankidOrder,
        accounts: Vec<(OrganiserId, AccountId)>,
        origin: &LoginOrigin,
    ) -> Result<Outcome, Problem> {
        let choices = self.shown(&accounts).await?;
        let expires_at = self.permit.now + CHOICE;
        let choosing = Step {
            from: order.state,
            to: OrderState::Choosing,
            hint: Hint::ChooseAccount,
            sealed: sealed(self.state, order.id, &Choice::new(accounts, origin))?,
            expires_at,
        };
        let ours = step(self.state, self.permit.caller(), order.id, choosing).await?;
        Ok(if ours { Outcome::Choose(choices, expires_at) } else { Outcome::Overtaken })
    }

    /// The accounts, as the person tells them apart. One that was disabled meanwhile is left out.
    pub(super) async fn shown(
        &self,
        accounts: &[(OrganiserId, AccountId)],
    ) -> Result<Vec<ChoiceDocument>, Problem> {
        let (accounts, request, now) = (accounts.to_vec(), self.permit.request, self.permit.now);
        self.state
            .database
            .read(self.permit.caller(), move |connection, _| {
                let mut shown = Vec::new();
                for (of, id) in &accounts {
                    let scope = Scope::system(&Caller::system("login", *of, request, now));
                    let found = account::find(connection, &scope, *id)?;
                    let Some(found) = found.filter(|found| found.value.disabled_at.is_none()) else {
                        continue;
                    };
                    let organiser = organiser::find_own(connection, &scope)?;
                    shown.push(ChoiceDocument {
                        account_id: id.uuid(),
                        email: found.value.email.as_str().to_owned(),
                        organiser_id: of.uuid(),
                        organiser_name: organiser
                            .map_or_else(String::new, |organiser| organiser.value.name.as_str().to_owned()),
                        roles: roles_today(connection, &scope, *id)?,
                    });
                }
                Ok::<_, Problem>(shown)
            })
            .await
    }

    /// Begins the session, and uses the order up in the same transaction: of any number of requests one gets it.
    pub(super) async fn log_in(
        &self,
        order: &BankidOrder,
        (organiser, account): (OrganiserId, AccountId),
        login_origin: LoginOrigin,
    ) -> Result<Outcome, Problem> {
        let Self { state, permit, origin, client_kind, device } = self;
        let caller = Caller::system("login", organiser, permit.request, permit.now);
        let counters = counter_of_starts(state, origin, of(state)?.settings.free_starts);
        let with = (*client_kind, device.map(str::to_owned));
        let start = SessionStart::new(state, account, Level::High, with, permit.now);
        let (starting, id) = (start.clone(), order.id);
        let used = over(order, OrderState::Used, Hint::AlreadyUsed);
        let failed = over(order, OrderState::Failed, Hint::NoAccount);
        let started = state
            .database
            .write(&caller, move |tx, scope| {
                account::lock(tx, account)?;
                let present = account::find(tx.connection(), scope, account)?;
                // It may have been disabled since it was found.
                let in_use = present.is_some_and(|account| account.value.disabled_at.is_none());
                if !bankid_order::step(tx, scope, id, if in_use { &used } else { &failed })? {
                    return Ok(None);
                }
                if !in_use {
                    return Ok(Some(None));
                }
                throttle::succeeded(tx, &counters)?;
                let begun = starting.save(tx, scope)?;
                bankid_login::note(tx, scope, begun.0.id, account, &login_origin)?;
                Ok::<_, Problem>(Some(Some(begun)))
            })
            .await?;
        match started {
            None => Ok(Outcome::Overtaken),
            Some(None) => Ok(Outcome::NobodyIn(Hint::NoAccount)),
            Some(Some(begun)) => {
                let document = start.document(state, organiser, begun)?;
                Ok(Outcome::LoggedIn(Box::new(document)))
            }
        }
    }
}

/// What is kept of the device, cut to what it can be.
fn login_origin(device: DeviceData, risk: Option<&str>) -> LoginOrigin {
    let cut = |fact: Option<String>| {
        fact.map(|fact| fact.chars().filter(|c| !c.is_control()).take(LONGEST_FACT).collect())
    };
    let DeviceData { ip_address, uhi } = device;
    LoginOrigin { risk: risk.and_then(Risk::from_code), ip_address: cut(ip_address), device: cut(uhi) }
}

//! What a second factor means for a login.

use chrono::{DateTime, Utc};
use skolhus_domain::{
    access::{Level, Scope},
    id::{AccountId, OrganiserId, SecondFactorId},
    identity::{AuthenticatorCode, OneTimeCode, SecondFactor, TimeStep},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Error, Saved, Tx,
    identity::{recovery_code, second_factor},
};

use super::{binding, hash_of, totp};
use crate::http::{catalogue::Code, problem::Problem, state::State};

/// What somebody shows at a login besides the password.
pub(crate) enum Presented {
    /// Nothing.
    Nothing,
    /// A code of their authenticator app.
    Code(AuthenticatorCode),
    /// The hash of a recovery code.
    Recovery(String),
}

/// What it is worth.
pub(crate) enum Checked {
    /// A login, if it can still be spent.
    Fits(Proof),
    /// The account's second factor is in force, and nothing was shown.
    Missing,
    /// It is not the account's.
    Wrong,
}

/// What a login is proven with besides the password.
#[derive(Clone)]
pub(crate) enum Proof {
    /// No second factor is in force.
    Password,
    /// The code of a time step.
    Step(SecondFactorId, TimeStep),
    /// What may be a recovery code, by its hash.
    Recovery(SecondFactorId, String),
}

impl Presented {
    /// Reads what was sent, whoever's it is.
    ///
    /// # Errors
    /// [`Code::InvalidFields`] for what no code looks like, and for both at once.
    pub(crate) fn read(code: Option<&str>, recovery_code: Option<&str>) -> Result<Self, Problem> {
        match (code, recovery_code) {
            (None, None) => Ok(Self::Nothing),
            (Some(code), None) => {
                let code = AuthenticatorCode::presented(code).map_err(|refusal| refusal.at("/code"))?;
                Ok(Self::Code(code))
            }
            (None, Some(code)) => {
                let code = OneTimeCode::presented(code).map_err(|refusal| refusal.at("/recoveryCode"))?;
                Ok(Self::Recovery(hash_of(code.as_str())))
            }
            (Some(_), Some(_)) => {
                let detail = "send a code or a recovery code, not both";
                Err(Refusal::new(Rule::Conflict, detail).at("/recoveryCode").into())
            }
        }
    }

    /// Compares it with the account's second factor. What was shown where none is in force is not looked at.
    ///
    /// # Errors
    /// [`Code::Internal`] where the secret cannot be opened: the master key is another than it was sealed with.
    pub(crate) fn check(
        &self,
        state: &State,
        organiser: OrganiserId,
        factor: Option<&Saved<SecondFactorId, SecondFactor>>,
        now: DateTime<Utc>,
    ) -> Result<Checked, Problem> {
        let in_force = factor.and_then(|factor| Some((factor, factor.value.in_force()?.0)));
        let Some((factor, sealed)) = in_force else { return Ok(Checked::Fits(Proof::Password)) };
        let step = match self {
            Self::Nothing => return Ok(Checked::Missing),
            Self::Recovery(hash) => return Ok(Checked::Fits(Proof::Recovery(factor.id, hash.clone()))),
            Self::Code(code) => {
                let secret = opened(state, organiser, factor.value.account, sealed)?;
                totp::matching(&secret, *code, now)
            }
        };
        Ok(step.map_or(Checked::Wrong, |step| Checked::Fits(Proof::Step(factor.id, step))))
    }
}

impl Proof {
    /// The level of a login that is proven with it.
    pub(crate) fn level(&self) -> Level {
        match self {
            Self::Step(..) => Level::High,
            // A recovery code is something that lies in a drawer.
            Self::Password | Self::Recovery(..) => Level::Substantial,
        }
    }

    /// Uses it up; false when it was used before, or the second factor has changed since it was checked. The account is
    /// held meanwhile.
    ///
    /// # Errors
    /// A failure of the database.
    pub(crate) fn spend(&self, tx: &mut Tx<'_>, scope: &Scope, account: AccountId) -> Result<bool, Error> {
        let present = second_factor::find(tx.connection(), scope, account)?;
        let present = present.filter(|factor| factor.value.in_force().is_some()).map(|factor| factor.id);
        match self {
            Self::Password => Ok(present.is_none()),
            Self::Step(id, step) => {
                Ok(present == Some(*id) && second_factor::use_step(tx, scope, *id, *step)?)
            }
            Self::Recovery(id, hash) => {
                Ok(present == Some(*id) && recovery_code::spend(tx, scope, account, hash)?)
            }
        }
    }
}

/// The secret of an account's authenticator app.
///
/// # Errors
/// [`Code::Internal`].
pub(crate) fn opened(
    state: &State,
    organiser: OrganiserId,
    account: AccountId,
    sealed: &str,
) -> Result<zeroize::Zeroizing<Vec<u8>>, Problem> {
    state.keyring.open_secret(sealed, &binding(organiser, account)).ok_or_else(|| {
        tracing::error!(%account, "the master key does not open the account's second factor; remove it, and invite anew");
        Problem::new(Code::Internal)
    })
}

//! The second factor of an account (andra faktor): codes of an authenticator app (RFC 6238), which begin with an
//! invitation that is handed over in person. So a stolen password is not enough to come by a stronger login.

use chrono::{DateTime, Duration, Utc};

use super::six_digits::six_digits;
use crate::{
    id::AccountId,
    refusal::{Refusal, Rule},
};

/// For how many days an invitation can be used.
pub const INVITATION_DAYS: i64 = 7;
/// How many recovery codes there are.
pub const RECOVERY_CODES: usize = 10;
/// For how many seconds a code of an authenticator app stands.
pub const STEP_SECONDS: i64 = 30;

/// A second factor, however far it has come.
#[derive(Clone, PartialEq, Eq)]
pub struct SecondFactor {
    /// Whose.
    pub account: AccountId,
    /// How far it has come.
    pub stage: Stage,
}

/// Shows nothing of the invitation and the secret, sealed as it is.
impl std::fmt::Debug for SecondFactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let stage = match self.stage {
            Stage::Invited(_) => "invited",
            Stage::Begun { .. } => "begun",
            Stage::InForce { .. } => "in force",
        };
        f.debug_struct("SecondFactor").field("account", &self.account).field("stage", &stage).finish()
    }
}

/// How far a second factor has come.
#[derive(Clone, PartialEq, Eq)]
pub enum Stage {
    /// The account may begin, with the code that was handed over.
    Invited(Invitation),
    /// It has a secret, and no code of it has been shown yet. The invitation still counts: whoever lost the secret on its
    /// way begins again with it.
    Begun {
        /// What it was begun with.
        invitation: Invitation,
        /// The secret, sealed.
        secret: String,
    },
    /// Every login needs it.
    InForce {
        /// Since when.
        since: DateTime<Utc>,
        /// The secret, sealed.
        secret: String,
    },
}

/// An invitation to begin.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The hash of its code.
    pub code_hash: String,
    /// The instant from which it is worth nothing.
    pub expires_at: DateTime<Utc>,
}

impl Invitation {
    /// An invitation from now on.
    #[must_use]
    pub fn new(code_hash: String, now: DateTime<Utc>) -> Self {
        Self { code_hash, expires_at: now + Duration::days(INVITATION_DAYS) }
    }

    fn check(&self, now: DateTime<Utc>) -> Result<(), Refusal> {
        if now < self.expires_at {
            return Ok(());
        }
        Err(Refusal::new(Rule::State, "the invitation has expired; ask for another"))
    }
}

impl SecondFactor {
    /// The invitation, if it has not been used up.
    #[must_use]
    pub fn invitation(&self) -> Option<&Invitation> {
        match &self.stage {
            Stage::Invited(invitation) | Stage::Begun { invitation, .. } => Some(invitation),
            Stage::InForce { .. } => None,
        }
    }

    /// The sealed secret that logins are checked with, and since when; none before it is in force.
    #[must_use]
    pub fn in_force(&self) -> Option<(&str, DateTime<Utc>)> {
        match &self.stage {
            Stage::InForce { since, secret } => Some((secret, *since)),
            Stage::Invited(_) | Stage::Begun { .. } => None,
        }
    }

    /// Invited anew: the former invitation, and what was begun with it, is worth nothing.
    ///
    /// # Errors
    /// [`Rule::State`] when it is in force.
    pub fn invited_anew(&self, invitation: Invitation) -> Result<Self, Refusal> {
        self.check_not_in_force()?;
        Ok(Self { account: self.account, stage: Stage::Invited(invitation) })
    }

    /// Begun, or begun again, with a new secret by somebody who has presented a code; `fits` says whether it is the
    /// invitation's.
    ///
    /// # Errors
    /// [`Rule::State`] when it is in force, or the invitation has expired; [`Rule::Conflict`] for another code.
    pub fn begun(&self, fits: bool, secret: String, now: DateTime<Utc>) -> Result<Self, Refusal> {
        self.check_not_in_force()?;
        let invitation = self.invitation().filter(|_| fits).ok_or_else(not_the_invitation)?.clone();
        invitation.check(now)?;
        Ok(Self { account: self.account, stage: Stage::Begun { invitation, secret } })
    }

    /// The sealed secret whose code confirms it.
    ///
    /// # Errors
    /// [`Rule::State`] when it is in force already or not begun, or the invitation has expired meanwhile.
    pub fn to_confirm(&self, now: DateTime<Utc>) -> Result<&str, Refusal> {
        self.check_not_in_force()?;
        match &self.stage {
            Stage::Begun { invitation, secret } => invitation.check(now).map(|()| secret.as_str()),
            Stage::Invited(_) | Stage::InForce { .. } => Err(not_begun()),
        }
    }

    /// In force from now on, once a code of its secret has been shown.
    ///
    /// # Errors
    /// As [`SecondFactor::to_confirm`].
    pub fn confirmed(&self, now: DateTime<Utc>) -> Result<Self, Refusal> {
        let secret = self.to_confirm(now)?.to_owned();
        Ok(Self { account: self.account, stage: Stage::InForce { since: now, secret } })
    }

    fn check_not_in_force(&self) -> Result<(), Refusal> {
        match self.stage {
            Stage::InForce { .. } => {
                Err(Refusal::new(Rule::State, "a second factor is in force; it must be removed first"))
            }
            Stage::Invited(_) | Stage::Begun { .. } => Ok(()),
        }
    }
}

/// What is answered to a code that is no invitation of the account, and where there is none.
#[must_use]
pub fn not_the_invitation() -> Refusal {
    Refusal::new(Rule::Conflict, "this is not the code of the account's latest invitation")
}

/// What is answered to who has not begun.
#[must_use]
pub fn not_begun() -> Refusal {
    Refusal::new(Rule::State, "no second factor has been begun")
}

/// A code as an authenticator app shows it: six digits. `Debug` shows nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthenticatorCode(u32);

impl AuthenticatorCode {
    /// A code as it is typed; apps show it in two groups.
    ///
    /// # Errors
    /// [`Rule::Format`].
    pub fn presented(raw: &str) -> Result<Self, Refusal> {
        six_digits(raw).map(Self)
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }
}

impl std::fmt::Debug for AuthenticatorCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AuthenticatorCode(redacted)")
    }
}

/// The half minute that a code belongs to, counted from 1970 (RFC 6238, T).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct TimeStep(pub i64);

impl TimeStep {
    /// The step of an instant.
    #[must_use]
    pub fn of(now: DateTime<Utc>) -> Self {
        Self(now.timestamp().div_euclid(STEP_SECONDS))
    }

    /// The steps whose codes are taken at an instant: the present one, and one each way for clocks that differ and
    /// people who type slowly.
    #[must_use]
    pub fn taken_at(now: DateTime<Utc>) -> [Self; 3] {
        let Self(present) = Self::of(now);
        [Self(present), Self(present - 1), Self(present + 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn invited(now: DateTime<Utc>) -> SecondFactor {
        let invitation = Invitation::new("hash".to_owned(), now);
        SecondFactor {
            account: AccountId::from_uuid(uuid::Uuid::from_u128(1)),
            stage: Stage::Invited(invitation),
        }
    }

    #[test]
    fn it_begins_with_the_invitation_and_counts_once_a_code_was_shown() {
        let now = at(1_790_000_000);
        let factor = invited(now);
        assert_eq!(factor.begun(false, "hemlig".to_owned(), now).unwrap_err().rule, Rule::Conflict);
        assert_eq!(factor.confirmed(now).unwrap_err().rule, Rule::State);
        let begun = factor.begun(true, "hemlig".to_owned(), now).unwrap();
        assert!(begun.in_force().is_none() && begun.invitation().is_some());
        let again = begun.begun(true, "annan".to_owned(), now).unwrap();
        assert_eq!(again.to_confirm(now), Ok("annan"));
        let there = again.confirmed(now).unwrap();
        assert_eq!((there.in_force(), there.invitation().is_none()), (Some(("annan", now)), true));
        for refused in [
            there.begun(true, "x".to_owned(), now).map(drop),
            there.confirmed(now).map(drop),
            there.invited_anew(Invitation::new("ny".to_owned(), now)).map(drop),
        ] {
            assert_eq!(refused.unwrap_err().rule, Rule::State);
        }
    }

    #[test]
    fn an_invitation_ends_after_a_week_and_with_the_next_one() {
        let now = at(1_790_000_000);
        let (last, over) = (now + Duration::days(7) - Duration::seconds(1), now + Duration::days(7));
        let factor = invited(now);
        let begun = factor.begun(true, "hemlig".to_owned(), last).unwrap();
        assert_eq!(factor.begun(true, "hemlig".to_owned(), over).unwrap_err().rule, Rule::State);
        assert!(begun.to_confirm(last).is_ok() && begun.to_confirm(over).is_err());
        let anew = begun.invited_anew(Invitation::new("ny".to_owned(), last)).unwrap();
        assert_eq!(anew.invitation().unwrap().code_hash, "ny");
        assert_eq!(anew.confirmed(last).unwrap_err().rule, Rule::State, "what was begun is over");
    }

    #[test]
    fn a_code_is_six_digits() {
        assert_eq!(AuthenticatorCode::presented("005 924").unwrap().number(), 5924);
        for wrong in ["", "12345", "1234567", "12345a", "+12345", "١٢٣٤٥٦", "åäöåäö"] {
            assert_eq!(AuthenticatorCode::presented(wrong).unwrap_err().rule, Rule::Format, "{wrong}");
        }
        assert!(!format!("{:?}", AuthenticatorCode::presented("123456").unwrap()).contains("123456"));
    }

    proptest! {
        #[test]
        fn a_code_is_taken_for_a_minute_and_a_half_and_no_longer(made in 0_i64..4_000_000_000, later in -120_i64..120) {
            let taken = TimeStep::taken_at(at(made + later)).contains(&TimeStep::of(at(made)));
            prop_assert!(taken || later.abs() >= 30);
            prop_assert!(!taken || later.abs() < 60);
        }
    }
}

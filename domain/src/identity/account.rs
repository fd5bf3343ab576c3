//! Accounts.

use chrono::{DateTime, Utc};

use crate::{id::PersonId, person::EmailAddress};

/// An account: whoever logs in with its e-mail address.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// The person of the register behind it, if any. Teachers, participants and guardians
    /// reach nothing without one.
    pub person: Option<PersonId>,
    /// What it logs in with.
    pub email: EmailAddress,
    /// Since when nobody can log in with it; none while it is in use.
    pub disabled_at: Option<DateTime<Utc>>,
}

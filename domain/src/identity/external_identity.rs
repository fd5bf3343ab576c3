//! External identities (externa identiteter): what an identity provider calls the owner of an account.

use crate::{
    access::Level,
    id::{AccountId, IdentityProviderId},
};

/// What a provider calls somebody, bound to one account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExternalIdentity {
    /// The provider.
    pub provider: IdentityProviderId,
    /// What it calls them (`sub`).
    pub subject: String,
    /// Whose account it is.
    pub account: AccountId,
    /// How surely whoever bound it was known.
    pub level: Level,
}

impl ExternalIdentity {
    /// What a login is worth that the provider vouches for: never more than the proof with which the two were bound, or somebody who
    /// had found out a password could make themselves a stronger login with it.
    #[must_use]
    pub fn level_of(&self, login: Level) -> Level {
        login.min(self.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use uuid::Uuid;

    #[test]
    fn a_login_is_no_surer_than_the_binding() {
        for bound in Level::ALL {
            let (provider, account) = (Id::from_uuid(Uuid::nil()), Id::from_uuid(Uuid::nil()));
            let identity = ExternalIdentity { provider, subject: "1".to_owned(), account, level: bound };
            for login in Level::ALL {
                let level = identity.level_of(login);
                assert!(level <= bound && level <= login && (level == bound || level == login));
            }
        }
    }
}

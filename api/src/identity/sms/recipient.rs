//! Who is sent a code.

use skolhus_domain::{
    access::{Caller, Scope},
    id::{AccountId, Id, OrganiserId, PersonId},
    identity::Account,
};
use skolhus_persistence::{
    DatabaseConnection, Error, Saved,
    identity::{login_setting, second_factor},
    person::reached,
};
use uuid::Uuid;

use super::first_reached;
use crate::http::state::State;

/// Who is sent a code, and where to.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Recipient {
    pub(super) organiser: OrganiserId,
    pub(super) account: AccountId,
    /// The number, as messages are addressed to it.
    pub(super) number: String,
}

impl Recipient {
    /// Who is sent a code, of an account that was found; the register is asked the same where none was.
    pub(super) fn of(
        state: &State,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        found: Option<(OrganiserId, Saved<AccountId, Account>)>,
    ) -> Result<Option<Self>, Error> {
        let in_use = found.filter(|(_, account)| account.value.disabled_at.is_none());
        let (organiser, account, person) = in_use.map_or_else(
            || (Caller::every_organiser(), AccountId::from_uuid(Uuid::nil()), None),
            |(organiser, account)| (organiser, account.id, account.value.person),
        );
        let scope = Scope::system(&Caller::system("login", organiser, scope.request(), scope.now()));
        let settings = login_setting::in_force(connection, &scope)?;
        let factor = second_factor::find(connection, &scope, account)?;
        let person = person.unwrap_or_else(|| PersonId::from_uuid(Uuid::nil()));
        let Some(reached) = reached::by_text(connection, &scope, person)? else { return Ok(None) };
        let has_second_factor = factor.is_some_and(|factor| factor.value.in_force().is_some());
        if !settings.permits_code(reached.is_protected, has_second_factor) {
            return Ok(None);
        }
        let number = first_reached(state, &reached.numbers);
        Ok(number.map(|number| Self { organiser, account, number: number.to_owned() }))
    }
}

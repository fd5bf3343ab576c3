//! The second factor of an account (andra faktor): an invitation handed over in person, an authenticator app, and
//! recovery codes for the day when it is lost.

mod begin;
mod confirm;
mod create_invitation;
mod get_own;
pub(crate) mod login;
mod remove_of_account;
mod remove_own;
mod replace_recovery_codes;
pub mod totp;

use skolhus_domain::{
    access::Scope,
    id::{AccountId, Id, OrganiserId, SecondFactorId},
    identity::{Invitation, ONE_TIME_CODE_CHANCE, OneTimeCode, RECOVERY_CODES, SecondFactor, Stage},
    instant::Randomness,
};
use skolhus_persistence::{
    Saved, Tx,
    identity::{account, recovery_code, second_factor, session},
};

use super::logins::hash_of;
use crate::http::{operations::Operations, problem::Problem};

/// Mounts the operations.
pub fn mount(operations: &mut Operations<'_>) {
    operations
        .service(create_invitation::handle)
        .service(remove_of_account::handle)
        .service(get_own::handle)
        .service(begin::handle)
        .service(confirm::handle)
        .service(replace_recovery_codes::handle)
        .service(remove_own::handle);
}

/// A code that nobody can guess.
pub(crate) fn fresh_code(randomness: &dyn Randomness) -> OneTimeCode {
    let mut chance = [0; ONE_TIME_CODE_CHANCE];
    randomness.fill(&mut chance);
    OneTimeCode::of_chance(chance)
}

/// Recovery codes as they are shown, and the hashes that are kept of them.
pub(crate) fn fresh_recovery_codes(randomness: &dyn Randomness) -> (Vec<String>, Vec<String>) {
    (0..RECOVERY_CODES)
        .map(|_| {
            let code = fresh_code(randomness);
            (code.shown(), hash_of(code.as_str()))
        })
        .unzip()
}

/// What a secret is sealed for: it opens for no other account, and as nothing else.
pub(crate) fn binding(organiser: OrganiserId, account: AccountId) -> Vec<u8> {
    format!("second factor\n{}\n{}", organiser.uuid(), account.uuid()).into_bytes()
}

/// Invites an account: the former invitation, and what was begun with it, is worth nothing any more.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`]; `Conflict` when a second factor is in force; a failure of the database.
pub(crate) fn invite(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: SecondFactorId,
    account: AccountId,
    invitation: Invitation,
) -> Result<Saved<SecondFactorId, SecondFactor>, Problem> {
    account::lock(tx, account)?;
    account::find(tx.connection(), scope, account)?.ok_or_else(Problem::not_found)?;
    Ok(match second_factor::find(tx.connection(), scope, account)? {
        Some(before) => {
            let after = before.value.invited_anew(invitation)?;
            second_factor::update(tx, scope, &before, &after)?
        }
        None => {
            let factor = SecondFactor { account, stage: Stage::Invited(invitation) };
            second_factor::insert(tx, scope, fresh, &factor)?
        }
    })
}

/// Removes an account's second factor with its recovery codes, or an invitation to one; false when there is none. Where
/// logins needed it the account's sessions end.
///
/// # Errors
/// A failure of the database.
pub(crate) fn remove(
    tx: &mut Tx<'_>,
    scope: &Scope,
    account: AccountId,
    because: &str,
) -> Result<bool, Problem> {
    account::lock(tx, account)?;
    let Some(before) = second_factor::find(tx.connection(), scope, account)? else { return Ok(false) };
    second_factor::withdraw(tx, &before)?;
    recovery_code::replace(tx, scope, account, &[])?;
    if before.value.in_force().is_some() {
        session::end_all(tx, scope, account, None, because)?;
    }
    Ok(true)
}

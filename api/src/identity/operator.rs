//! What the operator of the machine does: the program's commands call these.

use skolhus_domain::{
    access::{Caller, Identity, Level, Role},
    id::{AccountId, Id, OrganiserId, PersonId, SchoolUnitId},
    identity::{Account, Invitation, OneTimeCode, Password},
    instant::{IdSource, Randomness},
    person::EmailAddress,
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Database,
    identity::{account, credential, role_assignment, session},
};

use super::{
    keyring::{Bearer, Keyring},
    logins::hash_of,
    passwords::Passwords,
    second_factor::{fresh_code, invite, remove},
};
use crate::http::{catalogue::Code, problem::Problem};

/// An account to be opened from the command line.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The tenant.
    pub organiser: OrganiserId,
    /// What it logs in with.
    pub email: EmailAddress,
    /// The person behind it, if any.
    pub person: Option<PersonId>,
    /// Its roles from today on, for the whole organiser or one unit each.
    pub roles: Vec<(Role, Option<SchoolUnitId>)>,
    /// Its password, if it shall have one.
    pub password: Option<Password>,
}

/// Makes an access token for any account, good for ten minutes; noted in the change log.
///
/// # Errors
/// [`Code::NotFound`] when no account in use has the address; a failure of the database.
pub async fn mint_operator_token(
    database: &Database,
    keyring: &Keyring,
    email: &EmailAddress,
    level: Level,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<String, Problem> {
    let (organiser, id) = find(database, email, now).await?;
    let caller = Caller::system("account token", organiser, database.fresh_id(), now);
    database
        .write(&caller, move |tx, scope| {
            let account = account::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
            if account.value.disabled_at.is_some() {
                return Err(Problem::not_found().detail("the account is disabled"));
            }
            account::note_token(tx, scope, &account, level);
            Ok(())
        })
        .await?;
    let bearer = Bearer { organiser, identity: Identity::Account(id, None), level };
    keyring.issue(&bearer, database.fresh_id(), now).ok_or_else(|| Problem::new(Code::Internal))
}

/// Opens an account with its roles and password.
///
/// # Errors
/// [`Code::InvalidFields`] when the address is taken or a role cannot be given like this;
/// a failure of the database.
pub async fn create_account(
    database: &Database,
    passwords: &Passwords,
    ids: &dyn IdSource,
    new: NewAccount,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<AccountId, Problem> {
    let NewAccount { organiser, email, person, roles, password } = new;
    if roles
        .iter()
        .any(|(role, unit)| *role == Role::Integrator || (*role == Role::Administrator && unit.is_some()))
    {
        return Err(Refusal::new(Rule::Conflict, "the role cannot be given like this").at("/roles").into());
    }
    let hash = match password {
        Some(password) => Some(passwords.hash(password).await?),
        None => None,
    };
    let (id, credential) = (AccountId::from_uuid(ids.fresh()), ids.fresh());
    let roles: Vec<_> =
        roles.into_iter().map(|(role, unit)| (Id::from_uuid(ids.fresh()), role, unit)).collect();
    let caller = Caller::system("account create", organiser, database.fresh_id(), now);
    database
        .write(&caller, move |tx, scope| {
            account::insert(tx, scope, id, person, &email)?;
            for (assignment, role, unit) in &roles {
                account::assign_role(tx, scope, *assignment, id, *role, *unit)?;
            }
            if let Some(hash) = &hash {
                credential::set_password(tx, scope, credential, id, hash)?;
            }
            Ok::<_, Problem>(())
        })
        .await?;
    Ok(id)
}

/// Sets the password of any account, and ends its sessions.
///
/// # Errors
/// [`Code::NotFound`] when no account has the address; a failure of the database.
pub async fn set_password(
    database: &Database,
    passwords: &Passwords,
    email: &EmailAddress,
    password: Password,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), Problem> {
    let (organiser, id) = find(database, email, now).await?;
    let (hash, fresh) = (passwords.hash(password).await?, database.fresh_id());
    let caller = Caller::system("account password", organiser, database.fresh_id(), now);
    database
        .write(&caller, move |tx, scope| {
            account::lock(tx, id)?;
            credential::set_password(tx, scope, fresh, id, &hash)?;
            session::end_all(tx, scope, id, None, "the operator set a password").map_err(Problem::from)
        })
        .await
}

/// Invites an account to a second factor, as an administrator does who has one: so the first of them comes by theirs.
///
/// # Errors
/// [`Code::NotFound`] when no account has the address; [`Code::Conflict`] when a second factor is in force; a failure of
/// the database.
pub async fn invite_to_second_factor(
    database: &Database,
    randomness: &dyn Randomness,
    email: &EmailAddress,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<OneTimeCode, Problem> {
    let (organiser, id) = find(database, email, now).await?;
    let (code, fresh) = (fresh_code(randomness), Id::from_uuid(database.fresh_id()));
    let invitation = Invitation::new(hash_of(code.as_str()), now);
    let caller = Caller::system("account second-factor-invitation", organiser, database.fresh_id(), now);
    database
        .write(&caller, move |tx, scope| invite(tx, scope, fresh, id, invitation.clone()).map(drop))
        .await?;
    Ok(code)
}

/// Removes an account's second factor, in force or not, and ends its sessions; false when it had none.
///
/// # Errors
/// [`Code::NotFound`] when no account has the address; a failure of the database.
pub async fn remove_second_factor(
    database: &Database,
    email: &EmailAddress,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<bool, Problem> {
    let (organiser, id) = find(database, email, now).await?;
    let caller = Caller::system("account second-factor-removal", organiser, database.fresh_id(), now);
    database
        .write(&caller, move |tx, scope| remove(tx, scope, id, "the operator removed the second factor"))
        .await
}

/// Shuts an account out at once, or lets it in again; false when it was so already. The operator
/// may shut out the last administrator too, and can always make another.
///
/// # Errors
/// [`Code::NotFound`] when no account has the address; a failure of the database.
pub async fn set_disabled(
    database: &Database,
    email: &EmailAddress,
    disabled: bool,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<bool, Problem> {
    let (organiser, id) = find(database, email, now).await?;
    let what = if disabled { "account disable" } else { "account enable" };
    let caller = Caller::system(what, organiser, database.fresh_id(), now);
    database
        .write(&caller, move |tx, scope| {
            // As every change of who can log in: the last administrator is counted under this lock.
            role_assignment::lock_administrators(tx, scope)?;
            let before = account::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
            if before.value.disabled_at.is_some() == disabled {
                return Ok(false);
            }
            let after = Account { disabled_at: disabled.then(|| scope.now()), ..before.value.clone() };
            account::update(tx, scope, &before, &after)?;
            if disabled {
                session::end_all(tx, scope, id, None, "the operator disabled the account")?;
            }
            Ok(true)
        })
        .await
}

async fn find(
    database: &Database,
    email: &EmailAddress,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(OrganiserId, AccountId), Problem> {
    let caller = Caller::system("account", Caller::every_organiser(), database.fresh_id(), now);
    let key = email.key();
    let found = database
        .read(&caller, move |connection, scope| {
            account::find_by_email(connection, scope, &key).map_err(Problem::from)
        })
        .await?;
    let (organiser, account) =
        found.ok_or_else(|| Problem::not_found().detail("no account has this e-mail address"))?;
    Ok((organiser, account.id))
}

//! `skolhus account`: accounts, as the operator of the machine keeps them.

use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Caller, Identity, Level, Role},
    id::{AccountId, Id, OrganiserId, RoleAssignmentId, SchoolUnitId},
    person::EmailAddress,
};
use skolhus_persistence::identity::{AccountOverview, account, every_account};
use uuid::Uuid;

use super::{ProgramError, operator::refused, organiser};
use crate::{
    http::{problem::Problem, state::State},
    identity::keyring::Bearer,
};

/// What `skolhus account` takes.
#[derive(clap::Subcommand)]
pub(super) enum Arguments {
    /// Open an account with a role; prints its id.
    Create {
        /// The address it logs in with.
        email: String,
        /// Its role; `skolhus help account create` names them.
        #[arg(long, value_parser = Role::ALL.map(Role::code))]
        role: String,
        /// For one school unit only, by id.
        #[arg(long, value_name = "ID")]
        school_unit: Option<Uuid>,
        /// Of this organiser, where there are several.
        #[arg(long, value_name = "ID")]
        organiser: Option<Uuid>,
    },
    /// Print a short-lived access token for an account; this is logged.
    Token {
        /// The account's address.
        email: String,
        /// The level of login that the token tells of: 1, 2 or 3.
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=3))]
        level: u8,
    },
    /// List the accounts with their roles.
    List,
}

/// The same, complete, for whoever does it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Account {
    Create { email: String, role: Role, school_unit: Option<SchoolUnitId>, organiser: Option<OrganiserId> },
    Token { email: String, level: u8 },
    List,
}

impl Arguments {
    /// The command that the arguments ask for.
    pub(super) fn command(self) -> Result<Account, ProgramError> {
        Ok(match self {
            Self::Create { email, role, school_unit, organiser } => Account::Create {
                email,
                role: Role::from_code(&role)
                    .ok_or_else(|| ProgramError::Refused(format!("there is no role {role}")))?,
                school_unit: school_unit.map(Id::from_uuid),
                organiser: organiser.map(Id::from_uuid),
            },
            Self::Token { email, level } => Account::Token { email, level },
            Self::List => Account::List,
        })
    }
}

/// Does what is asked of the accounts.
pub(super) async fn account(state: &State, command: Account) -> Result<String, ProgramError> {
    match command {
        Account::Create { email, role, school_unit, organiser } => {
            let organiser = organiser::meant(state, organiser).await?;
            let id = create(state, organiser, &email, role, school_unit).await;
            Ok(id.map_err(|problem| refused(&problem))?.to_string())
        }
        Account::Token { email, level } => token(state, &email, level).await,
        Account::List => Ok(found(state, None).await?.iter().map(line).collect()),
    }
}

fn line(account: &AccountOverview) -> String {
    let AccountOverview { organiser, id, email, disabled, roles } = account;
    let state = if *disabled { "  disabled" } else { "" };
    format!("{id}  {organiser}  {email}  {}{state}\n", roles.join(","))
}

/// Opens an account with one role.
pub(super) async fn create(
    state: &State,
    organiser: OrganiserId,
    email: &str,
    role: Role,
    school_unit: Option<SchoolUnitId>,
) -> Result<AccountId, Problem> {
    let (id, assignment): (AccountId, RoleAssignmentId) = (state.fresh(), state.fresh());
    let email = EmailAddress::new(email)?;
    let caller = Caller::system("operator", organiser, state.fresh_uuid(), state.clock.now());
    state
        .database
        .write(&caller, move |tx, scope| {
            account::insert(tx, scope, id, None, &email)?;
            account::assign_role(tx, scope, assignment, id, role, school_unit)?;
            Ok::<_, Problem>(())
        })
        .await?;
    Ok(id)
}

async fn token(state: &State, email: &str, level: u8) -> Result<String, ProgramError> {
    let level =
        Level::from_number(level).ok_or_else(|| ProgramError::Refused("a level is 1, 2 or 3".to_owned()))?;
    let account = one(state, email).await?;
    if account.disabled {
        return Err(ProgramError::Refused("the account is disabled".to_owned()));
    }
    let bearer =
        Bearer { organiser: account.organiser, identity: Identity::Account(account.id, None), level };
    let token_id = state.fresh_uuid();
    tracing::warn!(account = %account.id, level = level.number(), token = %token_id, "the operator minted a token");
    state
        .keyring
        .issue(&bearer, token_id, state.clock.now())
        .ok_or_else(|| ProgramError::Refused("there is no key to sign with".to_owned()))
}

async fn one(state: &State, email: &str) -> Result<AccountOverview, ProgramError> {
    let email = EmailAddress::new(email).map_err(|refusal| refused(&refusal.into()))?;
    let account = found(state, Some(email.key())).await?.pop();
    account.ok_or_else(|| ProgramError::Refused("there is no account with that address".to_owned()))
}

async fn found(state: &State, email_key: Option<String>) -> Result<Vec<AccountOverview>, ProgramError> {
    let caller = Caller::system("operator", Caller::every_organiser(), state.fresh_uuid(), state.clock.now());
    let found = state.database.read(&caller, move |connection, scope| {
        every_account(connection, scope, email_key.as_deref()).map_err(Problem::from)
    });
    found.await.map_err(|problem| refused(&problem))
}

//! `skolhus account`: accounts, as the operator of the machine keeps them.

use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::{Caller, Level, Role},
    id::{Id, OrganiserId, SchoolUnitId},
    identity::Password,
    person::EmailAddress,
    refusal::Refusal,
};
use skolhus_persistence::identity::{AccountOverview, every_account};
use uuid::Uuid;

use super::{ProgramError, operator::refused, organiser};
use crate::{
    http::{problem::Problem, state::State},
    identity::operator::{
        NewAccount, create_account, invite_to_second_factor, mint_operator_token, remove_second_factor,
        set_disabled, set_password,
    },
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
        /// With the password that stands on the first line of standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Set an account's password, read from the first line of standard input; its sessions end.
    Password {
        /// The account's address.
        email: String,
    },
    /// Shut an account out at once; its sessions end.
    Disable {
        /// The account's address.
        email: String,
    },
    /// Let a disabled account in again.
    Enable {
        /// The account's address.
        email: String,
    },
    /// Invite an account to a second factor; prints the code to hand over in person, good for seven days.
    SecondFactorInvitation {
        /// The account's address.
        email: String,
    },
    /// Remove an account's second factor, as when it was lost; its sessions end.
    SecondFactorRemoval {
        /// The account's address.
        email: String,
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
    Create {
        email: String,
        role: Role,
        school_unit: Option<SchoolUnitId>,
        organiser: Option<OrganiserId>,
        password: Option<String>,
    },
    Password {
        email: String,
        password: String,
    },
    Disable {
        email: String,
    },
    Enable {
        email: String,
    },
    SecondFactorInvitation {
        email: String,
    },
    SecondFactorRemoval {
        email: String,
    },
    Token {
        email: String,
        level: u8,
    },
    List,
}

impl Arguments {
    /// The command that the arguments ask for.
    pub(super) fn command(self) -> Result<Account, ProgramError> {
        Ok(match self {
            Self::Create { email, role, school_unit, organiser, password_stdin } => Account::Create {
                email,
                role: Role::from_code(&role)
                    .ok_or_else(|| ProgramError::Refused(format!("there is no role {role}")))?,
                school_unit: school_unit.map(Id::from_uuid),
                organiser: organiser.map(Id::from_uuid),
                password: if password_stdin { Some(first_line()?) } else { None },
            },
            Self::Password { email } => Account::Password { email, password: first_line()? },
            Self::Disable { email } => Account::Disable { email },
            Self::Enable { email } => Account::Enable { email },
            Self::SecondFactorInvitation { email } => Account::SecondFactorInvitation { email },
            Self::SecondFactorRemoval { email } => Account::SecondFactorRemoval { email },
            Self::Token { email, level } => Account::Token { email, level },
            Self::List => Account::List,
        })
    }
}

/// A password never stands among a command's arguments, where other users of the machine see it.
fn first_line() -> Result<String, ProgramError> {
    let mut line = String::new();
    std::io::stdin()
        .read_line(&mut line)
        .map_err(|error| ProgramError::Refused(format!("the password cannot be read: {error}")))?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

fn words(refusal: Refusal) -> ProgramError {
    ProgramError::Refused(refusal.to_string())
}

/// Does what is asked of the accounts.
pub(super) async fn account(state: &State, command: Account) -> Result<String, ProgramError> {
    match command {
        Account::Create { email, role, school_unit, organiser, password } => {
            let organiser = organiser::meant(state, organiser).await?;
            let new = NewAccount {
                organiser,
                email: EmailAddress::new(&email).map_err(words)?,
                person: None,
                roles: vec![(role, school_unit)],
                password: password.as_deref().map(Password::new).transpose().map_err(words)?,
            };
            let made = create_account(
                &state.database,
                &state.logins.passwords,
                state.ids.as_ref(),
                new,
                state.clock.now(),
            );
            Ok(made.await.map_err(|problem| refused(&problem))?.to_string())
        }
        Account::Password { email, password } => {
            let email = EmailAddress::new(&email).map_err(words)?;
            let password = Password::new(&password).map_err(words)?;
            let now = state.clock.now();
            set_password(&state.database, &state.logins.passwords, &email, password, now)
                .await
                .map_err(|problem| refused(&problem))?;
            Ok("The password is set; the account's sessions are ended.".to_owned())
        }
        Account::Disable { email } => disable(state, &email, true).await,
        Account::Enable { email } => disable(state, &email, false).await,
        Account::SecondFactorInvitation { email } => {
            let email = EmailAddress::new(&email).map_err(words)?;
            let now = state.clock.now();
            let invited = invite_to_second_factor(&state.database, state.randomness.as_ref(), &email, now);
            Ok(invited.await.map_err(|problem| refused(&problem))?.shown())
        }
        Account::SecondFactorRemoval { email } => {
            let email = EmailAddress::new(&email).map_err(words)?;
            let removed = remove_second_factor(&state.database, &email, state.clock.now());
            let text = if removed.await.map_err(|problem| refused(&problem))? {
                "The second factor is removed; the account's sessions are ended."
            } else {
                "The account had no second factor."
            };
            Ok(text.to_owned())
        }
        Account::Token { email, level } => {
            token(state, &email, level).await.map_err(|problem| refused(&problem))
        }
        Account::List => Ok(every(state).await?.iter().map(line).collect()),
    }
}

fn line(account: &AccountOverview) -> String {
    let AccountOverview { organiser, id, email, disabled, roles } = account;
    let state = if *disabled { "  disabled" } else { "" };
    format!("{id}  {organiser}  {email}  {}{state}\n", roles.join(","))
}

async fn disable(state: &State, email: &str, disabled: bool) -> Result<String, ProgramError> {
    let email = EmailAddress::new(email).map_err(words)?;
    let changed = set_disabled(&state.database, &email, disabled, state.clock.now())
        .await
        .map_err(|problem| refused(&problem))?;
    let text = match (disabled, changed) {
        (true, true) => "The account is disabled; its sessions are ended.",
        (true, false) => "The account was disabled already.",
        (false, true) => "The account is in use again.",
        (false, false) => "The account was in use already.",
    };
    Ok(text.to_owned())
}

async fn token(state: &State, email: &str, level: u8) -> Result<String, Problem> {
    let level = Level::from_number(level).ok_or_else(Problem::not_found)?;
    let email = EmailAddress::new(email)?;
    let token =
        mint_operator_token(&state.database, &state.keyring, &email, level, state.clock.now()).await?;
    tracing::warn!(level = level.number(), "the operator minted a token");
    Ok(token)
}

async fn every(state: &State) -> Result<Vec<AccountOverview>, ProgramError> {
    let caller = Caller::system("operator", Caller::every_organiser(), state.fresh_uuid(), state.clock.now());
    let found = state
        .database
        .read(&caller, |connection, scope| every_account(connection, scope).map_err(Problem::from));
    found.await.map_err(|problem| refused(&problem))
}

//! `skolhus organiser`: the tenants. Nobody inside a tenant can make another, so it is
//! done here.

use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::Caller,
    id::{ControllerId, OrganiserId},
    organisation::{NewController, NewOrganiser},
};
use skolhus_persistence::organisation::{controller, organiser};

use super::{ProgramError, operator::refused};
use crate::http::{problem::Problem, state::State};

/// What `skolhus organiser` does.
#[derive(clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Organiser {
    /// Enter an organiser, with a controller of the same name; prints its id.
    Create {
        /// Its name.
        name: String,
        /// Its organisation number.
        #[arg(long, value_name = "NUMBER")]
        organisation_number: Option<String>,
        /// Whether it is a public body (municipality, region, state) or private.
        #[arg(long, value_name = "public|private", default_value = "private")]
        kind: String,
    },
    /// List the organisers.
    List,
}

/// Does what is asked of the organisers.
pub(super) async fn organiser(state: &State, command: Organiser) -> Result<String, ProgramError> {
    match command {
        Organiser::Create { name, organisation_number, kind } => {
            let id =
                create(state, name, organisation_number, kind).await.map_err(|problem| refused(&problem))?;
            Ok(id.to_string())
        }
        Organiser::List => {
            let lines = all(state).await?.into_iter().map(|(id, name)| format!("{id}  {name}\n"));
            Ok(lines.collect())
        }
    }
}

async fn create(
    state: &State,
    name: String,
    organisation_number: Option<String>,
    kind: String,
) -> Result<OrganiserId, Problem> {
    let (organiser, controller): (OrganiserId, ControllerId) = (state.fresh(), state.fresh());
    let new = NewOrganiser { name: &name, organisation_number: organisation_number.as_deref() }.validate()?;
    let answerable = NewController { name: &name, kind: &kind }.validate()?;
    let caller = Caller::system("operator", organiser, state.fresh_uuid(), state.clock.now());
    state
        .database
        .write(&caller, move |tx, scope| {
            organiser::insert(tx, organiser, &new)?;
            controller::insert(tx, scope, controller, &answerable)?;
            Ok::<_, Problem>(())
        })
        .await?;
    Ok(organiser)
}

/// Every organiser, by name.
pub(super) async fn all(state: &State) -> Result<Vec<(OrganiserId, String)>, ProgramError> {
    let caller = Caller::system("operator", Caller::every_organiser(), state.fresh_uuid(), state.clock.now());
    let found = state
        .database
        .read(&caller, |connection, scope| organiser::every(connection, scope).map_err(Problem::from));
    found.await.map_err(|problem| refused(&problem))
}

/// The organiser that is meant: the one named by id, else the only one there is.
pub(super) async fn meant(state: &State, given: Option<OrganiserId>) -> Result<OrganiserId, ProgramError> {
    let known = all(state).await?;
    match (given, known.as_slice()) {
        (Some(id), known) if known.iter().any(|(each, _)| *each == id) => Ok(id),
        (Some(_), _) => Err(ProgramError::Refused("there is no organiser with that id".to_owned())),
        (None, [(only, _)]) => Ok(*only),
        (None, []) => Err(ProgramError::Refused(
            "there is no organiser yet: enter one with `skolhus organiser create NAME`".to_owned(),
        )),
        (None, _) => Err(ProgramError::Refused(
            "there are several organisers: say which with --organiser ID (`skolhus organiser list`)"
                .to_owned(),
        )),
    }
}

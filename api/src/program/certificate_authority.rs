//! `skolhus certificate-authority`: who issues the certificates of integrators' clients.

use std::{io::Read, path::PathBuf};

use serde::{Deserialize, Serialize};
use skolhus_domain::id::{Id, OrganiserId};
use uuid::Uuid;

use super::{ProgramError, operator::refused, organiser};
use crate::{
    http::state::State,
    identity::certificate_authority::operator::{all, load, withdraw},
};

/// The largest file that is read.
const LARGEST: u64 = 64 * 1024;

/// What `skolhus certificate-authority` takes.
#[derive(clap::Subcommand)]
pub(super) enum Arguments {
    /// Load an authority of the organiser's, which issues from now on; prints its id.
    Load {
        /// Its certificate: a PEM file.
        certificate: PathBuf,
        /// Its key: a PEM file, PKCS #8, not encrypted. It is sealed with the master key; the file is needed no more.
        key: PathBuf,
        /// Of this organiser, where there are several.
        #[arg(long, value_name = "ID")]
        organiser: Option<Uuid>,
    },
    /// List the authorities; the last one issues.
    List {
        /// Of this organiser, where there are several.
        #[arg(long, value_name = "ID")]
        organiser: Option<Uuid>,
    },
    /// Withdraw an authority: every certificate that it has issued is refused from now on.
    Withdraw {
        /// Its id.
        id: Uuid,
        /// Of this organiser, where there are several.
        #[arg(long, value_name = "ID")]
        organiser: Option<Uuid>,
    },
}

/// The same, complete, for whoever does it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum CertificateAuthority {
    Load { certificate: String, key: String, organiser: Option<OrganiserId> },
    List { organiser: Option<OrganiserId> },
    Withdraw { id: Uuid, organiser: Option<OrganiserId> },
}

impl Arguments {
    /// The command that the arguments ask for. Files are read here, by whoever may read them.
    pub(super) fn command(self) -> Result<CertificateAuthority, ProgramError> {
        Ok(match self {
            Self::Load { certificate, key, organiser } => CertificateAuthority::Load {
                certificate: text(certificate)?,
                key: text(key)?,
                organiser: organiser.map(Id::from_uuid),
            },
            Self::List { organiser } => {
                CertificateAuthority::List { organiser: organiser.map(Id::from_uuid) }
            }
            Self::Withdraw { id, organiser } => {
                CertificateAuthority::Withdraw { id, organiser: organiser.map(Id::from_uuid) }
            }
        })
    }
}

fn text(path: PathBuf) -> Result<String, ProgramError> {
    let mut text = String::new();
    let read = std::fs::File::open(&path).and_then(|file| file.take(LARGEST).read_to_string(&mut text));
    match read {
        Ok(_) => Ok(text),
        Err(source) => Err(ProgramError::File { path, source }),
    }
}

/// Does what is asked of the authorities.
pub(super) async fn certificate_authority(
    state: &State,
    command: CertificateAuthority,
) -> Result<String, ProgramError> {
    match command {
        CertificateAuthority::Load { certificate, key, organiser } => {
            let organiser = organiser::meant(state, organiser).await?;
            let loaded = load(state, organiser, &certificate, &key).await;
            Ok(loaded.map_err(|problem| refused(&problem))?.to_string())
        }
        CertificateAuthority::List { organiser } => {
            let organiser = organiser::meant(state, organiser).await?;
            let all = all(state, organiser).await.map_err(|problem| refused(&problem))?;
            let lines = all.into_iter().map(|saved| {
                let (authority, until) = (saved.value.origin.code(), saved.value.expires_at.date_naive());
                format!("{}  {authority}  until {until}  {}\n", saved.id, saved.value.name)
            });
            Ok(lines.collect())
        }
        CertificateAuthority::Withdraw { id, organiser } => {
            let organiser = organiser::meant(state, organiser).await?;
            let withdrawn = withdraw(state, organiser, Id::from_uuid(id)).await;
            let text = if withdrawn.map_err(|problem| refused(&problem))? {
                "The authority is withdrawn. What it has issued is refused."
            } else {
                return Err(ProgramError::Refused("the organiser has no authority of that id".to_owned()));
            };
            Ok(text.to_owned())
        }
    }
}

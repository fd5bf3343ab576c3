//! `skolhus keys`: the server's own keys.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use skolhus_domain::instant::Randomness;
use skolhus_persistence::{Address, Database};

use super::{ProgramError, settings::Settings};
use crate::{
    http::state::State,
    identity::keyring::{Key, Keyring},
};

/// What `skolhus keys` does.
#[derive(clap::Subcommand, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Keys {
    /// Make new keys; the old ones are kept for what they still open.
    Rotate,
}

/// The keys in force.
pub(super) async fn keyring(
    settings: &Settings,
    database: &Database,
    randomness: &Arc<dyn Randomness>,
) -> Result<Arc<Keyring>, ProgramError> {
    let master = match (&settings.master_key, database.address()) {
        (Some(key), _) => key.reveal().as_bytes().to_vec(),
        (None, Address::Postgres(_)) => {
            return Err(ProgramError::Refused("master_key: PostgreSQL needs SKOLHUS_MASTER_KEY".to_owned()));
        }
        (None, Address::Sqlite(path)) => {
            let mut name = path.as_os_str().to_owned();
            name.push(".key");
            let path = std::path::PathBuf::from(name);
            let failed = |source| ProgramError::File { path: path.clone(), source };
            if !path.exists() {
                let mut fresh = [0; 32];
                randomness.fill(&mut fresh);
                std::fs::write(&path, hex::encode(fresh)).map_err(failed)?;
            }
            std::fs::read(&path).map_err(failed)?
        }
    };
    use sha2::{Digest, Sha256};
    let derive =
        |what: &str| <[u8; 32]>::from(Sha256::new().chain_update(&master).chain_update(what).finalize());
    let signing = Key { id: uuid::Uuid::from_u128(1), secret: derive("signing") };
    let page = Key { id: uuid::Uuid::from_u128(2), secret: derive("page") };
    Ok(Arc::new(Keyring::new(&[signing], vec![page], Arc::clone(randomness))))
}

/// Does what is asked of the keys.
pub(super) async fn keys(_state: &State, command: Keys) -> Result<String, ProgramError> {
    match command {
        Keys::Rotate => Err(ProgramError::Refused("not yet".to_owned())),
    }
}

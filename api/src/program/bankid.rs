//! BankID, as the settings say.

use std::path::PathBuf;

use super::{ProgramError, settings::Settings};
use crate::identity::bankid::{self, Bankid};

/// How BankID is spoken to; none where no address is set.
pub(super) fn of(settings: &Settings) -> Result<Option<Bankid>, ProgramError> {
    let Some(address) = &settings.bankid_address else { return Ok(None) };
    let read = |path: &Option<PathBuf>| {
        // `Settings::check` has seen that each is named.
        let path = path.clone().unwrap_or_default();
        std::fs::read(&path).map_err(|source| ProgramError::File { path, source })
    };
    let own = std::iter::once(&settings.base_url).filter(|url| !url.is_empty());
    let return_to = if settings.bankid_return_to.is_empty() {
        settings.allowed_origins.iter().chain(own).cloned().collect()
    } else {
        settings.bankid_return_to.clone()
    };
    let domain = settings.base_url.split_once("://").and_then(|(_, rest)| rest.split(['/', ':']).next());
    let bankid = Bankid::new(bankid::Settings {
        address: address.clone(),
        certificate: read(&settings.bankid_certificate)?,
        key: read(&settings.bankid_key)?,
        authority: read(&settings.bankid_authority)?,
        refuse_high_risk: settings.bankid_refuse_high_risk,
        return_to,
        domain: domain.map(str::to_owned),
        free_starts: bankid::FREE_STARTS,
        patience: bankid::PATIENCE,
    })
    .map_err(|error| ProgramError::Refused(error.to_string()))?;
    Ok(Some(bankid))
}

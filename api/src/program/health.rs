//! `skolhus health`: asks the server that the settings describe whether it can work.

use std::{net::Ipv4Addr, time::Duration};

use super::{ProgramError, say, settings::Settings};

/// Succeeds when the server answers that it is ready.
pub(super) async fn health(settings: &Settings) -> Result<(), ProgramError> {
    let mut address = settings.listen;
    if address.ip().is_unspecified() {
        address.set_ip(Ipv4Addr::LOCALHOST.into());
    }
    let scheme = if settings.tls().is_some() { "https" } else { "http" };
    let url = format!("{scheme}://{address}/health/ready");
    let refused = |error: reqwest::Error| {
        ProgramError::Refused(format!(
            "{url}: {}",
            if error.is_timeout() { "no answer in time" } else { "no answer" }
        ))
    };
    // A proxy of the environment is not meant for the machine itself.
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(4));
    // The certificate names the server's address for others and not this one. Nothing is told that could be overheard.
    let client = client.tls_danger_accept_invalid_certs(true).build().map_err(refused)?;
    let answer = client.get(&url).send().await.map_err(refused)?;
    if !answer.status().is_success() {
        return Err(ProgramError::Refused(format!("{url} answers {}", answer.status())));
    }
    say("ready");
    Ok(())
}

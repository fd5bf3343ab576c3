//! Text messages, as the settings say.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::{ProgramError, runtime::Purpose, settings::Settings};
use crate::message::{Authentication, FileGateway, Gateway, HttpGateway, HttpSettings, Messenger};

/// How text messages are sent. What is only read or commanded sends none; a demo writes them into a file, unless it is told
/// of a gateway.
pub(super) fn of(
    settings: &Settings,
    purpose: Purpose,
    beside: impl FnOnce() -> PathBuf,
) -> Result<Messenger, ProgramError> {
    let gateway: Option<Arc<dyn Gateway>> = match (purpose, &settings.sms_address, &settings.sms_file) {
        (Purpose::Command, ..) => None,
        (_, Some(address), _) => Some(Arc::new(http(settings, address)?)),
        (_, None, Some(path)) => Some(Arc::new(FileGateway::new(path.clone()))),
        (Purpose::Demo, None, None) => Some(Arc::new(FileGateway::new(beside()))),
        (Purpose::Serve, None, None) => None,
    };
    Messenger::new(gateway, settings.sms_prefixes.clone())
        .map_err(|error| ProgramError::Refused(error.to_string()))
}

fn http(settings: &Settings, address: &str) -> Result<HttpGateway, ProgramError> {
    let refused = |error: String| ProgramError::Refused(error);
    let authentication = match &settings.sms_secret_file {
        None => None,
        Some(path) => {
            let secret = std::fs::read_to_string(path)
                .map_err(|source| ProgramError::File { path: path.clone(), source })?;
            // `Settings::check` has seen that it is one.
            let way = Authentication::from_name(&settings.sms_authentication);
            Some((way.unwrap_or(Authentication::Bearer), secret))
        }
    };
    let template = settings.sms_template().map_err(|error| refused(error.to_string()))?;
    HttpGateway::new(HttpSettings {
        address: address.to_owned(),
        method: settings.sms_method.clone(),
        authentication,
        template,
        patience: Duration::from_secs(settings.sms_timeout.into()),
    })
    .map_err(|error| refused(error.to_string()))
}

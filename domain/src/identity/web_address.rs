//! Addresses on the web, as far as they can be looked at without asking the network.

use crate::refusal::{Refusal, Rule};

/// The longest address.
pub const LONGEST_WEB_ADDRESS: usize = 500;

/// An address with a host, by HTTP or HTTPS, in visible characters of ASCII and without a name or password of anybody.
///
/// # Errors
/// [`Rule::TooLong`]; [`Rule::Format`].
pub(super) fn web_address(raw: &str) -> Result<String, Refusal> {
    if raw.len() > LONGEST_WEB_ADDRESS {
        let detail = format!("at most {LONGEST_WEB_ADDRESS} characters are allowed");
        return Err(Refusal::new(Rule::TooLong, detail));
    }
    let rest = raw.strip_prefix("https://").or_else(|| raw.strip_prefix("http://"));
    let host = rest.map(|rest| rest.split(['/', '?', '#']).next().unwrap_or_default());
    let well_written = raw.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    match host {
        Some(host) if well_written && !host.is_empty() && !host.starts_with(':') && !host.contains('@') => {
            Ok(raw.to_owned())
        }
        _ => Err(Refusal::new(Rule::Format, "must be an address such as https://idp.exempel.se")),
    }
}

//! The settings as the interface shows them.

use serde::Serialize;
use skolhus_domain::{id::LoginSettingId, identity::LoginSettings};
use skolhus_persistence::Saved;
use utoipa::ToSchema;

/// What the organiser has decided about logins.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = LoginSettings)]
pub struct LoginSettingsDocument {
    /// Their version, as in the `ETag`; 0 while they were never saved.
    #[schema(example = 1, minimum = 0)]
    pub version: i64,
    /// Whether people may log in with a code in a text message (sms-kod), at level 1.
    #[schema(example = true)]
    pub sms_codes: bool,
    /// Whether protected persons may, too. Their number then goes to whoever carries the message.
    #[schema(example = false)]
    pub sms_codes_for_protected: bool,
    /// Whether the installation sends text messages at all; without that nothing else here opens anything.
    #[schema(example = true)]
    pub text_messages_sent: bool,
}

impl LoginSettingsDocument {
    /// The document of what is in force.
    #[must_use]
    pub fn of(saved: Option<&Saved<LoginSettingId, LoginSettings>>, text_messages_sent: bool) -> Self {
        let settings = saved.map_or(LoginSettings::UNLESS_DECIDED, |saved| saved.value);
        let LoginSettings { sms_codes, sms_codes_for_protected } = settings;
        let version = saved.map_or(0, |saved| saved.version);
        Self { version, sms_codes, sms_codes_for_protected, text_messages_sent }
    }
}

//! `users.csv`.

use std::fmt;

use skolhus_domain::text::Text;

use super::super::source::RosterFile;
use super::fields::Fields;
use super::words::{SourcedId, UserId};
use super::{LINE, NAME, Record};

/// A person. Personal: it has no `Debug` that shows anything.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// `enabledUser`: whether the sender lets the person log in there. Gives no account here.
    pub enabled: bool,
    /// `username`.
    pub username: Text,
    /// `userIds`.
    pub user_ids: Vec<UserId>,
    /// `givenName`.
    pub given_name: Text,
    /// `familyName`.
    pub family_name: Text,
    /// `middleName`.
    pub middle_name: Option<Text>,
    /// `identifier`.
    pub identifier: Option<Text>,
    /// `email`.
    pub email: Option<Text>,
    /// `sms`.
    pub sms: Option<Text>,
    /// `phone`.
    pub phone: Option<Text>,
    /// `agentSourcedIds`: relatives, who get no rights by this.
    pub agents: Vec<SourcedId>,
    /// `grades`.
    pub grades: Vec<Text>,
    /// `userMasterIdentifier`.
    pub master_identifier: Option<Text>,
    /// `preferredGivenName`.
    pub preferred_given_name: Option<Text>,
    /// `preferredMiddleName`.
    pub preferred_middle_name: Option<Text>,
    /// `preferredFamilyName`.
    pub preferred_family_name: Option<Text>,
    /// `primaryOrgSourcedId`.
    pub primary_org: Option<SourcedId>,
}

impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("User(…)")
    }
}

impl Record for User {
    const FILE: RosterFile = RosterFile::Users;
    const REQUIRED: &'static [&'static str] = &["enabledUser", "username", "givenName", "familyName"];
    const OPTIONAL: &'static [&'static str] = &[
        "userIds",
        "middleName",
        "identifier",
        "email",
        "sms",
        "phone",
        "agentSourcedIds",
        "grades",
        "password",
        "userMasterIdentifier",
        "resourceSourcedIds",
        "preferredGivenName",
        "preferredMiddleName",
        "preferredFamilyName",
        "primaryOrgSourcedId",
        "pronouns",
    ];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        fields.required("enabledUser");
        let enabled = fields.optional_truth("enabledUser");
        let username = fields.text("username", LINE);
        let user_ids = fields.user_ids("userIds");
        let given_name = fields.text("givenName", NAME);
        let family_name = fields.text("familyName", NAME);
        let middle_name = fields.optional_text("middleName", NAME);
        let identifier = fields.optional_text("identifier", NAME);
        let email = fields.optional_text("email", 320);
        let sms = fields.optional_text("sms", 50);
        let phone = fields.optional_text("phone", 50);
        let agents = fields.ids("agentSourcedIds");
        let grades = fields.texts("grades");
        let master_identifier = fields.optional_text("userMasterIdentifier", NAME);
        let preferred_given_name = fields.optional_text("preferredGivenName", NAME);
        let preferred_middle_name = fields.optional_text("preferredMiddleName", NAME);
        let preferred_family_name = fields.optional_text("preferredFamilyName", NAME);
        let primary_org = fields.optional_id("primaryOrgSourcedId");
        Some(Self {
            enabled: enabled??,
            username: username?,
            user_ids: user_ids?,
            given_name: given_name?,
            family_name: family_name?,
            middle_name: middle_name?,
            identifier: identifier?,
            email: email?,
            sms: sms?,
            phone: phone?,
            agents: agents?,
            grades: grades?,
            master_identifier: master_identifier?,
            preferred_given_name: preferred_given_name?,
            preferred_middle_name: preferred_middle_name?,
            preferred_family_name: preferred_family_name?,
            primary_org: primary_org?,
        })
    }
}

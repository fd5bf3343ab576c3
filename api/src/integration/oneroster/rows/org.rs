//! `orgs.csv`.

use skolhus_domain::text::Text;

use super::super::source::RosterFile;
use super::fields::Fields;
use super::words::{OrgType, SourcedId};
use super::{LINE, NAME, Record};

/// An organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Org {
    /// `name`.
    pub name: Text,
    /// `type`.
    pub kind: OrgType,
    /// `identifier`, such as a school unit code.
    pub identifier: Option<Text>,
    /// `parentSourcedId`.
    pub parent: Option<SourcedId>,
}

impl Record for Org {
    const FILE: RosterFile = RosterFile::Orgs;
    const REQUIRED: &'static [&'static str] = &["name", "type"];
    const OPTIONAL: &'static [&'static str] = &["identifier", "parentSourcedId"];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let name = fields.text("name", LINE);
        let kind = fields.word("type");
        let identifier = fields.optional_text("identifier", NAME);
        let parent = fields.optional_id("parentSourcedId");
        Some(Self { name: name?, kind: kind?, identifier: identifier?, parent: parent? })
    }
}

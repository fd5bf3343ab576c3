//! `demographics.csv`: about whom.

use super::super::rows::{Content, Demographics};
use super::super::source::RosterFile;
use super::CheckError;
use super::across::Identifiers;
use super::findings::{Findings, Weight};
use super::kept::{Index, UserExtra};

impl Findings<'_> {
    pub(super) fn demographics(&mut self, users: &Index<UserExtra>) -> Result<(), CheckError> {
        let mut index = Identifiers::new();
        self.first::<Demographics>(|findings, spot, id, content| {
            index.enter(spot, id);
            if let Some(Content::Active(_)) = content {
                findings.follow(spot, "sourcedId", (RosterFile::Users, users), id, Weight::Refuses)?;
            }
            Ok(())
        })?;
        index.finish(self, RosterFile::Demographics);
        Ok(())
    }
}

//! `orgs.csv`: what stands above what.

use super::super::rows::{Content, Org, OrgType};
use super::super::source::RosterFile;
use super::CheckError;
use super::findings::{Findings, Weight};
use super::kept::{Index, OrgExtra, State, id_key};

impl Findings<'_> {
    pub(super) fn orgs(&mut self) -> Result<Index<OrgExtra>, CheckError> {
        let mut index = Index::new();
        self.first::<Org>(|findings, spot, id, content| {
            let (state, extra) = match content {
                None => (State::Refused, OrgExtra::default()),
                Some(Content::ToBeDeleted) => (State::Ended, OrgExtra::default()),
                Some(Content::Active(org)) => (
                    State::Active,
                    OrgExtra {
                        above_schools: !matches!(
                            org.kind,
                            OrgType::School | OrgType::Department | OrgType::Extension(_)
                        ),
                        parent: org.parent.as_ref().map(id_key),
                    },
                ),
            };
            findings.enter(&mut index, spot, id, state, extra);
            Ok(())
        })?;
        if index.values().any(|org| org.extra.parent.is_some()) {
            self.second::<Org>(|findings, spot, _, org| {
                if let Some(parent) = &org.parent {
                    let target = (RosterFile::Orgs, &index);
                    findings.follow(spot, "parentSourcedId", target, parent, Weight::Refuses)?;
                }
                Ok(())
            })?;
            self.walk_up(RosterFile::Orgs, &index, |org| org.parent);
        }
        Ok(index)
    }
}

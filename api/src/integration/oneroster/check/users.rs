//! `users.csv`: where they belong, and who their agents are.

use skolhus_domain::refusal::Rule;

use super::super::rows::{Content, User};
use super::super::source::RosterFile;
use super::CheckError;
use super::findings::{Findings, Weight};
use super::kept::{Index, OrgExtra, State, UserExtra};

impl Findings<'_> {
    pub(super) fn users(&mut self, orgs: &Index<OrgExtra>) -> Result<Index<UserExtra>, CheckError> {
        let mut index = Index::new();
        let mut agents = false;
        self.first::<User>(|findings, spot, id, content| {
            let state = match content {
                None => State::Refused,
                Some(Content::ToBeDeleted) => State::Ended,
                Some(Content::Active(user)) => {
                    agents |= !user.agents.is_empty();
                    if let Some(org) = &user.primary_org {
                        let target = (RosterFile::Orgs, orgs);
                        findings.follow(spot, "primaryOrgSourcedId", target, org, Weight::Refuses)?;
                    }
                    State::Active
                }
            };
            findings.enter(&mut index, spot, id, state, UserExtra::default());
            Ok(())
        })?;
        if agents {
            self.second::<User>(|findings, spot, id, user| {
                for agent in &user.agents {
                    if agent == id {
                        let detail = "a person is no agent of themselves";
                        findings.problem(spot, "agentSourcedIds", Rule::Conflict, detail);
                        continue;
                    }
                    let target = (RosterFile::Users, &index);
                    findings.follow(spot, "agentSourcedIds", target, agent, Weight::Loosens)?;
                }
                Ok(())
            })?;
        }
        Ok(index)
    }
}

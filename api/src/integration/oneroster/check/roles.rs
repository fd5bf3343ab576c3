//! `roles.csv`: who is what at which organisation, and when.

use skolhus_domain::refusal::Rule;

use super::super::rows::{Content, Role, UserRole};
use super::super::source::{Mode, RosterFile};
use super::CheckError;
use super::across::{Identifiers, Spans};
use super::findings::{Findings, Spot, Weight};
use super::kept::{Index, OrgExtra, Span, State, UserExtra, id_key};

impl Findings<'_> {
    pub(super) fn roles(
        &mut self,
        orgs: &Index<OrgExtra>,
        users: &mut Index<UserExtra>,
    ) -> Result<(), CheckError> {
        let mut index = Identifiers::new();
        let mut spans = Spans::new();
        self.first::<Role>(|findings, spot, id, content| {
            index.enter(spot, id);
            let Some(Content::Active(role)) = content else { return Ok(()) };
            let target = (RosterFile::Users, &*users);
            findings.follow(spot, "userSourcedId", target, &role.user, Weight::Refuses)?;
            findings.follow(spot, "orgSourcedId", (RosterFile::Orgs, orgs), &role.org, Weight::Refuses)?;
            if let Some(user) = users.get_mut(&id_key(&role.user)) {
                user.extra.has_role = true;
            }
            if role.role == UserRole::Student {
                spans.enter(spot, &[role.user.as_str(), role.org.as_str()], Span::of(role.dates));
            }
            Ok(())
        })?;
        index.finish(self, RosterFile::Roles);
        spans.finish(self, RosterFile::Roles, "a student's roles at one organisation");
        if self.roster.mode(RosterFile::Roles) == Mode::Bulk && !self.unreadable.contains(&RosterFile::Roles)
        {
            let mut without: Vec<u32> = users
                .values()
                .filter(|user| user.state == State::Active && !user.extra.has_role)
                .map(|user| user.line)
                .collect();
            without.sort_unstable();
            for line in without {
                let spot = Spot { file: RosterFile::Users, line: u64::from(line) };
                self.warn(spot, "sourcedId", Rule::Conflict, "the person has no role in roles.csv");
            }
        }
        Ok(())
    }
}

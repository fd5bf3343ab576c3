//! `enrollments.csv`: who is in which class, and when.

use skolhus_domain::refusal::Rule;

use super::super::rows::{Content, Enrollment};
use super::super::source::RosterFile;
use super::CheckError;
use super::across::{Identifiers, Spans};
use super::findings::{Findings, Weight};
use super::kept::{ClassExtra, Index, OrgExtra, Span, UserExtra, id_key};

impl Findings<'_> {
    pub(super) fn enrollments(
        &mut self,
        orgs: &Index<OrgExtra>,
        classes: &Index<ClassExtra>,
        users: &Index<UserExtra>,
    ) -> Result<(), CheckError> {
        let mut index = Identifiers::new();
        let mut spans = Spans::new();
        self.first::<Enrollment>(|findings, spot, id, content| {
            index.enter(spot, id);
            let Some(Content::Active(enrollment)) = content else { return Ok(()) };
            let target = (RosterFile::Classes, classes);
            let class =
                findings.follow(spot, "classSourcedId", target, &enrollment.class, Weight::Refuses)?;
            let target = (RosterFile::Users, users);
            findings.follow(spot, "userSourcedId", target, &enrollment.user, Weight::Refuses)?;
            findings.school(spot, orgs, &enrollment.school)?;
            let span = Span::of(enrollment.dates);
            if let Some(class) = class {
                if class.school != id_key(&enrollment.school) {
                    findings.warn(spot, "schoolSourcedId", Rule::Conflict, "is not the school of the class");
                }
                if let Some(terms) = class.span
                    && !terms.admits(span)
                {
                    let field = if span.from != i32::MIN && !(terms.from..=terms.to).contains(&span.from) {
                        "beginDate"
                    } else {
                        "endDate"
                    };
                    findings.warn(spot, field, Rule::OutsidePeriod, "lies outside the terms of the class");
                }
            }
            let same = [enrollment.user.as_str(), enrollment.class.as_str(), enrollment.role.word()];
            spans.enter(spot, &same, span);
            Ok(())
        })?;
        index.finish(self, RosterFile::Enrollments);
        spans.finish(self, RosterFile::Enrollments, "a person's enrollments in one class in one role");
        Ok(())
    }
}

//! `classes.csv`: of which course, school and terms.

use skolhus_domain::refusal::Rule;

use super::super::rows::{Class, Content, SourcedId};
use super::super::source::RosterFile;
use super::CheckError;
use super::findings::{Findings, Spot, Weight};
use super::kept::{ClassExtra, Index, OrgExtra, SessionExtra, Span, State, id_key};

impl Findings<'_> {
    pub(super) fn classes(
        &mut self,
        orgs: &Index<OrgExtra>,
        sessions: &Index<SessionExtra>,
        courses: &Index<()>,
    ) -> Result<Index<ClassExtra>, CheckError> {
        let mut index = Index::new();
        self.first::<Class>(|findings, spot, id, content| {
            let (state, extra) = match content {
                None => (State::Refused, ClassExtra::default()),
                Some(Content::ToBeDeleted) => (State::Ended, ClassExtra::default()),
                Some(Content::Active(class)) => {
                    let target = (RosterFile::Courses, courses);
                    findings.follow(spot, "courseSourcedId", target, &class.course, Weight::Refuses)?;
                    findings.school(spot, orgs, &class.school)?;
                    let mut span: Option<Span> = None;
                    let mut all_here = true;
                    for term in &class.terms {
                        let target = (RosterFile::AcademicSessions, sessions);
                        match findings.follow(spot, "termSourcedIds", target, term, Weight::Refuses)? {
                            Some(term) => span = Some(span.map_or(term.span, |span| span.hull(term.span))),
                            None => all_here = false,
                        }
                    }
                    let span = span.filter(|_| all_here);
                    (State::Active, ClassExtra { school: id_key(&class.school), span })
                }
            };
            findings.enter(&mut index, spot, id, state, extra);
            Ok(())
        })?;
        Ok(index)
    }

    pub(super) fn school(
        &mut self,
        spot: Spot,
        orgs: &Index<OrgExtra>,
        school: &SourcedId,
    ) -> Result<(), CheckError> {
        const FIELD: &str = "schoolSourcedId";
        let org = self.follow(spot, FIELD, (RosterFile::Orgs, orgs), school, Weight::Refuses)?;
        if org.is_some_and(|org| org.above_schools) {
            self.problem(spot, FIELD, Rule::Conflict, "refers to an organisation that is no school");
        }
        Ok(())
    }
}

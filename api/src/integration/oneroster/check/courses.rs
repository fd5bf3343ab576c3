//! `courses.csv`: of which organisation and school year.

use skolhus_domain::refusal::Rule;

use super::super::rows::{Content, Course};
use super::super::source::RosterFile;
use super::CheckError;
use super::findings::{Findings, Weight};
use super::kept::{Index, OrgExtra, SessionExtra, State};

impl Findings<'_> {
    pub(super) fn courses(
        &mut self,
        orgs: &Index<OrgExtra>,
        sessions: &Index<SessionExtra>,
    ) -> Result<Index<()>, CheckError> {
        let mut index = Index::new();
        self.first::<Course>(|findings, spot, id, content| {
            let state = match content {
                None => State::Refused,
                Some(Content::ToBeDeleted) => State::Ended,
                Some(Content::Active(course)) => {
                    let target = (RosterFile::Orgs, orgs);
                    findings.follow(spot, "orgSourcedId", target, &course.org, Weight::Refuses)?;
                    if let Some(year) = &course.school_year {
                        let target = (RosterFile::AcademicSessions, sessions);
                        let field = "schoolYearSourcedId";
                        let year = findings.follow(spot, field, target, year, Weight::Refuses)?;
                        if year.is_some_and(|year| !year.is_school_year) {
                            findings.warn(
                                spot,
                                field,
                                Rule::Conflict,
                                "refers to a session that is no school year",
                            );
                        }
                    }
                    State::Active
                }
            };
            findings.enter(&mut index, spot, id, state, ());
            Ok(())
        })?;
        Ok(index)
    }
}

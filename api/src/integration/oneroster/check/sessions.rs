//! `academicSessions.csv`: what lies within what.

use skolhus_domain::refusal::Rule;

use super::super::rows::{AcademicSession, Content, SessionType};
use super::super::source::RosterFile;
use super::CheckError;
use super::findings::{Findings, Weight};
use super::kept::{Index, SessionExtra, Span, State, id_key};

impl Findings<'_> {
    pub(super) fn sessions(&mut self) -> Result<Index<SessionExtra>, CheckError> {
        let mut index = Index::new();
        self.first::<AcademicSession>(|findings, spot, id, content| {
            let (state, extra) = match content {
                None => (State::Refused, SessionExtra::default()),
                Some(Content::ToBeDeleted) => (State::Ended, SessionExtra::default()),
                Some(Content::Active(session)) => (
                    State::Active,
                    SessionExtra {
                        is_school_year: session.kind == SessionType::SchoolYear,
                        span: Span::of(session.dates),
                        parent: session.parent.as_ref().map(id_key),
                    },
                ),
            };
            findings.enter(&mut index, spot, id, state, extra);
            Ok(())
        })?;
        if index.values().any(|session| session.extra.parent.is_some()) {
            self.second::<AcademicSession>(|findings, spot, _, session| {
                let Some(parent) = &session.parent else { return Ok(()) };
                let target = (RosterFile::AcademicSessions, &index);
                let parent = findings.follow(spot, "parentSourcedId", target, parent, Weight::Refuses)?;
                let span = Span::of(session.dates);
                if let Some(parent) = parent
                    && !parent.span.admits(span)
                {
                    let field = if span.from < parent.span.from { "startDate" } else { "endDate" };
                    findings.warn(spot, field, Rule::OutsidePeriod, "lies outside the session it is part of");
                }
                Ok(())
            })?;
            self.walk_up(RosterFile::AcademicSessions, &index, |session| session.parent);
        }
        Ok(index)
    }
}

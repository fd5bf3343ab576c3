//! What of a set must be known before its rows can be compared one by one: small things whole,
//! large ones as hashes, so that memory stays bounded.

use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use skolhus_domain::{
    organisation::{NewTerm, Term, TermKind},
    person::Sex,
    refusal::Refusals,
};

use super::super::{
    check::{Key, id_key},
    rows::{
        self, AcademicSession, Class, Content, Demographics, Org, OrgType, Record, Role, Row, SessionType,
    },
    source::{Roster, SourceProblem},
};

/// What an organisation of the set is here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum OrgKind {
    /// The organiser itself.
    Organiser,
    /// A school unit.
    Unit,
    /// Neither: a department, a state.
    Aside,
}

/// What a session of the set says.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub kind: SessionType,
    pub title: String,
    pub first_day: NaiveDate,
    pub last_day: NaiveDate,
    pub parent: Option<String>,
}

impl Session {
    /// The term that it is.
    pub fn term(&self) -> Result<Term, Refusals> {
        let name: String = self.title.chars().take(100).collect();
        let kind = TermKind::likely(self.first_day).code();
        NewTerm { school_unit: None, kind, first_day: self.first_day, last_day: self.last_day, name: &name }
            .validate()
    }
}

/// What a class of the set says about its days.
#[derive(Clone, Debug)]
pub(super) struct ClassFacts {
    pub first_day: NaiveDate,
    pub last_day: NaiveDate,
}

/// What `demographics.csv` says about a person.
#[derive(Clone, Copy)]
pub(super) struct Demography {
    pub birth_date: Option<NaiveDate>,
    pub sex: Option<Sex>,
}

/// The index.
#[derive(Default)]
pub(super) struct Index {
    pub orgs: HashMap<String, OrgKind>,
    pub sessions: HashMap<String, Session>,
    /// Sessions that have others below them.
    parents: HashSet<String>,
    classes: HashMap<Key, ClassFacts>,
    /// Whom the set says to be a relative, and nothing else; with its word for it.
    relatives: HashMap<Key, &'static str>,
    demographics: HashMap<Key, Demography>,
}

impl Index {
    /// Reads what is needed of a set that has been checked.
    pub fn read(roster: &Roster) -> Result<Self, SourceProblem> {
        let mut index = Self::default();
        each::<Org>(roster, |row, org| {
            let kind = match org.kind {
                OrgType::School => OrgKind::Unit,
                OrgType::District => OrgKind::Organiser,
                _ => OrgKind::Aside,
            };
            index.orgs.insert(row.id.as_str().to_owned(), kind);
        })?;
        each::<AcademicSession>(roster, |row, session| {
            let AcademicSession { title, kind, dates, parent, school_year: _ } = session;
            let (Some(first_day), Some(last_day)) = (dates.begin, dates.end) else { return };
            let parent = parent.as_ref().map(|parent| parent.as_str().to_owned());
            index.parents.extend(parent.clone());
            let title = title.as_str().to_owned();
            let session = Session { kind: kind.clone(), title, first_day, last_day, parent };
            index.sessions.insert(row.id.as_str().to_owned(), session);
        })?;
        let mut classes = HashMap::new();
        each::<Class>(roster, |row, class| {
            let days = class.terms.iter().filter_map(|term| index.sessions.get(term.as_str()));
            let hull = days.fold(None, |hull: Option<(NaiveDate, NaiveDate)>, session| {
                let (first, last) = hull.unwrap_or((session.first_day, session.last_day));
                Some((first.min(session.first_day), last.max(session.last_day)))
            });
            let Some((first_day, last_day)) = hull else { return };
            classes.insert(id_key(&row.id), ClassFacts { first_day, last_day });
        })?;
        index.classes = classes;
        index.find_relatives(roster)?;
        let mut demographics = HashMap::new();
        each::<Demographics>(roster, |row, said| {
            demographics.insert(id_key(&row.id), Demography::of(said));
        })?;
        index.demographics = demographics;
        Ok(index)
    }

    /// Who has a relative's role, and no other.
    fn find_relatives(&mut self, roster: &Roster) -> Result<(), SourceProblem> {
        let mut relatives = HashMap::new();
        let mut others = HashSet::new();
        each::<Role>(roster, |_, role| {
            let user = id_key(&role.user);
            match role.role.agent_word() {
                Some(word) => {
                    relatives.insert(user, word);
                }
                None => {
                    others.insert(user);
                }
            }
        })?;
        relatives.retain(|user, _| !others.contains(user));
        relatives.shrink_to_fit();
        self.relatives = relatives;
        Ok(())
    }

    /// Whether the set says of a user that they are a relative and nothing else.
    pub fn is_relative(&self, user: &rows::SourcedId) -> bool {
        self.relatives.contains_key(&id_key(user))
    }

    /// The set's word for such a relative.
    pub fn relative_word(&self, user: &rows::SourcedId) -> Option<&'static str> {
        self.relatives.get(&id_key(user)).copied()
    }

    pub fn class(&self, class: &rows::SourcedId) -> Option<&ClassFacts> {
        self.classes.get(&id_key(class))
    }

    pub fn demography(&self, user: &rows::SourcedId) -> Option<Demography> {
        self.demographics.get(&id_key(user)).copied()
    }

    /// Whether a session is entered as a term: terms and semesters, and a school year or a
    /// grading period that stands for one because the set has no term with it.
    pub fn is_term(&self, id: &str) -> bool {
        let Some(session) = self.sessions.get(id) else { return false };
        match session.kind {
            SessionType::Term | SessionType::Semester => true,
            SessionType::SchoolYear => !self.parents.contains(id),
            SessionType::GradingPeriod | SessionType::Extension(_) => {
                !session.parent.as_ref().is_some_and(|parent| {
                    self.sessions.get(parent).is_some_and(|parent| parent.kind != SessionType::SchoolYear)
                })
            }
        }
    }

    /// The terms that a session stands for: itself, those below a school year, or the one above
    /// a grading period. A session that the set does not hold stands for itself.
    pub fn terms_of(&self, id: &str) -> Vec<String> {
        let mut id = id.to_owned();
        // A grading period climbs to its term; the check has refused circles.
        for _ in 0..10 {
            let Some(session) = self.sessions.get(&id) else { break };
            if self.is_term(&id) {
                break;
            }
            match (&session.kind, &session.parent) {
                (SessionType::SchoolYear, _) => {
                    let mut below: Vec<String> = self
                        .sessions
                        .iter()
                        .filter(|(below, session)| {
                            session.parent.as_ref() == Some(&id) && self.is_term(below)
                        })
                        .map(|(below, _)| below.clone())
                        .collect();
                    below.sort();
                    return below;
                }
                (_, Some(parent)) => id.clone_from(parent),
                (_, None) => break,
            }
        }
        vec![id]
    }
}

impl Demography {
    pub fn of(said: &Demographics) -> Self {
        let sex = said.sex.as_ref().and_then(|sex| match sex {
            rows::Sex::Male => Some(Sex::Man),
            rows::Sex::Female => Some(Sex::Woman),
            rows::Sex::Unspecified | rows::Sex::Other | rows::Sex::Extension(_) => None,
        });
        Self { birth_date: said.birth_date, sex }
    }
}

/// Every active row that can be read.
fn each<T: Record>(roster: &Roster, mut see: impl FnMut(&Row<T>, &T)) -> Result<(), SourceProblem> {
    roster.rows::<T, _>(|rows| {
        for parsed in rows {
            if let Ok(row) = parsed?.row
                && let Content::Active(content) = &row.content
            {
                see(&row, content);
            }
        }
        Ok(())
    })?
}

//! The files in the order of their references, each gone through in chunks.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use skolhus_domain::access::Scope;
use skolhus_persistence::integration::source;
use skolhus_persistence::{DatabaseConnection, Error, Failure};

use super::super::super::check::{Checked, Key, id_key};
use super::super::super::plan::Place;
use super::super::super::rows::{
    AcademicSession, Class, Content, Course, Demographics, Enrollment, Org, Record, Role, Row, SourcedId,
    User,
};
use super::super::super::source::{Mode, Roster, RosterFile, SourceProblem};
use super::super::context::{Context, place};
use super::super::pace::Pace;
use super::super::writes::{Decided, entity};
use super::super::{catalogue, ends, organisation, people, places, relatives};
use super::{Run, RunError};
use crate::http::catalogue::Code;

/// How often a chunk is compared anew when somebody changed the same things meanwhile.
const MOST_ATTEMPTS: u32 = 5;

pub(super) type Saw<'s> = dyn FnMut(&mut Run<'_>, Vec<Decided>, u64, usize) -> Result<(), RunError> + 's;
pub(super) type SawEnd<'s> = dyn FnMut(&mut Run<'_>, Decided) -> Result<(), RunError> + 's;
type Each = fn(&mut Run<'_>, &Roster, &Checked, &Arc<Context>, u64, &mut Saw<'_>) -> Result<(), RunError>;

/// One file of the set, gone through for one purpose.
pub(super) struct Step {
    /// How it is called in a job's progress.
    pub(super) name: &'static str,
    pub(super) file: RosterFile,
    /// Whether what the file says has ended, or leaves out, is looked for.
    pub(super) ends: bool,
    each: Each,
    seen: fn(&Roster) -> Result<HashSet<Key>, RunError>,
}

macro_rules! step {
    ($name:literal, $row:ty, $decide:path, ends: $ends:literal) => {
        Step {
            name: $name,
            file: <$row as Record>::FILE,
            ends: $ends,
            each: |run, roster, checked, context, after, saw| {
                let how = How { decide: $decide, ends: $ends };
                each_chunk::<$row>(run, roster, checked, context, after, how, saw)
            },
            seen: seen::<$row>,
        }
    };
}

/// The files in the order of their references.
pub(super) const STEPS: &[Step] = &[
    step!("orgs", Org, organisation::orgs, ends: true),
    step!("academicSessions", AcademicSession, organisation::sessions, ends: true),
    step!("courses", Course, catalogue::courses, ends: true),
    step!("classes", Class, catalogue::classes, ends: true),
    step!("users", User, people::users, ends: true),
    step!("demographics", Demographics, people::demographics, ends: true),
    step!("roles", Role, places::roles, ends: true),
    step!("enrollments", Enrollment, places::enrollments, ends: true),
    // Once everybody is in: a child's row may come before its relative's.
    step!("relatives", User, relatives::agents, ends: false),
];

type Decide<T> = fn(&Context, &mut DatabaseConnection, &Scope, &[Row<T>]) -> Result<Decided, Error>;

/// What is done with a chunk.
struct How<T> {
    decide: Decide<T>,
    ends: bool,
}

impl<T> Clone for How<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for How<T> {}

impl Step {
    pub(super) fn each(
        &self,
        run: &mut Run<'_>,
        roster: &Roster,
        checked: &Checked,
        context: &Arc<Context>,
        after: u64,
        saw: &mut Saw<'_>,
    ) -> Result<(), RunError> {
        (self.each)(run, roster, checked, context, after, saw)
    }

    /// What a whole file leaves out.
    pub(super) fn each_end(
        &self,
        run: &mut Run<'_>,
        roster: &Roster,
        context: &Arc<Context>,
        saw: &mut SawEnd<'_>,
    ) -> Result<(), RunError> {
        if !self.ends || roster.mode(self.file) != Mode::Bulk || ends::entities(self.file).is_empty() {
            return Ok(());
        }
        let seen = (self.seen)(roster)?;
        for (entity, kind) in ends::entities(self.file).iter().copied() {
            // The organiser and its school years do not end by a roster.
            if entity == entity::ORGANISER || entity == entity::SCHOOL_YEAR {
                continue;
            }
            let mut after: Option<String> = None;
            loop {
                let (system, from) = (context.system.clone(), after.clone());
                let page = run.read(move |connection, scope| {
                    source::after(connection, scope, entity, &system, from.as_deref(), 1_000)
                })?;
                let Some(last) = page.last() else { break };
                after = Some(last.value.clone());
                let missing: Vec<_> = page
                    .into_iter()
                    .filter(|thing| !thing.absent)
                    .filter(|thing| SourcedId::new(&thing.value).is_ok_and(|id| !seen.contains(&id_key(&id))))
                    .collect();
                for missing in missing.chunks(run.pace.rows()) {
                    let (things, of) = (missing.to_vec(), Arc::clone(context));
                    let decided = run.read(move |connection, scope| {
                        ends::end(&of, connection, scope, (entity, kind), &things, &HashMap::new())
                    })?;
                    saw(run, decided)?;
                }
            }
        }
        Ok(())
    }
}

/// Every identifier of a file, refused rows' too: what is refused has not ended.
fn seen<T: Record>(roster: &Roster) -> Result<HashSet<Key>, RunError> {
    Ok(roster.rows::<T, _>(|rows| {
        let mut seen = HashSet::new();
        for parsed in rows {
            if let Some(id) = parsed?.id {
                seen.insert(id_key(&id));
            }
        }
        Ok::<_, SourceProblem>(seen)
    })??)
}

fn each_chunk<T: Record + Clone + Send + Sync + 'static>(
    run: &mut Run<'_>,
    roster: &Roster,
    checked: &Checked,
    context: &Arc<Context>,
    after: u64,
    how: How<T>,
    saw: &mut Saw<'_>,
) -> Result<(), RunError> {
    roster.rows::<T, _>(|rows| {
        rows.skip_through(after)?;
        let mut chunk: Vec<Row<T>> = Vec::new();
        let mut line = after;
        let mut ended = false;
        while !ended {
            let mut read = 0;
            // A plan only reads, which holds nobody up.
            let most = if context.planning { Pace::LARGEST } else { run.pace.rows() };
            while chunk.len() < most {
                let Some(parsed) = rows.next() else {
                    ended = true;
                    break;
                };
                let parsed = parsed?;
                line = parsed.line;
                read += 1;
                if let Ok(row) = parsed.row
                    && !checked.is_refused(T::FILE, line)
                {
                    chunk.push(row);
                }
            }
            if read > 0 {
                decide_chunk(run, context, std::mem::take(&mut chunk), how, line, read, saw)?;
            }
        }
        Ok(())
    })?
}

/// Compares a chunk and hands it on; compares it anew when somebody changed the same meanwhile.
fn decide_chunk<T: Record + Clone + Send + Sync + 'static>(
    run: &mut Run<'_>,
    context: &Arc<Context>,
    chunk: Vec<Row<T>>,
    how: How<T>,
    line: u64,
    read: usize,
    saw: &mut Saw<'_>,
) -> Result<(), RunError> {
    let chunk = Arc::new(chunk);
    let mut attempt = 0;
    loop {
        attempt += 1;
        let (rows, of) = (Arc::clone(&chunk), Arc::clone(context));
        let decided = run.read(move |connection, scope| {
            let mut decided = vec![(how.decide)(&of, connection, scope, &rows)?];
            if how.ends {
                decided.extend(ended(&of, connection, scope, &rows)?);
            }
            Ok(decided)
        })?;
        match saw(run, decided, line, read) {
            Err(RunError::Register(problem))
                if attempt < MOST_ATTEMPTS
                    && (problem.code() == Code::Stale
                        || problem.database().is_some_and(|error| matches!(error, Error::Collision(_)))) => {}
            other => return other,
        }
    }
}

/// What the rows of a chunk say has ended.
fn ended<T: Record>(
    context: &Context,
    connection: &mut DatabaseConnection,
    scope: &Scope,
    rows: &[Row<T>],
) -> Result<Vec<Decided>, Error> {
    let gone: HashMap<String, Place> = rows
        .iter()
        .filter(|row| matches!(row.content, Content::ToBeDeleted))
        .map(|row| (row.id.as_str().to_owned(), place(row)))
        .collect();
    let mut decided = Vec::new();
    if gone.is_empty() {
        return Ok(decided);
    }
    for (entity, kind) in ends::entities(T::FILE).iter().copied() {
        if entity == entity::ORGANISER || entity == entity::SCHOOL_YEAR {
            continue;
        }
        let known = context.known(connection, scope, entity, gone.keys().map(String::as_str))?;
        let things: Vec<_> = known.into_values().collect();
        decided.push(ends::end(context, connection, scope, (entity, kind), &things, &gone)?);
    }
    Ok(decided)
}

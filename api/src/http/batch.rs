//! Many in one call: what batches have in common, whatever they change. All or nothing, every refused value
//! named by item; and a preview that says what the call would be answered with, and changes nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
};

use serde::Serialize;
use skolhus_domain::{
    access::{Caller, Scope},
    id::Id,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{Database, Direction, Error, Failure, PageRequest, Tx};
use utoipa::ToSchema;

use super::{
    catalogue::Code,
    problem::{Problem, RefusedValue},
};

/// The most items in one call.
pub(crate) const MOST_ITEMS: usize = 500;

/// A field of an item: where it stands, whether it is there, whether the item's action has it, and whether it
/// needs it.
pub(crate) type Field = (&'static str, bool, bool, bool);

/// Checks that an item has the fields of its action: names those that are missing, and those that belong to
/// another action.
///
/// # Errors
/// [`Rule::UnknownField`] and [`Rule::Required`], each at its field.
pub(crate) fn check_fields(fields: impl IntoIterator<Item = Field>) -> Result<(), Refusals> {
    let mut refusals = Refusals::default();
    for (at, there, has, needs) in fields {
        if there && !has {
            refusals.0.push(Refusal::new(Rule::UnknownField, "the action does not have this").at(at));
        } else if needs && !there {
            refusals.0.push(Refusal::new(Rule::Required, "the action needs this").at(at));
        }
    }
    refusals.finish()
}

/// What items change, as it is: each may be taken once.
pub(crate) struct Present<I, T> {
    found: BTreeMap<I, T>,
    known: BTreeSet<I>,
    at: &'static str,
}

impl<I: Id, T> Present<I, T> {
    /// What was found; `at` is the field that names it.
    pub(crate) fn new(at: &'static str, found: impl IntoIterator<Item = (I, T)>) -> Self {
        let found: BTreeMap<I, T> = found.into_iter().collect();
        let known = found.keys().copied().collect();
        Self { found, known, at }
    }

    /// One of them.
    ///
    /// # Errors
    /// [`Rule::Duplicate`] where it was taken before, [`Rule::UnknownReference`] where it is not there.
    pub(crate) fn take(&mut self, id: I) -> Result<T, Refusal> {
        self.found.remove(&id).ok_or_else(|| {
            let noun = I::NOUN.rsplit(' ').next().unwrap_or(I::NOUN);
            let (rule, detail) = if self.known.contains(&id) {
                (Rule::Duplicate, format!("the {noun} stands twice"))
            } else {
                (Rule::UnknownReference, format!("there is no such {noun}"))
            };
            Refusal::new(rule, detail).at(self.at)
        })
    }
}

/// An item was decided on another version.
pub(crate) fn stale(present: i64) -> Refusal {
    Refusal::new(Rule::Conflict, format!("it has version {present} by now")).at("/version")
}

/// Goes on where nothing was refused.
///
/// # Errors
/// [`Code::Stale`] where only versions are, [`Code::Conflict`] where only states and places stand in the way, else
/// [`Code::InvalidFields`].
pub(crate) fn finish(mut refusals: Refusals, stale: Vec<Refusal>) -> Result<(), Problem> {
    if refusals.0.is_empty() {
        return if stale.is_empty() { Ok(()) } else { Err(Problem::new(Code::Stale).errors(stale)) };
    }
    refusals.0.extend(stale);
    Err(crate::participation::refused(refusals))
}

/// The first rows of a list, in its own order: what a selection is made from.
pub(crate) fn first<S: Default>(limit: u32) -> PageRequest<S> {
    PageRequest {
        limit,
        sort: S::default(),
        direction: Direction::Ascending,
        after: None,
        modified_after: None,
    }
}

/// A selection that holds more than its limit selects nothing.
pub(crate) fn too_many(limit: u32) -> Problem {
    let detail = format!("the selection holds more than {limit}");
    Refusal::new(Rule::OutOfRange, detail).at("/selection/limit").into()
}

/// The items of a selection, if there are any.
///
/// # Errors
/// [`Rule::Required`] at `/selection`.
pub(crate) fn selected<T>(items: Vec<T>) -> Result<Vec<T>, Problem> {
    if items.is_empty() {
        return Err(Refusal::new(Rule::Required, "nothing is selected").at("/selection").into());
    }
    Ok(items)
}

/// A preview is asked with items, or with a selection and a change.
pub(crate) fn either() -> Problem {
    let detail = "either items, or a selection with a change";
    Refusal::new(Rule::Conflict, detail).at("/items").into()
}

/// What a batch would be answered with.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BatchPreview<T> {
    /// Whether it could be done as things are.
    #[schema(example = true)]
    pub possible: bool,
    /// The items, ready to be sent: as they were asked for, or made from the selection with the present versions.
    pub items: Vec<T>,
    /// What stands in the way, by item: `/items/3/on`.
    pub refusals: Vec<RefusedValue>,
}

/// Runs a batch as it would be run, and takes everything back. `work` makes the items and tries them.
///
/// # Errors
/// What `work` refuses before it has items; a failure of the database.
pub(crate) async fn preview<T: Send + 'static>(
    database: &Database,
    caller: &Caller,
    work: impl Fn(&mut Tx<'_>, &Scope) -> Result<(Vec<T>, Result<(), Problem>), Problem> + Send + Sync + 'static,
) -> Result<BatchPreview<T>, Problem> {
    let tried = database
        .write(caller, move |tx, scope| {
            Err::<Infallible, Tried<T>>(match work(tx, scope) {
                // A failure of the database is no answer about the items.
                Ok((_, Err(problem))) if problem.cause().is_some() => Tried::Refused(problem),
                // Nor is an item of use that is not written as items are.
                Ok((_, Err(problem))) if is_of_writing(&problem) => Tried::Refused(problem),
                Ok((items, outcome)) => Tried::Done(items, outcome.err()),
                Err(problem) => Tried::Refused(problem),
            })
        })
        .await;
    match tried {
        Err(Tried::Done(items, refused)) => Ok(BatchPreview {
            possible: refused.is_none(),
            items,
            refusals: refused.iter().flat_map(|problem| problem.refused()).map(RefusedValue::of).collect(),
        }),
        Err(Tried::Refused(problem)) => Err(problem),
        Ok(never) => match never {},
    }
}

fn is_of_writing(problem: &Problem) -> bool {
    problem.refused().iter().any(|refusal| refusal.rule.is_of_writing())
}

/// How a trial ended; always an error, so that nothing is kept.
enum Tried<T> {
    Done(Vec<T>, Option<Problem>),
    Refused(Problem),
}

impl<T> From<Error> for Tried<T> {
    fn from(error: Error) -> Self {
        Self::Refused(error.into())
    }
}

impl<T: Send + 'static> Failure for Tried<T> {
    fn database(&self) -> Option<&Error> {
        match self {
            Self::Done(..) => None,
            Self::Refused(problem) => problem.database(),
        }
    }
}

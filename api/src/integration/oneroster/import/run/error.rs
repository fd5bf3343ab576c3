//! Why a run came to no end.

use skolhus_persistence::Error;

use super::super::super::check::CheckError;
use super::super::super::source::SourceProblem;
use crate::http::problem::Problem;

/// Why a run came to no end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The set cannot be read.
    #[error(transparent)]
    Source(#[from] SourceProblem),
    /// The check could not be brought to its end.
    #[error(transparent)]
    Check(CheckError),
    /// The register refused.
    #[error("{}", .0.cause().map_or_else(|| .0.to_string(), ToString::to_string))]
    Register(Problem),
    /// Another job of the organiser is running.
    #[error("another job of the organiser is running")]
    Busy,
    /// It was asked to stop, or a person has ended the job.
    #[error("the run was stopped")]
    Stopped,
    /// The rows that are refused, or another reason to be told.
    #[error("{0}")]
    Refused(String),
}

impl From<CheckError> for RunError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Source(source) => Self::Source(source),
            CheckError::Known(_) => Self::Check(error),
        }
    }
}

impl From<Problem> for RunError {
    fn from(problem: Problem) -> Self {
        match problem.cause() {
            Some(error) if error.violates("jobs_running_key") => Self::Busy,
            _ => Self::Register(problem),
        }
    }
}

impl From<Error> for RunError {
    fn from(error: Error) -> Self {
        Problem::from(error).into()
    }
}

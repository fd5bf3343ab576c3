//! Jobs: long work that goes on after the request that asked for it has been answered.

use crate::code::coded;
use crate::refusal::{Refusal, Rule};

coded! {
    /// What a job does.
    JobKind("kind of job") {
        /// Brings in a OneRoster 1.2 set.
        OnerosterImport = "oneroster-import",
    }
}

coded! {
    /// Where a job stands.
    JobState("state of a job") {
        /// It waits for its turn.
        Queued = "queued",
        /// It is being worked on.
        Running = "running",
        /// It has stopped and waits for a person's word.
        Waiting = "waiting",
        /// It is done.
        Done = "done",
        /// It could not be done; its report says why.
        Failed = "failed",
        /// A person has ended it.
        Cancelled = "cancelled",
    }
}

impl JobState {
    /// Whether nothing more happens to the job.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Done | Self::Failed | Self::Cancelled)
    }

    /// A person lets a stopped job go on.
    ///
    /// # Errors
    /// [`Rule::State`] unless it waits for that.
    pub fn approve(self) -> Result<Self, Refusal> {
        if self == Self::Waiting { Ok(Self::Queued) } else { Err(self.cannot("approved")) }
    }

    /// A person ends the job. What it has done already stays.
    ///
    /// # Errors
    /// [`Rule::State`] when it has ended already.
    pub fn cancel(self) -> Result<Self, Refusal> {
        if self.is_final() { Err(self.cannot("cancelled")) } else { Ok(Self::Cancelled) }
    }

    fn cannot(self, done: &str) -> Refusal {
        Refusal::new(Rule::State, format!("the job cannot be {done}: it is {self}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_waits_is_approved_and_what_has_ended_stays_so() {
        for state in JobState::ALL.iter().copied() {
            assert_eq!(state.approve().is_ok(), state == JobState::Waiting, "{state}");
            assert_eq!(state.cancel().is_ok(), !state.is_final(), "{state}");
        }
        assert_eq!(JobState::Waiting.approve(), Ok(JobState::Queued));
    }
}

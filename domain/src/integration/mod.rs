//! What holds for imports and other long work, whatever standard they follow.

mod job;

pub use job::{JobKind, JobState};

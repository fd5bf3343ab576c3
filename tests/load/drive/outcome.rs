//! What a server answered, and how fast.

use std::time::Duration;

use super::Answer;
use crate::Failure;

/// What came of one or several rounds.
#[derive(Clone, Default)]
pub struct Outcome {
    /// How long the rounds lasted.
    pub elapsed: Duration,
    /// Latencies of successful answers, in microseconds.
    pub answered: Vec<u32>,
    /// Latencies of answers 503 with `Retry-After`, in microseconds.
    pub refused: Vec<u32>,
    /// Everything else.
    pub failed: u64,
    /// The first of those in words.
    pub failure: Option<String>,
    /// Requests that found no connection free within their patience.
    pub unsent: u64,
    /// How much later than intended requests were sent, in microseconds.
    pub late: Vec<u32>,
}

impl Outcome {
    /// Notes an answer, or that there was none.
    pub fn note(&mut self, answer: Result<Answer, Failure>, latency: Duration) {
        let micros = micros(latency);
        match answer {
            Ok(answer) if answer.status.is_success() => self.answered.push(micros),
            Ok(answer) if answer.status == 503 && answer.retry_after => self.refused.push(micros),
            Ok(answer) => self.fail(format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body))),
            Err(error) => self.fail(error.to_string()),
        }
    }

    fn fail(&mut self, why: String) {
        self.failed += 1;
        self.failure.get_or_insert(why);
    }

    /// Both together: of connections beside each other, or of rounds one after the other.
    pub fn add(&mut self, other: Self) {
        let Self { elapsed, answered, refused, failed, failure, unsent, late } = other;
        self.elapsed += elapsed;
        self.answered.extend(answered);
        self.refused.extend(refused);
        self.failed += failed;
        self.failure = self.failure.take().or(failure);
        self.unsent += unsent;
        self.late.extend(late);
    }

    /// Successful answers per second.
    pub fn rate(&self) -> f64 {
        per_second(self.answered.len(), self.elapsed)
    }

    /// Refuses an outcome in which anything but an answer came back.
    pub fn without_failures(self) -> Result<Self, Failure> {
        match &self.failure {
            Some(failure) => Err(format!("{} requests failed, the first with {failure}", self.failed).into()),
            None => Ok(self),
        }
    }

    /// As [`Self::without_failures`], where nobody may be told to come again either.
    pub fn all_answered(self) -> Result<Self, Failure> {
        match self.refused.len() {
            0 => self.without_failures(),
            refused => Err(format!("{refused} requests were told to come again").into()),
        }
    }
}

/// So many in a time, per second.
pub fn per_second(count: usize, elapsed: Duration) -> f64 {
    if elapsed.is_zero() { 0.0 } else { count as f64 / elapsed.as_secs_f64() }
}

pub(super) fn micros(latency: Duration) -> u32 {
    u32::try_from(latency.as_micros()).unwrap_or(u32::MAX)
}

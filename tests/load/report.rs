//! What was measured, as a table or as JSON.

use std::{fmt::Write as _, io::Write as _, time::Duration};

use serde::Serialize;

use crate::{Failure, drive::Outcome};

/// Everything that a run measured.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    lines: Vec<Line>,
    targets: Vec<Target>,
}

/// One thing that was measured.
#[derive(Clone, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// The case.
    pub case: &'static str,
    /// Which database.
    pub database: &'static str,
    /// Persons in the register.
    pub persons: u32,
    /// Who was measured, and how.
    pub subject: String,
    /// Successful answers.
    pub answers: usize,
    /// Of those, per second.
    pub per_second: f64,
    /// Half of them came within so many milliseconds.
    pub p50_milliseconds: f64,
    /// 99 of 100 came within so many.
    pub p99_milliseconds: f64,
    /// All came within so many.
    pub max_milliseconds: f64,
    /// Statements per request.
    pub statements: Option<f64>,
    /// The most memory that the server had, in MiB.
    pub memory_mib: Option<f64>,
    /// What else is to be said.
    pub note: String,
}

/// A budget, and what came of it.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Target {
    /// The case.
    pub case: &'static str,
    /// Which database.
    pub database: &'static str,
    /// What is measured.
    pub what: String,
    /// What came of it.
    pub measured: f64,
    /// What it may be.
    pub budget: f64,
    /// Whether more is better.
    pub at_least: bool,
    /// Whether it was met.
    pub met: bool,
}

impl Line {
    /// Times of a list of latencies, which is sorted by it.
    pub fn times(mut self, latencies: &mut [u32]) -> Self {
        latencies.sort_unstable();
        self.answers = latencies.len();
        self.p50_milliseconds = percentile(latencies, 0.50);
        self.p99_milliseconds = percentile(latencies, 0.99);
        self.max_milliseconds = percentile(latencies, 1.0);
        self
    }

    /// What came of driving a server.
    pub fn outcome(self, outcome: &mut Outcome) -> Self {
        let per_second = outcome.rate();
        Self { per_second, ..self }.times(&mut outcome.answered)
    }
}

/// The latency within which that part of a sorted list came, in milliseconds; 0 of an empty list.
pub fn percentile(sorted: &[u32], part: f64) -> f64 {
    let place = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(place.saturating_sub(1)).map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
}

/// The middle one; 0 of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(0.0)
}

/// A duration in microseconds, as latencies are kept.
pub fn micros(duration: Duration) -> u32 {
    u32::try_from(duration.as_micros()).unwrap_or(u32::MAX)
}

impl Report {
    /// Adds a line, and says to whoever waits that the run goes on.
    pub fn line(&mut self, line: Line) {
        let Line { case, database, persons, subject, .. } = &line;
        // Nobody need be there to read it.
        let _ = writeln!(std::io::stderr(), "measured: {case} {database} {persons} {subject}");
        self.lines.push(line);
    }

    /// What may not be more.
    pub fn at_most(&mut self, about: &Line, what: impl Into<String>, measured: f64, budget: f64) {
        self.target(about, what.into(), measured, budget, false);
    }

    /// What may not be less.
    pub fn at_least(&mut self, about: &Line, what: impl Into<String>, measured: f64, budget: f64) {
        self.target(about, what.into(), measured, budget, true);
    }

    fn target(&mut self, about: &Line, what: String, measured: f64, budget: f64, at_least: bool) {
        let met = if at_least { measured >= budget } else { measured <= budget };
        let Line { case, database, .. } = *about;
        self.targets.push(Target { case, database, what, measured, budget, at_least, met });
    }

    /// Whether all targets were met.
    pub fn meets_targets(&self) -> bool {
        self.targets.iter().all(|target| target.met)
    }

    /// For programs.
    pub fn as_json(&self) -> Result<String, Failure> {
        Ok(serde_json::to_string_pretty(self)?)
    }

    /// For people.
    pub fn as_text(&self) -> String {
        let mut text = HEAD.to_owned();
        for line in &self.lines {
            let _ = write!(text, "\n{}", shown(line));
        }
        text.push_str("\n\ntargets\n");
        for Target { case, database, what, measured, budget, at_least, met } in &self.targets {
            let (limit, verdict) =
                (if *at_least { "at least" } else { "at most" }, if *met { "met" } else { "MISSED" });
            let _ = writeln!(
                text,
                "{case:<10} {database:<9} {what:<58} {measured:>9.2}  {limit} {budget:.2}  {verdict}"
            );
        }
        text
    }
}

const HEAD: &str = "case       database   persons  subject                        answers     req/s   p50 ms   p99 ms   max ms  stmts  MiB   note";

fn shown(line: &Line) -> String {
    let Line { case, database, persons, subject, answers, per_second, .. } = line;
    let Line { p50_milliseconds, p99_milliseconds, max_milliseconds, statements, memory_mib, note, .. } =
        line;
    let optional = |value: &Option<f64>, digits: usize| {
        value.map_or_else(|| "-".to_owned(), |value| format!("{value:.digits$}"))
    };
    format!(
        "{case:<10} {database:<9} {persons:>8}  {subject:<28} {answers:>9} {per_second:>9.0} {p50_milliseconds:>8.2} \
         {p99_milliseconds:>8.2} {max_milliseconds:>8.2} {:>6} {:>5}  {note}",
        optional(statements, 2),
        optional(memory_mib, 0),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_latencies_that_came() {
        let mut latencies: Vec<u32> = (1..=200).rev().map(|milliseconds| milliseconds * 1_000).collect();
        let line = Line::default().times(&mut latencies);
        let times = (line.p50_milliseconds, line.p99_milliseconds, line.max_milliseconds);
        assert_eq!((line.answers, times), (200, (100.0, 198.0, 200.0)));
        assert_eq!(percentile(&[], 0.5), 0.0);
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
    }
}

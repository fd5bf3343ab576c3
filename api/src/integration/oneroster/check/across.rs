//! What two rows of one file may not have in common: an identifier, a day.

use skolhus_domain::refusal::Rule;

use super::super::rows::SourcedId;
use super::super::source::RosterFile;
use super::findings::{Findings, Spot};
use super::kept::{Heap, Key, Span, id_key, key, short};

/// Identifiers to which nothing refers: only that none stands there twice.
pub(super) struct Identifiers {
    seen: Heap<(Key, u32)>,
}

impl Identifiers {
    pub(super) fn new() -> Self {
        Self { seen: Heap::new() }
    }

    pub(super) fn enter(&mut self, spot: Spot, id: &SourcedId) {
        let key = id_key(id);
        self.seen.push(&key, (key, short(spot.line)));
    }

    pub(super) fn finish(mut self, findings: &mut Findings<'_>, file: RosterFile) {
        self.seen.pairs(|(key, line), (next_key, next_line)| {
            if key == next_key {
                let spot = Spot { file, line: u64::from(*next_line) };
                let detail = format!("line {line} has the same identifier");
                findings.problem(spot, "sourcedId", Rule::Duplicate, detail);
            }
        });
    }
}

/// Periods that may not share a day where the key is the same.
pub(super) struct Spans {
    seen: Heap<(Key, i32, i32, u32)>,
}

impl Spans {
    pub(super) fn new() -> Self {
        Self { seen: Heap::new() }
    }

    pub(super) fn enter(&mut self, spot: Spot, same: &[&str], span: Span) {
        let key = key(same);
        self.seen.push(&key, (key, span.from, span.to, short(spot.line)));
    }

    pub(super) fn finish(mut self, findings: &mut Findings<'_>, file: RosterFile, what: &str) {
        // The latest end so far of the key at hand, and its line.
        let mut latest: Option<(Key, i32, u32)> = None;
        self.seen.pairs(|(key, _, to, line), (next_key, next_from, _, next_line)| {
            if latest.is_none_or(|(of, end, _)| of != *key || end < *to) {
                latest = Some((*key, *to, *line));
            }
            if let Some((of, end, line)) = latest
                && of == *next_key
                && *next_from <= end
            {
                let (first, second) = (line.min(*next_line), line.max(*next_line));
                let spot = Spot { file, line: u64::from(second) };
                let detail = format!("{what} may not overlap; line {first} does");
                findings.problem(spot, "beginDate", Rule::Overlap, detail);
            }
        });
    }
}

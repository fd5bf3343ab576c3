//! What a plan tells about families: counted whole, and named in the report up to a number.

use std::collections::{BTreeMap, HashSet};

use serde_json::json;
use skolhus_persistence::integration::job_row::ReportRow;

use super::super::super::check::{Key, id_key};
use super::super::super::families::Family;
use super::super::super::plan::{Difference, Kind};
use super::super::super::rows::SourcedId;
use super::super::writes::{Decided, FamilyNote};
use super::Run;
use super::report::word;

/// The most rows of the report about each kind of news; all are counted.
const MOST_NAMED: u64 = 2_000;

/// What has been told.
#[derive(Default)]
pub(super) struct FamiliesTold {
    named: BTreeMap<&'static str, u64>,
    children: HashSet<Key>,
    relatives: HashSet<Key>,
}

impl Run<'_> {
    pub(super) fn note_families(&mut self, decided: &Decided) {
        let counts = &mut self.results.families;
        for found in decided.found.iter().filter(|found| found.kind == Kind::Person) {
            match &found.difference {
                Difference::Add => counts.protection_not_stated += 1,
                Difference::Change { fields }
                    if fields.iter().any(|field| matches!(*field, "emails" | "phones")) =>
                {
                    counts.contact_details += 1;
                }
                _ => {}
            }
        }
        for FamilyNote { kind, place, id, family } in &decided.families {
            let news = self.count(id, family);
            let named = self.families.named.entry(news).or_default();
            *named += 1;
            if *named > MOST_NAMED {
                continue;
            }
            self.reported += 1;
            self.buffer.push(ReportRow {
                number: self.reported,
                noted_at: self.parts.clock.now(),
                severity: "notice".to_owned(),
                kind: Some(word(*kind)),
                file: place.map(|place| place.file.to_string()),
                line: place.and_then(|place| i64::try_from(place.line).ok()),
                field: None,
                code: None,
                source_id: Some(id.as_str().to_owned()),
                detail: family.in_report(),
                facts: Some(json!(family)),
            });
        }
    }

    fn count(&mut self, id: &SourcedId, family: &Family) -> &'static str {
        let counts = &mut self.results.families;
        match family {
            Family::Waits { child: _, relative, as_guardian } => {
                counts.relations_waiting += 1;
                counts.would_gain_as_guardian += u64::from(!as_guardian.is_empty());
                counts.children_with_waiting += u64::from(self.families.children.insert(id_key(id)));
                let new = SourcedId::new(relative)
                    .is_ok_and(|relative| self.families.relatives.insert(id_key(&relative)));
                counts.relatives_waiting += u64::from(new);
                "waits"
            }
            Family::DecidedBefore { .. } => {
                counts.decided_before += 1;
                "decided-before"
            }
            Family::NoLongerNamed { .. } => {
                counts.no_longer_named += 1;
                "no-longer-named"
            }
            Family::ProposalGone { .. } => {
                counts.proposals_gone += 1;
                "proposal-gone"
            }
            Family::BirthDateKept => {
                counts.birth_dates_kept += 1;
                "birth-date-kept"
            }
            Family::LikelyDuplicate { .. } => {
                counts.likely_duplicates += 1;
                "likely-duplicate"
            }
        }
    }
}

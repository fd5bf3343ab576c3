//! What a run would do, kind by kind, before it does it.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::rows::SourcedId;
use super::source::RosterFile;

/// A kind of thing that an import keeps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Organisers and school units, from `orgs.csv`.
    Organisation,
    /// School years, from `academicSessions.csv`.
    #[serde(rename = "school-year")]
    SchoolYear,
    /// Terms, from `academicSessions.csv`.
    Term,
    /// Courses of the catalogue, from `courses.csv`.
    Course,
    /// Course offerings, from `classes.csv`.
    Offering,
    /// Persons, from `users.csv` and `demographics.csv`.
    Person,
    /// Duties, from `roles.csv`.
    Duty,
    /// Teachers' assignments to offerings, from `enrollments.csv`.
    #[serde(rename = "teacher-assignment")]
    Assignment,
    /// Enrolments at schools, from `roles.csv`.
    Enrolment,
    /// Participations in offerings, from `enrollments.csv`.
    Participation,
    /// Relations that wait, from `agentSourcedIds`.
    Relation,
}

impl Kind {
    /// All of them, in the order of their references.
    pub const ALL: [Self; 11] = [
        Self::Organisation,
        Self::SchoolYear,
        Self::Term,
        Self::Course,
        Self::Offering,
        Self::Person,
        Self::Duty,
        Self::Assignment,
        Self::Enrolment,
        Self::Participation,
        Self::Relation,
    ];

    /// As it stands in reports and counts.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::SchoolYear => "school-year",
            Self::Assignment => "teacher-assignment",
            other => other.singular(),
        }
    }

    /// One of them, as a word.
    #[must_use]
    pub fn singular(self) -> &'static str {
        match self {
            Self::Organisation => "organisation",
            Self::SchoolYear => "school year",
            Self::Term => "term",
            Self::Course => "course",
            Self::Offering => "offering",
            Self::Person => "person",
            Self::Duty => "duty",
            Self::Assignment => "teacher assignment",
            Self::Enrolment => "enrolment",
            Self::Participation => "participation",
            Self::Relation => "relation",
        }
    }

    /// Several of them, as a word.
    #[must_use]
    pub fn plural(self) -> &'static str {
        match self {
            Self::Organisation => "organisations",
            Self::SchoolYear => "school years",
            Self::Term => "terms",
            Self::Course => "courses",
            Self::Offering => "offerings",
            Self::Person => "persons",
            Self::Duty => "duties",
            Self::Assignment => "teacher assignments",
            Self::Enrolment => "enrolments",
            Self::Participation => "participations",
            Self::Relation => "relations",
        }
    }
}

/// How a thing in the set differs from what is known.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "difference", rename_all = "lowercase")]
pub enum Difference {
    /// It is new.
    Add,
    /// Some of its fields differ. The names of the fields, never their values.
    Change {
        /// The fields, by their names in the interface.
        fields: Vec<&'static str>,
    },
    /// It ends.
    End,
    /// It is as it was.
    Unchanged,
}

/// Where in the set it stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct Place {
    /// The file.
    pub file: RosterFile,
    /// The line.
    pub line: u64,
}

/// One of the differences, to look at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Sample {
    /// The kind.
    pub kind: Kind,
    /// What would happen.
    #[serde(flatten)]
    pub difference: Difference,
    /// Where it stands; none when it is missing from the set, and therefore ends.
    pub place: Option<Place>,
    /// Its identifier; none for a person whose identity is protected, and what belongs to one.
    pub sourced_id: Option<SourcedId>,
}

/// How many of one kind.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Tally {
    /// New ones.
    pub add: u64,
    /// Changed ones.
    pub change: u64,
    /// Ended ones.
    pub end: u64,
    /// Those that are as they were.
    pub unchanged: u64,
}

impl Tally {
    /// Whether a run would change nothing.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.add == 0 && self.change == 0 && self.end == 0
    }
}

/// How many samples of one kind and difference are kept, if not said otherwise.
pub const SAMPLES: usize = 50;

/// All that a run would do. Bounded: counts, and the first few of each kind and difference.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    tallies: BTreeMap<Kind, Tally>,
    samples: Vec<Sample>,
    #[serde(skip)]
    keep: u64,
}

impl Default for Plan {
    fn default() -> Self {
        Self::keeping(SAMPLES)
    }
}

impl Plan {
    /// A plan that keeps at most `keep` samples of each kind and difference.
    #[must_use]
    pub fn keeping(keep: usize) -> Self {
        let tallies = Kind::ALL.into_iter().map(|kind| (kind, Tally::default())).collect();
        Self { tallies, samples: Vec::new(), keep: u64::try_from(keep).unwrap_or(u64::MAX) }
    }

    /// Notes one thing.
    pub fn note(
        &mut self,
        kind: Kind,
        difference: Difference,
        place: Option<Place>,
        sourced_id: Option<&SourcedId>,
    ) {
        let tally = self.tallies.entry(kind).or_default();
        let count = match &difference {
            Difference::Add => &mut tally.add,
            Difference::Change { .. } => &mut tally.change,
            Difference::End => &mut tally.end,
            Difference::Unchanged => {
                tally.unchanged += 1;
                return;
            }
        };
        *count += 1;
        if *count <= self.keep {
            self.samples.push(Sample { kind, difference, place, sourced_id: sourced_id.cloned() });
        }
    }

    /// How many of each kind.
    pub fn tallies(&self) -> impl Iterator<Item = (Kind, Tally)> {
        self.tallies.iter().map(|(kind, tally)| (*kind, *tally))
    }

    /// How many of the kind.
    #[must_use]
    pub fn tally(&self, kind: Kind) -> Tally {
        self.tallies.get(&kind).copied().unwrap_or_default()
    }

    /// The differences kept, in the order in which they were noted.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// Whether a run would change nothing.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.tallies.values().all(Tally::is_quiet)
    }

    /// Whether a run may go on without a person's word: no kind ends by more than its share.
    /// `existing` says how many of the kind there are now that came from this source and have
    /// not ended.
    ///
    /// # Errors
    /// Every kind that would end too much.
    pub fn may_apply(&self, existing: impl Fn(Kind) -> u64, percent: u8) -> Result<(), Vec<Stop>> {
        let stops: Vec<Stop> = self
            .tallies
            .iter()
            // Only relations that carry nothing, and that nobody has touched, ever end.
            .filter(|(kind, _)| **kind != Kind::Relation)
            .filter_map(|(kind, tally)| {
                let existing = existing(*kind);
                may_end(existing, tally.end, percent).err().map(|excess| Stop { kind: *kind, excess })
            })
            .collect();
        if stops.is_empty() { Ok(()) } else { Err(stops) }
    }
}

/// How much of a kind may end in one run, in percent, if the configuration does not say otherwise.
pub const MAY_END_PERCENT: u8 = 5;

/// More would end than may end without a person's word.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{to_end} of {existing} would end, more than {percent} percent")]
pub struct Excess {
    /// How many there are.
    pub existing: u64,
    /// How many would end.
    pub to_end: u64,
    /// The share that may.
    pub percent: u8,
}

/// A kind of which too much would end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, thiserror::Error)]
#[error("{}: {excess}", kind.plural())]
pub struct Stop {
    /// The kind.
    pub kind: Kind,
    /// By how much.
    #[serde(flatten)]
    pub excess: Excess,
}

/// Whether `to_end` of `existing` may end: at most `percent` of them, exactly that share included.
///
/// # Errors
/// When it would be more.
pub fn may_end(existing: u64, to_end: u64, percent: u8) -> Result<(), Excess> {
    if u128::from(to_end) * 100 > u128::from(existing) * u128::from(percent) {
        Err(Excess { existing, to_end, percent })
    } else {
        Ok(())
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<20}{:>10}{:>10}{:>10}{:>12}", "", "add", "change", "end", "unchanged")?;
        for (kind, Tally { add, change, end, unchanged }) in &self.tallies {
            writeln!(f, "{:<20}{add:>10}{change:>10}{end:>10}{unchanged:>12}", kind.plural())?;
        }
        for sample in &self.samples {
            writeln!(f, "{sample}")?;
        }
        let differences: u64 = self.tallies.values().map(|tally| tally.add + tally.change + tally.end).sum();
        let shown = u64::try_from(self.samples.len()).unwrap_or(u64::MAX);
        if differences > shown {
            writeln!(f, "and {} more", differences - shown)?;
        }
        Ok(())
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match &self.difference {
            Difference::Add => "add",
            Difference::Change { .. } => "change",
            Difference::End => "end",
            Difference::Unchanged => "leave",
        };
        write!(f, "{word} {}", self.kind.singular())?;
        match self.place {
            Some(Place { file, line }) => write!(f, " {file} line {line}")?,
            None => write!(f, " (not in the set)")?,
        }
        if let Some(id) = &self.sourced_id {
            write!(f, " {}", id.as_str())?;
        }
        if let Difference::Change { fields } = &self.difference {
            write!(f, ": {}", fields.join(", "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn exactly_the_share_may_end_and_one_more_may_not() {
        assert_eq!(may_end(600, 30, 5), Ok(()));
        assert_eq!(may_end(600, 31, 5), Err(Excess { existing: 600, to_end: 31, percent: 5 }));
        assert_eq!(may_end(0, 0, 5), Ok(()));
        assert!(may_end(19, 1, 5).is_err());
        assert_eq!(may_end(u64::MAX, u64::MAX, 100), Ok(()));
    }

    #[test]
    fn a_plan_names_what_it_keeps_and_counts_the_rest() {
        let id = SourcedId::new("kurs-1").unwrap();
        let place = |line| Some(Place { file: RosterFile::Courses, line });
        let mut plan = Plan::keeping(2);
        for line in 2..6 {
            plan.note(Kind::Course, Difference::Add, place(line), Some(&id));
        }
        plan.note(Kind::Course, Difference::Change { fields: vec!["title", "code"] }, place(9), Some(&id));
        plan.note(Kind::Person, Difference::End, None, None);
        plan.note(Kind::Person, Difference::Unchanged, None, None);

        assert_eq!(plan.tally(Kind::Course), Tally { add: 4, change: 1, end: 0, unchanged: 0 });
        assert_eq!(plan.samples().len(), 4);
        let text = plan.to_string();
        for line in [
            "change course courses.csv line 9 kurs-1: title, code",
            "end person (not in the set)",
            "and 2 more",
        ] {
            assert!(text.lines().any(|written| written == line), "{line} in\n{text}");
        }
        let json = serde_json::to_value(&plan).unwrap();
        assert_eq!(json["tallies"]["course"]["add"], 4);
        assert_eq!(json["samples"][2]["fields"][1], "code");
        assert_eq!(json["samples"][2]["place"]["file"], "courses.csv");

        let stops = plan.may_apply(|_| 10, MAY_END_PERCENT).unwrap_err();
        let excess = Excess { existing: 10, to_end: 1, percent: 5 };
        assert_eq!(stops, [Stop { kind: Kind::Person, excess }]);
        assert_eq!(stops[0].to_string(), "persons: 1 of 10 would end, more than 5 percent");
    }

    proptest! {
        #[test]
        fn ending_less_is_never_worse(existing in 0..10_000u64, to_end in 1..10_000u64, percent in 0..=100u8) {
            if may_end(existing, to_end, percent).is_ok() {
                prop_assert!(may_end(existing, to_end - 1, percent).is_ok());
                prop_assert!(may_end(existing + 1, to_end, percent).is_ok());
            }
        }
    }
}

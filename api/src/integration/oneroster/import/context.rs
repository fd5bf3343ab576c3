//! What every comparison needs, and how what is known is looked up for a chunk at a time.

use std::{collections::HashMap, sync::Arc};

use chrono::NaiveDate;
use skolhus_domain::{
    access::Scope,
    code::{Code, CodeEntry},
    id::{ControllerId, Id, JobId, OrganiserId, SchoolUnitId},
    instant::IdSource,
    organisation::SchoolUnit,
    refusal::{Refusal, Refusals, Rule},
};
use skolhus_persistence::{
    DatabaseConnection, Error, Saved,
    integration::source::{self, Brought},
    organisation::school_unit,
};
use uuid::Uuid;

use super::{
    super::{
        families::Family,
        plan::{Difference, Kind, Place},
        problem::RowProblem,
        rows::{Content, Record, Row, SourcedId},
    },
    index::Index,
    writes::{Decided, FamilyNote, Found},
};

/// What every comparison needs.
pub(super) struct Context {
    pub organiser: OrganiserId,
    pub controller: ControllerId,
    /// The job, which stands in the relations that it raises.
    pub job: JobId,
    /// The source, as it stands in external identifiers.
    pub system: String,
    pub index: Index,
    pub today: NaiveDate,
    /// Whether only a plan is made: then what the set brings is not in the register yet.
    pub planning: bool,
    /// The school type of new school units.
    pub school_type: Code,
    pub school_types: Vec<CodeEntry>,
    pub unit_code_kinds: Vec<CodeEntry>,
    pub ids: Arc<dyn IdSource>,
}

pub(super) type Known = HashMap<String, Brought>;
pub(super) type Units = HashMap<SchoolUnitId, Saved<SchoolUnitId, SchoolUnit>>;

impl Context {
    pub fn fresh<T: Id>(&self) -> T {
        T::from_uuid(self.ids.fresh())
    }

    /// What is known under these identifiers, in one statement.
    pub fn known<'v>(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        entity: &str,
        values: impl IntoIterator<Item = &'v str>,
    ) -> Result<Known, Error> {
        let mut values: Vec<String> = values.into_iter().map(str::to_owned).collect();
        values.sort_unstable();
        values.dedup();
        source::find(connection, scope, entity, &self.system, &values)
    }

    /// The school units that identifiers lead to, in one statement.
    pub fn units(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        known: &Known,
    ) -> Result<Units, Error> {
        let ids: Vec<SchoolUnitId> = known.values().map(|known| Id::from_uuid(known.id)).collect();
        let units = school_unit::find_many(connection, scope, &ids)?;
        Ok(units.into_iter().map(|unit| (unit.id, unit)).collect())
    }

    /// The id of what a reference leads to. While planning, what the set itself brings has none
    /// yet, and any will do.
    pub fn follow<T: Id>(&self, known: &Known, id: &SourcedId) -> Option<T> {
        match known.get(id.as_str()) {
            Some(brought) => Some(T::from_uuid(brought.id)),
            None if self.planning => Some(self.fresh()),
            None => None,
        }
    }
}

/// The active rows of a chunk.
pub(super) fn active<T>(rows: &[Row<T>]) -> impl Iterator<Item = (&Row<T>, &T)> {
    rows.iter().filter_map(|row| match &row.content {
        Content::Active(content) => Some((row, content)),
        Content::ToBeDeleted => None,
    })
}

/// Where a row stands.
pub(super) fn place<T: Record>(row: &Row<T>) -> Place {
    Place { file: T::FILE, line: row.line }
}

impl Decided {
    pub fn note<T: Record>(&mut self, kind: Kind, difference: Difference, row: &Row<T>) {
        self.found.push(Found { kind, difference, place: Some(place(row)), id: Some(row.id.clone()) });
    }

    /// As it was, and nothing about it to tell: also what belongs to a protected person.
    pub fn same(&mut self, kind: Kind) {
        self.found.push(Found { kind, difference: Difference::Unchanged, place: None, id: None });
    }

    /// Notes what differs of a thing that is there; `back` when the source had left it out.
    /// Returns whether anything does.
    pub fn differs<T: Record>(
        &mut self,
        kind: Kind,
        entity: &'static str,
        row: &Row<T>,
        mut fields: Vec<&'static str>,
        back: bool,
    ) -> bool {
        let changed = !fields.is_empty();
        if back {
            fields.push("status");
            self.writes.present.push((entity, row.id.as_str().to_owned()));
        }
        if fields.is_empty() {
            self.same(kind);
        } else {
            self.note(kind, Difference::Change { fields }, row);
        }
        changed
    }

    /// Something to tell about the family of a relation's child.
    pub fn family<T: Record>(&mut self, row: &Row<T>, family: Family) {
        self.tell(Kind::Relation, row, family);
    }

    /// Something to tell about families, of a row.
    pub fn tell<T: Record>(&mut self, kind: Kind, row: &Row<T>, family: Family) {
        self.families.push(FamilyNote { kind, place: Some(place(row)), id: row.id.clone(), family });
    }

    pub fn refuse<T: Record>(&mut self, row: &Row<T>, field: &str, refusal: Refusal) {
        self.problems.push(RowProblem::refused(T::FILE, row.line, field, refusal));
    }

    /// Refusals of a thing as a whole, each at the column that its field comes from.
    pub fn refuse_all<T: Record>(
        &mut self,
        row: &Row<T>,
        refusals: Refusals,
        column: impl Fn(&str) -> &'static str,
    ) {
        for refusal in refusals.0 {
            let column = column(&refusal.pointer);
            self.refuse(row, column, refusal);
        }
    }

    pub fn unknown<T: Record>(&mut self, row: &Row<T>, field: &str) {
        self.refuse(
            row,
            field,
            Refusal::new(Rule::UnknownReference, "what it refers to is not in the register"),
        );
    }

    pub fn warn<T: Record>(&mut self, row: &Row<T>, field: &str, rule: Rule, detail: &str) {
        self.warnings.push(RowProblem::new(T::FILE, row.line, Some(field), rule, detail));
    }

    /// Keeps the identifier under which a new thing came.
    pub fn brought(&mut self, entity: &'static str, thing: Uuid, id: &SourcedId) {
        self.writes.identifiers.push((entity, thing, id.as_str().to_owned()));
    }
}

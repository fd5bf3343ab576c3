//! A group as the interface shows it, and its fields as people decide them.

use chrono::{DateTime, Utc};
use serde::Serialize;
use skolhus_domain::{
    access::{ClassSet, InformationClass, Scope},
    code::Table,
    group::{AssignmentRole, Group, GroupAssignment, GroupKind, NewGroup, unique_name},
    id::{GroupId, Id, PersonId, SchoolUnitId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    DatabaseConnection, Saved,
    group::{
        assignment::{AssignedPerson, AssignmentView},
        group,
    },
    organisation::{code, school_unit},
};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::{
    period::PeriodDocument,
    problem::Problem,
    words::{codes, words},
};

words! {
    /// What kind of group it is.
    GroupKindWord("GroupKind") = codes!(GroupKind);
    /// What somebody does for a group.
    AssignmentRoleWord("AssignmentRole") = codes!(AssignmentRole);
}

/// A group (klass, undervisningsgrupp, mentorsgrupp, avdelning) at a school unit.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Group)]
pub struct GroupDocument {
    /// Its id.
    #[schema(example = "0199a3f0-7c00-7000-8000-000000000071")]
    pub id: Uuid,
    /// Its version, as in the `ETag`; its staff is part of it, its members are not.
    #[schema(example = 1, minimum = 1)]
    pub version: i64,
    /// When it was entered.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it was changed last.
    #[schema(example = "2026-08-17T06:10:00Z")]
    pub modified_at: DateTime<Utc>,
    /// Where.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// What kind.
    #[schema(value_type = GroupKindWord, example = "class")]
    pub kind: String,
    /// Its name; at a unit one group's of a kind at a time.
    #[schema(example = "7B")]
    pub name: String,
    /// The school type, where all its members are of one.
    #[schema(required, example = "GR")]
    pub school_type_code: Option<String>,
    /// The year of the school (årskurs), 0 to 10; only of a class.
    #[schema(required, example = 7, minimum = 0, maximum = 10)]
    pub school_year: Option<u8>,
    /// The days on which it exists.
    pub period: PeriodDocument,
    /// Who answers for it, by first day.
    pub assignments: Vec<AssignmentDocument>,
}

/// Who answers for a group.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GroupAssignment)]
pub struct AssignmentDocument {
    /// The duty: the person at the school unit.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub duty_id: Uuid,
    /// The person; null where it may not be told.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub person_id: Option<Uuid>,
    /// The person's name, of a protected one the name that their handling plan shows; null where it may not be told.
    #[schema(required, example = "Åsa Öberg")]
    pub name: Option<String>,
    /// As what.
    #[schema(value_type = AssignmentRoleWord, example = "mentor")]
    pub role: String,
    /// The days of it; without a last day as long as the group and the duty.
    pub period: PeriodDocument,
}

impl AssignmentDocument {
    fn of(view: AssignmentView, scope: &Scope) -> Self {
        let AssignmentView { assignment: GroupAssignment { duty, role, period }, person } = view;
        let classes = |person: Option<PersonId>| match person {
            Some(person) => scope.classes_about(person),
            // What is shown of a protected person is a name that tells nothing.
            None => ClassSet::of(&[InformationClass::Basic]),
        };
        let shown = person.filter(|person| classes(person.id).has(InformationClass::Basic));
        let (person_id, name) = match shown {
            Some(AssignedPerson { id, given_name, family_name }) => {
                (id.map(Id::uuid), Some(format!("{given_name} {family_name}")))
            }
            None => (None, None),
        };
        Self {
            duty_id: duty.uuid(),
            person_id,
            name,
            role: role.code().to_owned(),
            period: PeriodDocument::of(period),
        }
    }
}

impl GroupDocument {
    /// The document of a group, with the staff whom the scope may know.
    #[must_use]
    pub fn of(saved: Saved<GroupId, Group>, staff: Vec<AssignmentView>, scope: &Scope) -> Self {
        let Saved { id, version, created_at, modified_at, value } = saved;
        let Fields { school_unit, kind, name, school_type, school_year, period } = Fields::of(&value);
        Self {
            id: id.uuid(),
            version,
            created_at,
            modified_at,
            school_unit_id: school_unit.uuid(),
            kind,
            name,
            school_type_code: school_type,
            school_year,
            period,
            assignments: staff.into_iter().map(|view| AssignmentDocument::of(view, scope)).collect(),
        }
    }
}

/// The fields of a group that people decide, all of them.
pub(super) struct Fields {
    pub(super) school_unit: SchoolUnitId,
    pub(super) kind: String,
    pub(super) name: String,
    pub(super) school_type: Option<String>,
    pub(super) school_year: Option<u8>,
    pub(super) period: PeriodDocument,
}

impl Fields {
    /// The fields of a group as it is.
    pub(super) fn of(group: &Group) -> Self {
        let Group { school_unit, kind, name, school_type, school_year, period } = group;
        Self {
            school_unit: *school_unit,
            kind: kind.code().to_owned(),
            name: name.as_str().to_owned(),
            school_type: school_type.as_ref().map(|code| code.as_str().to_owned()),
            school_year: *school_year,
            period: PeriodDocument::of(*period),
        }
    }

    /// Checks their meaning, alone and against the unit and its other groups. The unit is held.
    ///
    /// # Errors
    /// Every value that is refused; a failure of the database.
    pub(super) fn check(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        id: GroupId,
    ) -> Result<Group, Problem> {
        let Self { school_unit, kind, name, school_type, school_year, period } = self;
        let Some(unit) = school_unit::find(connection, scope, *school_unit)? else {
            let detail = "there is no such school unit";
            return Err(Refusal::new(Rule::UnknownReference, detail).at("/schoolUnitId").into());
        };
        unit.value
            .valid
            .admit("the school unit", period.from)
            .map_err(|refusal| refusal.at("/schoolUnitId"))?;
        let types = match school_type {
            Some(_) => code::entries(connection, Table::SchoolType)?,
            None => Vec::new(),
        };
        let new = NewGroup {
            school_unit: *school_unit,
            kind,
            name,
            school_type: school_type.as_deref(),
            school_year: *school_year,
            period: period.raw(),
        };
        let group = new.validate(&types, &unit.value.school_types)?;
        unique_name(&group, &group::with_same_name(connection, scope, id, &group)?)?;
        Ok(group)
    }
}

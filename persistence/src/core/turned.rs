//! What a turn of term makes, by the change log's words, and what may come to depend on it. A foreign key
//! onto one of these tables that is missing among the dependents fails a test: an undoing would leave its
//! rows hanging.

/// A kind of record that a turn makes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Turned {
    /// The change log's word.
    pub entity: &'static str,
    /// The table.
    pub table: &'static str,
    /// Whom a row `t` is about, as a condition in SQL that holds when that may be told.
    pub open: &'static str,
}

/// A column by which rows depend on what a turn made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Dependent {
    /// The table.
    pub table: &'static str,
    /// The column.
    pub column: &'static str,
    /// What the rows are called where they are told of.
    pub says: &'static str,
    /// The word for what the column names.
    pub on: &'static str,
}

const NOBODY: &str = "(1 = 1)";
const PERSON: &str = "EXISTS (SELECT 1 FROM persons p WHERE p.organiser_id = t.organiser_id \
     AND p.id = t.person_id AND NOT p.is_protected)";
const DUTY: &str = "EXISTS (SELECT 1 FROM duties d JOIN persons p ON p.organiser_id = d.organiser_id \
     AND p.id = d.person_id WHERE d.organiser_id = t.organiser_id AND d.id = t.duty_id AND NOT p.is_protected)";

/// Every kind, each after those it leans on: an undoing goes the other way.
pub const TURNED: &[Turned] = &[
    Turned { entity: "group", table: "groups", open: NOBODY },
    Turned { entity: "enrolment", table: "enrolments", open: PERSON },
    Turned { entity: "group membership", table: "group_memberships", open: PERSON },
    Turned { entity: "group assignment", table: "group_assignments", open: DUTY },
    Turned { entity: "course offering", table: "course_offerings", open: NOBODY },
    Turned { entity: "offering term", table: "offering_terms", open: NOBODY },
    Turned { entity: "offering teacher", table: "offering_teachers", open: DUTY },
    Turned { entity: "offering group", table: "offering_groups", open: NOBODY },
    Turned { entity: "participation", table: "participations", open: PERSON },
    Turned { entity: "lesson series", table: "lesson_series", open: NOBODY },
    Turned { entity: "lesson", table: "lessons", open: NOBODY },
    Turned { entity: "lesson room", table: "lesson_rooms", open: NOBODY },
];

/// Every column by which rows depend on these.
pub const DEPENDENTS: &[Dependent] = &[
    on_offering("course_offerings", "part_of_id", "course offerings that are part of it"),
    on_offering("offering_terms", "offering_id", "terms that it covers"),
    on_offering("offering_teachers", "offering_id", "teachers"),
    on_offering("offering_groups", "offering_id", "groups that drive it"),
    on_offering("participations", "offering_id", "participations"),
    on_offering("participation_exceptions", "offering_id", "participation exceptions"),
    on_offering("activity_days", "offering_id", "activity"),
    on_offering("lesson_series", "offering_id", "series of lessons"),
    on_offering("lessons", "offering_id", "lessons"),
    Dependent { table: "lessons", column: "series_id", says: "lessons", on: "lesson series" },
    on_lesson("lesson_rooms", "lesson_id", "rooms"),
    on_lesson("lesson_staff", "lesson_id", "staff that differs"),
    on_lesson("attendance_registers", "id", "a register of attendance"),
    on_lesson("attendances", "lesson_id", "attendance"),
    on_lesson("attendance_exemptions", "lesson_id", "exemptions"),
    on_lesson("absence_reasons", "lesson_id", "reasons for absence"),
    on_lesson("absence_report_lessons", "lesson_id", "absence reports"),
    on_group("offering_groups", "group_id", "course offerings that it drives"),
    on_group("group_memberships", "group_id", "group memberships"),
    on_group("group_assignments", "group_id", "group assignments"),
];

const fn on_offering(table: &'static str, column: &'static str, says: &'static str) -> Dependent {
    Dependent { table, column, says, on: "course offering" }
}

const fn on_lesson(table: &'static str, column: &'static str, says: &'static str) -> Dependent {
    Dependent { table, column, says, on: "lesson" }
}

const fn on_group(table: &'static str, column: &'static str, says: &'static str) -> Dependent {
    Dependent { table, column, says, on: "group" }
}

//! Which records can be followed: lists with `modifiedAfter`, and what has left a reader's reach.
//!
//! A row's `modified_at` is the instant at which a call came, and the row is there for others
//! only after commit, so a reader who asks for what is newer than the newest it knows loses
//! what was slow. And a row may come within reach, or leave it, without a change of its own: its
//! person becomes protected, its offering moves to another unit. Therefore a consumer of the log
//! ([`crate::change::feed`]) keeps for every followed record who can see it (all of the
//! organiser, and each school unit), and since when, on a clock of its own that only goes
//! forward. What a reader asks for is answered from there.

use std::collections::BTreeSet;

use diesel::prelude::*;
use skolhus_domain::access::{Part, Permission, Reach, Scope};
use uuid::Uuid;

use super::{
    connection::DatabaseConnection,
    error::Error,
    page::Page,
    reach::Condition,
    types::{Ts, Uid},
};
use crate::schema::feed_clock;

/// The row of the consumer's clock.
pub(crate) const CLOCK: &str = "feed";

/// Stands for the whole organiser where a school unit stands otherwise.
pub(crate) const WHOLE: Uid = Uid(Uuid::nil());

/// A kind of record that can be followed.
#[derive(Clone, Copy, Debug)]
pub struct Followed {
    /// The word of the change log.
    pub entity: &'static str,
    /// What a reader needs.
    pub permission: Permission,
    /// Whether a reader of a school unit sees only what belongs to it.
    by_unit: bool,
    /// Selects `id` and `unit` of those of the records that anybody can see; `{ids}` stands for
    /// their ids and `$1` for the organiser. A row without a unit says that the whole organiser
    /// sees it. It must say the same as the conditions of [`super::reach`], and a test compares them.
    pub(crate) shown: &'static str,
}

const fn in_organiser(entity: &'static str, permission: Permission, shown: &'static str) -> Followed {
    Followed { entity, permission, by_unit: false, shown }
}

const fn in_units(entity: &'static str, permission: Permission, shown: &'static str) -> Followed {
    Followed { entity, permission, by_unit: true, shown }
}

/// What stands in a table and is not withdrawn.
macro_rules! standing {
    ($table:literal) => {
        concat!(
            "SELECT t.id AS id, NULL AS unit FROM ",
            $table,
            " t WHERE t.organiser_id = $1 AND t.id IN ({ids}) AND t.withdrawn_at IS NULL"
        )
    };
}

/// What stands in a table about a person who is there and not protected, with its unit.
macro_rules! about_person {
    ($table:literal) => {
        concat!(
            "WITH seen AS (SELECT t.id AS id, t.school_unit_id AS unit FROM ",
            $table,
            " t JOIN persons p ON p.organiser_id = t.organiser_id AND p.id = t.person_id \
             WHERE t.organiser_id = $1 AND t.id IN ({ids}) AND t.withdrawn_at IS NULL \
             AND p.withdrawn_at IS NULL AND NOT p.is_protected) \
             SELECT id, NULL AS unit FROM seen UNION ALL SELECT id, unit FROM seen"
        )
    };
}

/// Every kind of record that can be followed. A list that an integrator may read must be here.
pub const FOLLOWED: &[Followed] = &[
    in_organiser("controller", Permission::ReadOrganisation, standing!("controllers")),
    in_organiser("school unit", Permission::ReadOrganisation, standing!("school_units")),
    in_organiser("site", Permission::ReadOrganisation, standing!("sites")),
    in_organiser("term", Permission::ReadOrganisation, standing!("terms")),
    in_organiser("day off", Permission::ReadOrganisation, standing!("days_off")),
    in_organiser("room", Permission::ReadOrganisation, standing!("rooms")),
    in_organiser("course", Permission::ReadCourses, standing!("courses")),
    in_units(
        "course offering",
        Permission::ReadCourses,
        "WITH seen AS (SELECT t.id AS id, t.school_unit_id AS unit FROM course_offerings t \
         WHERE t.organiser_id = $1 AND t.id IN ({ids}) AND t.withdrawn_at IS NULL) \
         SELECT id, NULL AS unit FROM seen UNION ALL SELECT id, unit FROM seen",
    ),
    in_units(
        "lesson",
        Permission::ReadLessons,
        "WITH seen AS (SELECT t.id AS id, o.school_unit_id AS unit FROM lessons t \
         JOIN course_offerings o ON o.organiser_id = t.organiser_id AND o.id = t.offering_id \
         WHERE t.organiser_id = $1 AND t.id IN ({ids}) AND t.withdrawn_at IS NULL AND o.withdrawn_at IS NULL) \
         SELECT id, NULL AS unit FROM seen UNION ALL SELECT id, unit FROM seen",
    ),
    in_units(
        "person",
        Permission::ReadPersons,
        "WITH seen AS (SELECT t.organiser_id AS organiser_id, t.id AS id, t.registered_at_id AS unit FROM persons t \
         WHERE t.organiser_id = $1 AND t.id IN ({ids}) AND t.withdrawn_at IS NULL AND NOT t.is_protected) \
         SELECT DISTINCT id, unit FROM (SELECT id, NULL AS unit FROM seen \
         UNION ALL SELECT id, unit FROM seen WHERE unit IS NOT NULL \
         UNION ALL SELECT s.id, e.school_unit_id FROM seen s JOIN enrolments e \
         ON e.organiser_id = s.organiser_id AND e.person_id = s.id AND e.withdrawn_at IS NULL \
         UNION ALL SELECT s.id, d.school_unit_id FROM seen s JOIN duties d \
         ON d.organiser_id = s.organiser_id AND d.person_id = s.id AND d.withdrawn_at IS NULL \
         UNION ALL SELECT s.id, o.school_unit_id FROM seen s JOIN participations q \
         ON q.organiser_id = s.organiser_id AND q.person_id = s.id AND q.withdrawn_at IS NULL \
         JOIN course_offerings o ON o.organiser_id = q.organiser_id AND o.id = q.offering_id AND o.withdrawn_at IS NULL) AS each",
    ),
    in_units("duty", Permission::ReadDuties, about_person!("duties")),
    in_units("enrolment", Permission::ReadEnrolments, about_person!("enrolments")),
    in_units(
        "participation",
        Permission::ReadParticipations,
        "WITH seen AS (SELECT t.id AS id, o.school_unit_id AS unit FROM participations t \
         JOIN persons p ON p.organiser_id = t.organiser_id AND p.id = t.person_id \
         JOIN course_offerings o ON o.organiser_id = t.organiser_id AND o.id = t.offering_id \
         WHERE t.organiser_id = $1 AND t.id IN ({ids}) AND t.withdrawn_at IS NULL \
         AND p.withdrawn_at IS NULL AND NOT p.is_protected AND o.withdrawn_at IS NULL) \
         SELECT id, NULL AS unit FROM seen UNION ALL SELECT id, unit FROM seen",
    ),
    in_units(
        "participation exception",
        Permission::ReadParticipations,
        "WITH seen AS (SELECT t.id AS id, o.school_unit_id AS unit FROM participation_exceptions t \
         JOIN persons p ON p.organiser_id = t.organiser_id AND p.id = t.person_id \
         JOIN course_offerings o ON o.organiser_id = t.organiser_id AND o.id = t.offering_id \
         WHERE t.organiser_id = $1 AND t.id IN ({ids}) AND t.withdrawn_at IS NULL \
         AND p.withdrawn_at IS NULL AND NOT p.is_protected AND o.withdrawn_at IS NULL) \
         SELECT id, NULL AS unit FROM seen UNION ALL SELECT id, unit FROM seen",
    ),
    in_units(
        "group",
        Permission::ReadGroups,
        "WITH seen AS (SELECT t.id AS id, t.school_unit_id AS unit FROM groups t \
         WHERE t.organiser_id = $1 AND t.id IN ({ids}) AND t.withdrawn_at IS NULL) \
         SELECT id, NULL AS unit FROM seen UNION ALL SELECT id, unit FROM seen",
    ),
    in_units(
        "group membership",
        Permission::ReadGroups,
        "WITH seen AS (SELECT t.id AS id, g.school_unit_id AS unit FROM group_memberships t \
         JOIN persons p ON p.organiser_id = t.organiser_id AND p.id = t.person_id \
         JOIN groups g ON g.organiser_id = t.organiser_id AND g.id = t.group_id \
         WHERE t.organiser_id = $1 AND t.id IN ({ids}) AND t.withdrawn_at IS NULL \
         AND p.withdrawn_at IS NULL AND NOT p.is_protected AND g.withdrawn_at IS NULL) \
         SELECT id, NULL AS unit FROM seen UNION ALL SELECT id, unit FROM seen",
    ),
];

/// A change of a record that may bring others within reach, or take them out of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Draws {
    /// The record that changed.
    pub(crate) from: &'static str,
    /// The others.
    pub(crate) to: &'static str,
    /// Selects the `id` of the others.
    pub(crate) which: &'static str,
}

/// Which records draw which others with them, each line in turn: those drawn by one line are
/// among those that a later line begins with. Whatever decides whether a record is within reach
/// must draw it.
pub(crate) const DRAWS: &[Draws] = &[
    Draws {
        from: "person",
        to: "enrolment",
        which: "SELECT id FROM enrolments WHERE organiser_id = $1 AND person_id IN ({ids})",
    },
    Draws {
        from: "person",
        to: "duty",
        which: "SELECT id FROM duties WHERE organiser_id = $1 AND person_id IN ({ids})",
    },
    Draws {
        from: "person",
        to: "participation",
        which: "SELECT id FROM participations WHERE organiser_id = $1 AND person_id IN ({ids})",
    },
    Draws {
        from: "course offering",
        to: "participation",
        which: "SELECT id FROM participations WHERE organiser_id = $1 AND offering_id IN ({ids})",
    },
    Draws {
        from: "course offering",
        to: "lesson",
        which: "SELECT id FROM lessons WHERE organiser_id = $1 AND offering_id IN ({ids})",
    },
    Draws {
        from: "person",
        to: "participation exception",
        which: "SELECT id FROM participation_exceptions WHERE organiser_id = $1 AND person_id IN ({ids})",
    },
    Draws {
        from: "course offering",
        to: "participation exception",
        which: "SELECT id FROM participation_exceptions WHERE organiser_id = $1 AND offering_id IN ({ids})",
    },
    Draws {
        from: "person",
        to: "group membership",
        which: "SELECT id FROM group_memberships WHERE organiser_id = $1 AND person_id IN ({ids})",
    },
    Draws {
        from: "group",
        to: "group membership",
        which: "SELECT id FROM group_memberships WHERE organiser_id = $1 AND group_id IN ({ids})",
    },
    Draws {
        from: "enrolment",
        to: "person",
        which: "SELECT DISTINCT person_id AS id FROM enrolments WHERE organiser_id = $1 AND id IN ({ids})",
    },
    Draws {
        from: "duty",
        to: "person",
        which: "SELECT DISTINCT person_id AS id FROM duties WHERE organiser_id = $1 AND id IN ({ids})",
    },
    Draws {
        from: "participation",
        to: "person",
        which: "SELECT DISTINCT person_id AS id FROM participations WHERE organiser_id = $1 AND id IN ({ids})",
    },
];

/// Records that show another inside them, and so look different when the other leaves or comes.
pub(crate) const SHOWN_IN: &[Draws] = &[
    Draws {
        from: "person",
        to: "course offering",
        which: "SELECT DISTINCT t.offering_id AS id FROM duties d JOIN offering_teachers t \
                ON t.organiser_id = d.organiser_id AND t.duty_id = d.id AND t.withdrawn_at IS NULL \
                WHERE d.organiser_id = $1 AND d.person_id IN ({ids})",
    },
    Draws {
        from: "person",
        to: "group",
        which: "SELECT DISTINCT t.group_id AS id FROM duties d JOIN group_assignments t \
                ON t.organiser_id = d.organiser_id AND t.duty_id = d.id AND t.withdrawn_at IS NULL \
                WHERE d.organiser_id = $1 AND d.person_id IN ({ids})",
    },
    Draws {
        from: "person",
        to: "lesson",
        which: "SELECT DISTINCT id FROM (SELECT l.id AS id FROM duties d JOIN offering_teachers t \
                ON t.organiser_id = d.organiser_id AND t.duty_id = d.id AND t.withdrawn_at IS NULL \
                JOIN lessons l ON l.organiser_id = t.organiser_id AND l.offering_id = t.offering_id \
                WHERE d.organiser_id = $1 AND d.person_id IN ({ids}) \
                UNION ALL SELECT s.lesson_id FROM duties d JOIN lesson_staff s \
                ON s.organiser_id = d.organiser_id AND s.duty_id = d.id AND s.withdrawn_at IS NULL \
                WHERE d.organiser_id = $1 AND d.person_id IN ({ids})) AS each",
    },
    // A protected teacher is shown under the name that their plan says.
    Draws {
        from: "handling plan",
        to: "course offering",
        which: "SELECT DISTINCT t.offering_id AS id FROM handling_plans h \
                JOIN duties d ON d.organiser_id = h.organiser_id AND d.person_id = h.person_id \
                JOIN offering_teachers t ON t.organiser_id = d.organiser_id AND t.duty_id = d.id \
                AND t.withdrawn_at IS NULL WHERE h.organiser_id = $1 AND h.id IN ({ids})",
    },
    Draws {
        from: "handling plan",
        to: "lesson",
        which: "SELECT DISTINCT id FROM (SELECT l.id AS id FROM handling_plans h \
                JOIN duties d ON d.organiser_id = h.organiser_id AND d.person_id = h.person_id \
                JOIN offering_teachers t ON t.organiser_id = d.organiser_id AND t.duty_id = d.id \
                AND t.withdrawn_at IS NULL \
                JOIN lessons l ON l.organiser_id = t.organiser_id AND l.offering_id = t.offering_id \
                WHERE h.organiser_id = $1 AND h.id IN ({ids}) \
                UNION ALL SELECT s.lesson_id FROM handling_plans h \
                JOIN duties d ON d.organiser_id = h.organiser_id AND d.person_id = h.person_id \
                JOIN lesson_staff s ON s.organiser_id = d.organiser_id AND s.duty_id = d.id \
                AND s.withdrawn_at IS NULL WHERE h.organiser_id = $1 AND h.id IN ({ids})) AS each",
    },
    Draws {
        from: "handling plan",
        to: "group",
        which: "SELECT DISTINCT t.group_id AS id FROM handling_plans h \
                JOIN duties d ON d.organiser_id = h.organiser_id AND d.person_id = h.person_id \
                JOIN group_assignments t ON t.organiser_id = d.organiser_id AND t.duty_id = d.id \
                AND t.withdrawn_at IS NULL WHERE h.organiser_id = $1 AND h.id IN ({ids})",
    },
];

impl Followed {
    /// The kind of that word.
    #[must_use]
    pub fn of(entity: &str) -> Option<&'static Self> {
        FOLLOWED.iter().find(|followed| followed.entity == entity)
    }

    /// Whose view a scope has of the records: of the whole organiser, or of school units. None
    /// for those whose reach follows the day, such as a teacher's, or who see only themselves.
    pub(crate) fn views(&self, scope: &Scope) -> Option<Vec<Uid>> {
        match scope.reach() {
            Reach::Organiser => Some(vec![WHOLE]),
            // Everybody who reads them sees all of the organiser's.
            Reach::Parts(_) if !self.by_unit => Some(vec![WHOLE]),
            Reach::Parts(parts) => {
                let units: Option<BTreeSet<Uid>> = parts
                    .iter()
                    .map(|part| match part {
                        Part::Unit(unit) => Some(Uid::of(*unit)),
                        Part::Taught(..) | Part::Own(_) | Part::Ward(_) => None,
                    })
                    .collect();
                units.filter(|units| !units.is_empty()).map(|units| units.into_iter().collect())
            }
        }
    }
}

/// The condition on a list that shows what changed, or came within reach, after an instant of the
/// consumer's clock; none where the record is not followed, or not for this scope. `id` is the
/// column of the record's id.
pub(crate) fn changed_after(
    entity: &'static str,
    id: &'static str,
    scope: &Scope,
    after: Ts,
) -> Option<Condition> {
    let views = Followed::of(entity)?.views(scope)?;
    let mut condition = Condition::new()
        .sql(id)
        .sql(" IN (SELECT feed.entity_id FROM feed_presences AS feed WHERE feed.organiser_id = ")
        .id(scope.organiser())
        .sql(" AND feed.entity = '")
        .sql(entity)
        .sql("' AND feed.present AND feed.settled_at > ")
        .instant(after)
        .sql(" AND feed.unit_id IN (");
    for (place, unit) in views.into_iter().enumerate() {
        condition = condition.sql(if place == 0 { "" } else { ", " }).uid(unit);
    }
    Some(condition.sql("))"))
}

/// Up to which instant of its clock the consumer has come, in this snapshot: everything later gets a
/// later instant.
///
/// # Errors
/// A failure of the database.
pub(crate) fn settled(connection: &mut DatabaseConnection) -> Result<Ts, Error> {
    let at = feed_clock::table.find(CLOCK).select(feed_clock::settled_at).first(connection).optional()?;
    Ok(at.unwrap_or(Ts(chrono::DateTime::UNIX_EPOCH)))
}

impl<T> Page<T> {
    /// Says how far the page reaches, where it was asked for with `modifiedAfter` and the scope can
    /// follow the records.
    ///
    /// # Errors
    /// A failure of the database.
    pub(crate) fn followed<S>(
        mut self,
        connection: &mut DatabaseConnection,
        entity: &str,
        scope: &Scope,
        request: &super::page::PageRequest<S>,
    ) -> Result<Self, Error> {
        let followed = Followed::of(entity).and_then(|followed| followed.views(scope)).is_some();
        if followed && request.modified_after.is_some() {
            self.as_of = Some(settled(connection)?.0);
        }
        Ok(self)
    }
}

/// Keeps what was changed after the instant that the request names; see [`changed_after`].
macro_rules! modified_after {
    ($query:expr, $request:expr, $scope:expr, $table:ident, $entity:literal) => {{
        let query = $query;
        match $request.modified_after.map($crate::core::types::Ts::of) {
            None => query,
            Some(after) => {
                let id = concat!(stringify!($table), ".id");
                match $crate::core::feed::changed_after($entity, id, $scope, after) {
                    Some(condition) => query.filter(condition),
                    None => query.filter($table::modified_at.gt(after)),
                }
            }
        }
    }};
}
pub(crate) use modified_after;

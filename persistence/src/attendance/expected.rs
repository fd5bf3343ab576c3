//! Who is expected in a lesson, as a condition.

/// The row of `participations` is of somebody who is expected in the lesson of the row of `lessons`: they take part in its
/// offering on its day, are not on a study break then, and not exempted.
macro_rules! expected_in_lesson {
    ($postgres:expr) => {
        participations::organiser_id
            .eq(lessons::organiser_id)
            .and(participations::offering_id.eq(lessons::offering_id))
            .and(participations::withdrawn_at.is_null())
            .and(participations::held_from.le(lessons::day.nullable()))
            .and(participations::held_to.ge(lessons::day.nullable()))
            .and(reach::attends($postgres))
    };
}
pub(super) use expected_in_lesson;

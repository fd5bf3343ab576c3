//! Which lesson of a day comes next.

use chrono::{DateTime, Utc};

use super::Lesson;
use crate::id::LessonId;

/// The lesson that goes on, or else comes first: the earliest of those that are held and have not ended.
#[must_use]
pub fn next_lesson<'a>(
    lessons: impl IntoIterator<Item = (LessonId, &'a Lesson)>,
    now: DateTime<Utc>,
) -> Option<LessonId> {
    let ahead = lessons.into_iter().filter(|(_, lesson)| lesson.is_held() && lesson.time.to() > now);
    ahead.min_by_key(|(id, lesson)| (lesson.time.from(), *id)).map(|(id, _)| id)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::id::{Id, OfferingId};
    use crate::schedule::{LessonState, LessonTime};
    use crate::text::Text;

    fn lesson(minute: i64, length: i64, is_held: bool) -> Lesson {
        let from = DateTime::UNIX_EPOCH + TimeDelta::minutes(minute);
        let state = match is_held {
            true => LessonState::Planned,
            false => LessonState::Cancelled(Text::line("Läraren är sjuk", 500).unwrap()),
        };
        Lesson {
            offering: OfferingId::from_uuid(Uuid::nil()),
            occurrence: None,
            time: LessonTime::new(from, from + TimeDelta::minutes(length)).unwrap(),
            state,
            title: None,
            rooms: Vec::new(),
            staff: Vec::new(),
        }
    }

    proptest! {
        #[test]
        fn none_that_is_held_and_not_over_begins_before_it(
            day in proptest::collection::vec((0..900i64, 5..120i64, any::<bool>()), 0..9), now in 0..1000i64,
        ) {
            let now = DateTime::UNIX_EPOCH + TimeDelta::minutes(now);
            let day: Vec<(LessonId, Lesson)> = day
                .into_iter()
                .enumerate()
                .map(|(number, (minute, length, is_held))| {
                    (LessonId::from_uuid(Uuid::from_u128(number as u128)), lesson(minute, length, is_held))
                })
                .collect();
            let ahead = |lesson: &Lesson| lesson.is_held() && lesson.time.to() > now;
            match next_lesson(day.iter().map(|(id, lesson)| (*id, lesson)), now) {
                None => prop_assert!(day.iter().all(|(_, lesson)| !ahead(lesson))),
                Some(next) => {
                    let (_, found) = day.iter().find(|(id, _)| *id == next).unwrap();
                    prop_assert!(ahead(found));
                    prop_assert!(day.iter().all(|(_, of)| !ahead(of) || of.time.from() >= found.time.from()));
                }
            }
        }
    }
}

//! The rows of the schedule, and of what was registered in a term.

use skolhus_domain::person::{search_key_of_text, sort_key_of_text};
use uuid::Uuid;

use super::{
    marks::{Columns, mark_id, of_term},
    plan::{CLASS, Of, Organiser, SUBJECTS},
    rows::{
        Row, Rows, Value,
        Value::{Day, Id, Instant, Number, Truth},
        each, record, record_of, text,
    },
};

pub(super) fn rooms(one: Organiser) -> Rows {
    each(one.classes(), move |class| {
        let name = format!("Sal {class}");
        let own = [
            Id(one.id(Of::Unit, one.unit_of_class(class))),
            text("room"),
            text(name.clone()),
            text(sort_key_of_text(&name)),
            text(search_key_of_text(&name)),
            Number(i64::from(CLASS)),
        ];
        record(&one, Of::Room, class, own)
    })
}

pub(super) fn lessons(one: Organiser) -> Rows {
    each(one.lessons(), move |number| {
        let lesson = one.lesson(number);
        let own = [
            Id(one.id(Of::Offering, lesson.offering)),
            Day(lesson.day),
            Instant(lesson.from.timestamp_micros()),
            Instant(lesson.to.timestamp_micros()),
            text("planned"),
        ];
        record(&one, Of::Lesson, number, own)
    })
}

pub(super) fn lesson_rooms(one: Organiser) -> Rows {
    each(one.lessons(), move |number| {
        let class = one.lesson(number).offering / SUBJECTS;
        record(&one, Of::LessonRoom, number, [Id(one.id(Of::Lesson, number)), Id(one.id(Of::Room, class))])
    })
}

pub(super) fn attendance_registers(one: Organiser) -> Rows {
    Box::new(one.lessons_of_terms().map(move |number| {
        let lesson = one.lesson(number);
        let (by, at) = (registered_by(&one, lesson.offering), Instant(lesson.to.timestamp_micros()));
        // The register of a lesson has the lesson's id.
        Ok(record(&one, Of::Lesson, number, [text("closed"), by.clone(), at, by]))
    }))
}

pub(super) fn attendances(one: Organiser) -> Rows {
    Box::new(one.lessons_of_terms().flat_map(move |number| {
        let offering = one.lesson(number).offering;
        one.seats(offering)
            .map(move |(seat, person)| Ok(attendance(&one, (number, offering), (seat, person))))
    }))
}

/// The teacher.
fn registered_by(one: &Organiser, offering: u32) -> Value {
    Id(one.id(Of::Account, one.account_of_teacher(one.teacher_of(offering))))
}

fn attendance(one: &Organiser, (number, offering): (u32, u32), (seat, person): (u32, Uuid)) -> Row {
    let lesson = one.id(Of::Lesson, number);
    let mark = of_term(one.plan.chance(Of::Mark, one.number, number * CLASS + seat));
    let Columns { mark, late, left_early, missed_authorised, present, authorised, unauthorised, other } =
        Columns::of(mark);
    let minutes = |minutes: u32| Number(i64::from(minutes));
    let own = [
        Id(lesson),
        Id(person),
        text(mark),
        minutes(late),
        minutes(left_early),
        Truth(missed_authorised),
        minutes(present),
        minutes(authorised),
        minutes(unauthorised),
        minutes(other),
        registered_by(one, offering),
    ];
    record_of(one, mark_id(lesson, person), own)
}

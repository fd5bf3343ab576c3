//! The rows of each table, in an order in which nothing refers to what is yet to come.

use chrono::{Days, NaiveDate};
use skolhus_domain::person::{PersonName, search_key_of_text, sort_key_of_text};
use uuid::Uuid;

use super::{
    lesson_rows::{attendance_registers, attendances, lesson_rooms, lessons, rooms},
    names::name,
    plan::{CLASS, Of, Organiser, Plan, SUBJECTS},
};
use crate::Failure;

/// What stands in a column.
#[derive(Clone, Debug)]
pub enum Value {
    /// An identifier.
    Id(Uuid),
    /// A number.
    Number(i64),
    /// A truth value.
    Truth(bool),
    /// Text, and documents in JSON.
    Text(String),
    /// A date.
    Day(NaiveDate),
    /// An instant, in microseconds since 1970.
    Instant(i64),
    /// Nothing.
    Null,
}

use Value::{Day, Id, Instant, Null, Number, Truth};

/// A row, in the order of its table's columns.
pub type Row = Vec<Value>;

/// The rows of an organiser.
pub(super) type Rows = Box<dyn Iterator<Item = Result<Row, Failure>>>;

/// A table.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns, after those that every record has.
    own_columns: &'static str,
    rows: fn(Organiser) -> Rows,
}

/// What every record begins with.
const RECORD: &str = "organiser_id, id, version, created_at, modified_at";
/// 2025-06-01, when everything was entered.
const ENTERED: i64 = 1_748_736_000_000_000;

impl Table {
    /// Its columns.
    pub fn columns(&self) -> String {
        format!("{RECORD}, {}", self.own_columns)
    }

    /// Its rows, of all organisers.
    pub fn rows(&self, plan: &Plan) -> impl Iterator<Item = Result<Row, Failure>> + use<> {
        plan.organisers().flat_map(self.rows)
    }
}

/// Every table that is filled.
pub const TABLES: &[Table] = &[
    Table { name: "organisers", own_columns: "name", rows: organisers },
    Table {
        name: "controllers",
        own_columns: "name, kind, name_sort_key, name_search_key",
        rows: controllers,
    },
    Table {
        name: "school_units",
        own_columns: "controller_id, name, name_sort_key, name_search_key, school_types, codes, active, valid_from, \
                      valid_to, code_search_key",
        rows: school_units,
    },
    Table {
        name: "rooms",
        own_columns: "school_unit_id, kind, name, name_sort_key, name_search_key, seats",
        rows: rooms,
    },
    Table { name: "terms", own_columns: "school_unit_id, kind, name, first_day, last_day", rows: terms },
    Table {
        name: "persons",
        own_columns: "given_name, family_name, preferred_given_name, name_sort_key, name_search_key, birth_date, sex, \
                      contact, protection, is_protected, registered_at_id",
        rows: persons,
    },
    Table {
        name: "duties",
        own_columns: "person_id, school_unit_id, role, valid_from, valid_to",
        rows: duties,
    },
    Table {
        name: "courses",
        own_columns: "code, title, title_sort_key, title_search_key, kind, valid_from, valid_to",
        rows: courses,
    },
    Table {
        name: "course_offerings",
        own_columns: "course_id, school_unit_id, title, title_sort_key, title_search_key, first_day, last_day, \
                      course_numbers, form, pace_percent",
        rows: course_offerings,
    },
    Table { name: "offering_terms", own_columns: "offering_id, term_id", rows: offering_terms },
    Table {
        name: "offering_teachers",
        own_columns: "offering_id, duty_id, role, valid_from, valid_to",
        rows: offering_teachers,
    },
    Table {
        name: "enrolments",
        own_columns: "person_id, school_unit_id, school_type, valid_from, valid_to",
        rows: enrolments,
    },
    Table {
        name: "participations",
        own_columns: "person_id, offering_id, period_from, period_to, state, held_from, held_to, breaks, pace, \
                      funding, origin",
        rows: participations,
    },
    Table { name: "lessons", own_columns: "offering_id, day, starts_at, ends_at, state", rows: lessons },
    Table { name: "lesson_rooms", own_columns: "lesson_id, room_id", rows: lesson_rooms },
    Table {
        name: "attendance_registers",
        own_columns: "state, registered_by_id, closed_at, closed_by_id",
        rows: attendance_registers,
    },
    Table {
        name: "attendances",
        own_columns: "lesson_id, person_id, mark, late_minutes, left_early_minutes, missed_authorised, present_minutes, \
                      authorised_minutes, unauthorised_minutes, other_minutes, registered_by_id",
        rows: attendances,
    },
    Table {
        name: "relations",
        own_columns: "person_id, relative_id, kind, source, valid_from, valid_to, see, report_absence, decide, \
                      receive_notices, collect, state, reason",
        rows: relations,
    },
    Table { name: "accounts", own_columns: "person_id, email, email_key", rows: accounts },
    Table {
        name: "role_assignments",
        own_columns: "account_id, role, school_unit_id, valid_from, valid_to",
        rows: role_assignments,
    },
];

pub(super) fn text(text: impl Into<String>) -> Value {
    Value::Text(text.into())
}

/// A record with its own columns.
pub(super) fn record(
    organiser: &Organiser,
    of: Of,
    number: u32,
    own: impl IntoIterator<Item = Value>,
) -> Row {
    record_of(organiser, organiser.id(of, number), own)
}

/// A record whose id does not follow from a number.
pub(super) fn record_of(organiser: &Organiser, id: Uuid, own: impl IntoIterator<Item = Value>) -> Row {
    let common = [Id(organiser.own_id()), Id(id), Number(1), Instant(ENTERED), Instant(ENTERED)];
    common.into_iter().chain(own).collect()
}

/// The first day of the present term, and the last.
fn term(organiser: &Organiser) -> [Value; 2] {
    [Day(organiser.plan.first_day()), Day(organiser.plan.last_day())]
}

/// From long ago until further notice.
fn always(organiser: &Organiser) -> [Value; 2] {
    [Day(organiser.plan.first_day() - Days::new(1_000)), Null]
}

pub(super) fn each(count: u32, row: impl Fn(u32) -> Row + 'static) -> Rows {
    Box::new((0..count).map(move |number| Ok(row(number))))
}

fn organisers(one: Organiser) -> Rows {
    each(1, move |number| {
        record(&one, Of::Organiser, number, [text(format!("Provköpings kommun {}", one.number))])
    })
}

fn controllers(one: Organiser) -> Rows {
    let name = "Barn- och ungdomsnämnden";
    each(1, move |number| {
        let keys = [text(sort_key_of_text(name)), text(search_key_of_text(name))];
        record(&one, Of::Controller, number, [text(name), text("public")].into_iter().chain(keys))
    })
}

fn school_units(one: Organiser) -> Rows {
    each(one.units(), move |number| {
        let name = format!("Åkerskolan {number}");
        let own = [
            Id(one.id(Of::Controller, 0)),
            text(name.clone()),
            text(sort_key_of_text(&name)),
            text(search_key_of_text(&name)),
            text("[\"GR\"]"),
            text("[]"),
            Truth(true),
        ];
        record(&one, Of::Unit, number, own.into_iter().chain(always(&one)).chain([text("")]))
    })
}

fn terms(one: Organiser) -> Rows {
    each(1, move |number| {
        record(&one, Of::Term, number, [Null, text("autumn"), text("Terminen")].into_iter().chain(term(&one)))
    })
}

fn persons(one: Organiser) -> Rows {
    let pupils = (0..one.pupils).map(move |number| person(&one, Of::Pupil, number, 7..16));
    let guardians = (0..one.guardians).map(move |number| person(&one, Of::Guardian, number, 30..55));
    let teachers = (0..one.teachers).map(move |number| person(&one, Of::Teacher, number, 25..65));
    Box::new(pupils.chain(guardians).chain(teachers))
}

fn person(one: &Organiser, of: Of, number: u32, ages: std::ops::Range<u64>) -> Result<Row, Failure> {
    let chance = one.plan.chance(of, one.number, number);
    let name: PersonName = name(chance)?;
    let days = ages.start * 365 + chance % ((ages.end - ages.start) * 365);
    let born = one.plan.today - Days::new(days);
    let sex = if chance.is_multiple_of(2) { "woman" } else { "man" };
    let own = [
        text(name.given().as_str()),
        text(name.family().as_str()),
        name.preferred_given().map_or(Null, |name| text(name.as_str())),
        text(name.sort_key()),
        text(name.search_key()),
        Day(born),
        text(sex),
        text(r#"{"emails":[],"phones":[]}"#),
        text("none"),
        Truth(false),
        Null,
    ];
    Ok(record(one, of, number, own))
}

/// Each teacher works where the first class that they teach goes.
fn unit_of_teacher(one: &Organiser, teacher: u32) -> u32 {
    one.unit_of_class(teacher % one.offerings().max(1) / SUBJECTS)
}

fn duties(one: Organiser) -> Rows {
    each(one.teachers, move |number| {
        let unit = one.id(Of::Unit, unit_of_teacher(&one, number));
        let own = [Id(one.id(Of::Teacher, number)), Id(unit), text("teacher")];
        record(&one, Of::Duty, number, own.into_iter().chain(always(&one)))
    })
}

const SUBJECT_TITLES: &[&str] = &["Matematik", "Svenska"];

fn subject(number: u32) -> &'static str {
    usize::try_from(number).ok().and_then(|place| SUBJECT_TITLES.get(place)).copied().unwrap_or("Ämne")
}

fn courses(one: Organiser) -> Rows {
    each(SUBJECTS, move |number| {
        let title = subject(number);
        let own = [
            text(format!("PROV{number}")),
            text(title),
            text(sort_key_of_text(title)),
            text(search_key_of_text(title)),
            text("subject"),
        ];
        record(&one, Of::Course, number, own.into_iter().chain(always(&one)))
    })
}

fn course_offerings(one: Organiser) -> Rows {
    each(one.offerings(), move |number| {
        let (class, course) = (number / SUBJECTS, number % SUBJECTS);
        let title = format!("{} klass {class}", subject(course));
        let own = [
            Id(one.id(Of::Course, course)),
            Id(one.id(Of::Unit, one.unit_of_class(class))),
            text(title.clone()),
            text(sort_key_of_text(&title)),
            text(search_key_of_text(&title)),
        ];
        let rest = [text("{}"), text("on-site"), Number(100)];
        record(&one, Of::Offering, number, own.into_iter().chain(term(&one)).chain(rest))
    })
}

fn offering_terms(one: Organiser) -> Rows {
    each(one.offerings(), move |number| {
        let own = [Id(one.id(Of::Offering, number)), Id(one.id(Of::Term, 0))];
        record(&one, Of::OfferingTerm, number, own)
    })
}

fn offering_teachers(one: Organiser) -> Rows {
    each(one.offerings(), move |number| {
        let duty = one.id(Of::Duty, one.teacher_of(number));
        let own = [Id(one.id(Of::Offering, number)), Id(duty), text("teacher")];
        record(&one, Of::OfferingTeacher, number, own.into_iter().chain(always(&one)))
    })
}

fn enrolments(one: Organiser) -> Rows {
    each(one.pupils, move |place| {
        let unit = one.unit_of_class(place / CLASS);
        let own = [Id(one.id(Of::Pupil, one.pupil_at(place))), Id(one.id(Of::Unit, unit)), text("GR")];
        record(&one, Of::Enrolment, place, own.into_iter().chain(term(&one)))
    })
}

fn participations(one: Organiser) -> Rows {
    // Class by class, in each class subject by subject, as they were entered.
    let places = (0..one.offerings()).flat_map(move |offering| {
        let class = offering / SUBJECTS;
        (class * CLASS..(class * CLASS + CLASS).min(one.pupils)).map(move |place| (offering, place))
    });
    let begins = one.plan.first_day();
    Box::new(places.zip(0..).map(move |((offering, place), number)| {
        let who = [Id(one.id(Of::Pupil, one.pupil_at(place))), Id(one.id(Of::Offering, offering))];
        let parts = [
            text("[]"),
            text(format!("[{{\"from\":\"{begins}\",\"percent\":100}}]")),
            text(format!("[{{\"from\":\"{begins}\",\"code\":null}}]")),
            text("direct"),
        ];
        let own = who.into_iter().chain(term(&one)).chain([text("active")]).chain(term(&one)).chain(parts);
        Ok(record(&one, Of::Participation, number, own))
    }))
}

fn relations(one: Organiser) -> Rows {
    // Guardians 0 and 1 are those of pupils 0 and 1, and so on.
    each(one.guardians * 2, move |number| {
        let (family, which) = (number / 4, number % 4);
        let (pupil, guardian) = (family * 2 + which / 2, family * 2 + which % 2);
        let who = [
            Id(one.id(Of::Pupil, pupil)),
            Id(one.id(Of::Guardian, guardian)),
            text("guardian"),
            text("staff"),
        ];
        let rights = [true; 5].map(Truth);
        let why = [text("confirmed"), text("Folkbokföringen")];
        record(&one, Of::Relation, number, who.into_iter().chain(always(&one)).chain(rights).chain(why))
    })
}

/// The accounts of an organiser: whose, with which address, in which role.
fn holders(one: Organiser) -> impl Iterator<Item = (Value, String, &'static str)> {
    let registrar = std::iter::once((Null, one.registrar(), "registrar"));
    let teachers = (0..one.teachers)
        .map(move |number| (Id(one.id(Of::Teacher, number)), one.teacher_email(number), "teacher"));
    let guardians = (0..one.guardians)
        .map(move |number| (Id(one.id(Of::Guardian, number)), one.guardian_email(number), "guardian"));
    registrar.chain(teachers).chain(guardians)
}

fn accounts(one: Organiser) -> Rows {
    Box::new(holders(one).zip(0..).map(move |((person, email, _), number)| {
        Ok(record(&one, Of::Account, number, [person, text(email.clone()), text(email)]))
    }))
}

fn role_assignments(one: Organiser) -> Rows {
    Box::new(holders(one).zip(0..).map(move |((.., role), number)| {
        let own = [Id(one.id(Of::Account, number)), text(role), Null];
        Ok(record(&one, Of::Role, number, own.into_iter().chain(always(&one))))
    }))
}

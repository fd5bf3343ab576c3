//! The classes that several cases save: in lessons of some teachers of the first organiser, each with a full class.

use std::{collections::BTreeMap, rc::Rc};

use skolhus_persistence::Address;
use skolhus_tests::raw::Raw;
use uuid::Uuid;

use crate::{
    Failure,
    data::{Columns, Of, Organiser, SUBJECTS, Set, TODAY},
    database::Database,
    drive::Request,
    server::Server,
};

/// Some teachers with what they teach.
pub struct Classes<'a> {
    database: &'a Database,
    organiser: Organiser,
    /// By number, shuffled, so that neither neighbours nor favourites save.
    teachers: Vec<u32>,
}

/// A lesson with whoever takes it.
#[derive(Clone, Copy, Debug)]
pub struct Taught {
    /// Its id.
    pub id: Uuid,
    offering: u32,
    teacher: u32,
}

/// Tokens by whose they are.
pub type Tokens = BTreeMap<u32, Rc<str>>;

impl<'a> Classes<'a> {
    /// Those of so many teachers of the first organiser, where it has as many.
    pub fn of(database: &'a Database, teachers: usize) -> Self {
        let organiser = database.plan.organiser(0);
        let mut all: Vec<u32> = (0..organiser.teachers).collect();
        all.sort_by_key(|number| database.plan.chance(Of::Teacher, 0, *number));
        all.truncate(teachers);
        Self { database, organiser, teachers: all }
    }

    /// A fresh token for each of the teachers.
    pub fn tokens(&self, server: &Server) -> Result<Tokens, Failure> {
        let token = |teacher: &u32| Ok((*teacher, server.token(&self.organiser.teacher_email(*teacher))?));
        self.teachers.iter().map(token).collect()
    }

    /// Their lessons of today: every first one of a class in a subject, or every other.
    pub fn today(&self, which: u32) -> Vec<Taught> {
        self.lessons(|offering| self.organiser.lesson_today(offering, which))
    }

    /// All their lessons of today.
    pub fn all_today(&self) -> Vec<Taught> {
        (0..TODAY).flat_map(|which| self.today(which)).collect()
    }

    /// Their lessons of yesterday.
    pub fn yesterday(&self) -> Vec<Taught> {
        self.lessons(|offering| self.organiser.lesson_yesterday(offering))
    }

    fn lessons(&self, number: impl Fn(u32) -> u32) -> Vec<Taught> {
        let full = self.organiser.full_classes() * SUBJECTS;
        let of_teacher = |teacher: &u32| {
            let teacher = *teacher;
            let offerings = self.organiser.offerings_of(teacher).filter(move |offering| *offering < full);
            offerings.map(move |offering| (teacher, offering))
        };
        let taught = |(teacher, offering)| Taught {
            id: self.organiser.id(Of::Lesson, number(offering)),
            offering,
            teacher,
        };
        self.teachers.iter().flat_map(of_teacher).map(taught).collect()
    }

    /// As the server is asked to save classes, by those who teach them.
    pub fn saves(&self, tokens: &Tokens, lessons: &[Taught], set: Set) -> Result<Vec<Request>, Failure> {
        let save = |lesson: &Taught| {
            let document = set.documents(&self.organiser, lesson.offering);
            let request = Request::put(&format!("/v1/lessons/{}/attendance", lesson.id), &document);
            Ok(request.token(tokens.get(&lesson.teacher).ok_or("a teacher has no token")?))
        };
        lessons.iter().map(save).collect()
    }

    /// As the server is asked for the day of each teacher.
    pub fn days(&self, tokens: &Tokens) -> Vec<Request> {
        let day = |teacher| Some(Request::get("/v1/teachers-day").token(tokens.get(teacher)?));
        self.teachers.iter().filter_map(day).collect()
    }

    /// As the hand-written handler is asked for the same.
    pub fn days_by_hand(&self) -> Vec<Request> {
        let day = |teacher: &u32| {
            let account = self.organiser.id(Of::Account, self.organiser.account_of_teacher(*teacher));
            let person = self.organiser.id(Of::Teacher, *teacher);
            Request::get(&format!("/day/{}/{account}/{person}", self.organiser.own_id()))
        };
        self.teachers.iter().map(day).collect()
    }

    /// As the server is asked to save one person after the other.
    pub fn single_saves(
        &self,
        tokens: &Tokens,
        lessons: &[Taught],
        set: Set,
    ) -> Result<Vec<Request>, Failure> {
        let mut requests = Vec::new();
        for lesson in lessons {
            let token = tokens.get(&lesson.teacher).ok_or("a teacher has no token")?;
            for (seat, person) in self.organiser.seats(lesson.offering) {
                let path = format!("/v1/lessons/{}/attendance/{person}", lesson.id);
                requests.push(Request::put(&path, &set.document(seat)).token(token));
            }
        }
        Ok(requests)
    }

    /// As the hand-written handler is asked to save classes.
    pub fn saves_by_hand(&self, lessons: &[Taught], set: Set) -> Vec<Request> {
        let save = |lesson: &Taught| {
            let account = self.organiser.id(Of::Account, self.organiser.account_of_teacher(lesson.teacher));
            let path = format!("/class/{}/{account}/{}", self.organiser.own_id(), lesson.id);
            Request::put(&path, &set.documents(&self.organiser, lesson.offering))
        };
        lessons.iter().map(save).collect()
    }

    /// What stands in the registers of lessons, person by person: read past the server.
    pub fn registered(&self, lessons: &[Taught]) -> Result<Vec<Vec<String>>, Failure> {
        let mut raw = Raw::open(&Address::parse(&self.database.url)?);
        let postgres = raw.is_postgres();
        let id = |id: Uuid| if postgres { format!("'{id}'") } else { format!("X'{}'", id.simple()) };
        let read = |lesson: &Taught| {
            raw.texts(&format!(
                "SELECT mark || ' ' || late_minutes || ' ' || left_early_minutes || ' ' \
                 || CASE WHEN missed_authorised THEN 'true' ELSE 'false' END || ' ' || present_minutes || ' ' \
                 || authorised_minutes || ' ' || unauthorised_minutes || ' ' || other_minutes AS value \
                 FROM attendances WHERE organiser_id = {} AND lesson_id = {} AND withdrawn_at IS NULL \
                 ORDER BY person_id",
                id(self.organiser.own_id()),
                id(lesson.id)
            ))
        };
        Ok(lessons.iter().map(read).collect())
    }

    /// What stands in the register of a lesson in which the set is saved.
    fn saved(&self, lesson: &Taught, set: Set) -> Vec<String> {
        let mut seats: Vec<(u32, Uuid)> = self.organiser.seats(lesson.offering).collect();
        seats.sort_by_key(|(_, person)| *person);
        let row = |(seat, _): (u32, Uuid)| {
            let Columns {
                mark,
                late,
                left_early,
                missed_authorised,
                present,
                authorised,
                unauthorised,
                other,
            } = Columns::of(set.mark(seat));
            format!(
                "{mark} {late} {left_early} {missed_authorised} {present} {authorised} {unauthorised} {other}"
            )
        };
        seats.into_iter().map(row).collect()
    }

    /// Refuses registers in which not everybody has the mark of the set, once.
    pub fn check(&self, lessons: &[(Taught, Set)]) -> Result<(), Failure> {
        let taught: Vec<Taught> = lessons.iter().map(|(lesson, _)| *lesson).collect();
        for ((lesson, set), registered) in lessons.iter().zip(self.registered(&taught)?) {
            if registered != self.saved(lesson, *set) {
                return Err(format!("{lesson:?} was not saved as acknowledged: {registered:?}").into());
            }
        }
        Ok(())
    }
}

//! Who and what there is, and its ids: everything follows from a few numbers, so that the cases know what to ask for
//! without reading it from the database.

use chrono::{Days, NaiveDate};
use uuid::Uuid;

/// Participants of an offering.
pub const CLASS: u32 = 25;
/// Pupils of a school unit.
const UNIT: u32 = 500;
/// Offerings that each class takes part in.
pub const SUBJECTS: u32 = 2;
/// A teacher for so many persons.
const PERSONS_PER_TEACHER: u32 = 50;

/// A register.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// What names, birthdays and families follow from.
    pub seed: u64,
    /// Persons in all.
    pub persons: u32,
    /// Organisers that they are spread over.
    pub organisers: u32,
    /// The day around which the terms lie.
    pub today: NaiveDate,
}

/// What an id belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Of {
    /// The organiser itself.
    Organiser = 1,
    /// Who answers for its personal data.
    Controller,
    /// A school.
    Unit,
    /// A term.
    Term,
    /// A subject.
    Course,
    /// A class in a subject.
    Offering,
    /// An offering's term.
    OfferingTerm,
    /// A pupil; each has two guardians of the same family.
    Pupil,
    /// A guardian.
    Guardian,
    /// A teacher.
    Teacher,
    /// A teacher's duty.
    Duty,
    /// A duty in an offering.
    OfferingTeacher,
    /// A pupil in an offering.
    Participation,
    /// A guardian over a pupil.
    Relation,
    /// A pupil at a school.
    Enrolment,
    /// An account.
    Account,
    /// Its role.
    Role,
    /// The room of a class.
    Room,
    /// A lesson.
    Lesson,
    /// A lesson in a room.
    LessonRoom,
    /// What was registered in a term.
    Mark,
}

/// One organiser of a register.
#[derive(Clone, Copy, Debug)]
pub struct Organiser {
    /// Its number.
    pub number: u32,
    /// The register that it is part of.
    pub plan: Plan,
    /// Its teachers.
    pub teachers: u32,
    /// Its guardians: two in a family of two pupils.
    pub guardians: u32,
    /// Its pupils: families of two, and single ones to fill the number.
    pub pupils: u32,
}

impl Plan {
    /// The organisers, as even as they can be.
    pub fn organisers(&self) -> impl Iterator<Item = Organiser> + use<> {
        let plan = *self;
        (0..plan.organisers).map(move |number| plan.organiser(number))
    }

    /// One of them.
    pub fn organiser(&self, number: u32) -> Organiser {
        let persons = self.persons / self.organisers + u32::from(number < self.persons % self.organisers);
        let teachers = (persons / PERSONS_PER_TEACHER).max(1);
        let guardians = (persons - teachers) / 4 * 2;
        let pupils = persons - teachers - guardians;
        Organiser { number, plan: *self, teachers, guardians, pupils }
    }

    /// The first day of the present term.
    pub fn first_day(&self) -> NaiveDate {
        self.today - Days::new(60)
    }

    /// Its last day.
    pub fn last_day(&self) -> NaiveDate {
        self.today + Days::new(60)
    }

    /// Chance that is the same each time: 64 bits for anything that has a number.
    pub fn chance(&self, of: Of, organiser: u32, number: u32) -> u64 {
        let place = u64::from(organiser) << 40 | (of as u64) << 32 | u64::from(number);
        // splitmix64
        let mut bits = place.wrapping_add(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }
}

impl Organiser {
    /// The id of one of its things: in the shape of a UUIDv7, and in the order in which they were entered.
    pub fn id(&self, of: Of, number: u32) -> Uuid {
        let entered = 0x0199_0000_0000_u128 + u128::from(number);
        let whose = u128::from(self.number) << 8 | of as u128;
        Uuid::from_u128(entered << 80 | 0x7_u128 << 76 | 0x8_u128 << 60 | whose)
    }

    /// Its own id.
    pub fn own_id(&self) -> Uuid {
        self.id(Of::Organiser, 0)
    }

    /// Its school units.
    pub fn units(&self) -> u32 {
        self.pupils.div_ceil(UNIT)
    }

    /// Its classes.
    pub fn classes(&self) -> u32 {
        self.pupils.div_ceil(CLASS)
    }

    /// Its offerings: each class in each subject.
    pub fn offerings(&self) -> u32 {
        self.classes() * SUBJECTS
    }

    /// Who teaches an offering.
    pub fn teacher_of(&self, offering: u32) -> u32 {
        offering % self.teachers.max(1)
    }

    /// What a teacher teaches.
    pub fn offerings_of(&self, teacher: u32) -> impl Iterator<Item = u32> + use<> {
        let teachers = usize::try_from(self.teachers.max(1)).unwrap_or(1);
        (teacher..self.offerings()).step_by(teachers)
    }

    /// The unit of a class.
    pub fn unit_of_class(&self, class: u32) -> u32 {
        class / (UNIT / CLASS)
    }

    /// Its participations.
    pub fn participations(&self) -> u32 {
        self.pupils * SUBJECTS
    }

    /// Who sits at a place in the classes. A class is together in the table of participations, where it was entered
    /// at once; its pupils are scattered over the table of persons, where they came one by one over the years.
    pub fn pupil_at(&self, place: u32) -> u32 {
        // A prime beyond any number of pupils has no divisor in common with it: every pupil sits somewhere.
        let scattered = u64::from(place) * 2_147_483_647 % u64::from(self.pupils.max(1));
        u32::try_from(scattered).unwrap_or_default()
    }

    /// Somebody who could be entered into an offering of the class beside their own: the pupil and the offering.
    pub fn newcomer(&self, place: u32) -> (Uuid, Uuid) {
        let class = (place / CLASS + 1) % self.classes().max(1);
        (self.id(Of::Pupil, self.pupil_at(place)), self.id(Of::Offering, class * SUBJECTS))
    }

    /// The number of a teacher's account; the registrar's is the first.
    pub fn account_of_teacher(&self, teacher: u32) -> u32 {
        1 + teacher
    }

    /// The e-mail address of the account that may see all of it.
    pub fn registrar(&self) -> String {
        format!("registrator.{}@exempel.se", self.number)
    }

    /// The e-mail address of a teacher's account.
    pub fn teacher_email(&self, number: u32) -> String {
        format!("larare.{}.{number}@exempel.se", self.number)
    }

    /// The pupils of a guardian's family.
    pub fn children_of(&self, guardian: u32) -> std::ops::Range<u32> {
        let first = guardian / 2 * 2;
        first..first + 2
    }

    /// The e-mail address of a guardian's account.
    pub fn guardian_email(&self, number: u32) -> String {
        format!("vardnadshavare.{}.{number}@exempel.se", self.number)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn plan(persons: u32, organisers: u32) -> Plan {
        Plan { seed: 1, persons, organisers, today: NaiveDate::from_ymd_opt(2026, 9, 1).unwrap() }
    }

    #[test]
    fn every_person_is_somebody_and_every_pupil_sits_in_one_place() {
        for (persons, organisers) in [(1_000, 1), (1_003, 7), (200_000, 290)] {
            let all: Vec<_> = plan(persons, organisers).organisers().collect();
            assert_eq!(all.iter().map(|one| one.teachers + one.guardians + one.pupils).sum::<u32>(), persons);
            for one in all {
                let seated: BTreeSet<u32> = (0..one.pupils).map(|place| one.pupil_at(place)).collect();
                assert_eq!(seated.len(), one.pupils as usize);
                // Two guardians for each family of two.
                assert!(one.guardians <= one.pupils);
            }
        }
    }

    #[test]
    fn ids_are_of_version_seven_and_differ() {
        let plan = plan(1_000, 2);
        let mut ids = BTreeSet::new();
        for organiser in plan.organisers() {
            for of in [Of::Pupil, Of::Guardian, Of::Role] {
                for number in 0..100 {
                    let id = organiser.id(of, number);
                    assert_eq!((id.get_version_num(), id.get_variant()), (7, uuid::Variant::RFC4122));
                    assert!(ids.insert(id));
                }
            }
        }
    }
}

//! The demonstration's register as values: the same every time it is made.

use chrono::{Days, NaiveDate};
use skolhus_domain::{
    code::{CodeEntry, CourseType, seed},
    course::{
        Course, NewCourse, NewOffering, NewOfferingTeacher, Offering, OfferingContext, OfferingTeacher,
    },
    duty::{Duty, NewDuty},
    enrolment::{Enrolment, NewEnrolment},
    group::{Group, GroupAssignment, Membership, NewGroup, NewGroupAssignment, NewMembership},
    id::{
        ClearingId, ContactBanId, ControllerId, CourseId, DutyId, EnrolmentId, GroupId, Id, MembershipId,
        OfferingId, OrganiserId, ParticipationId, PersonId, RelationId, SchoolUnitId, SiteId, TermId,
    },
    organisation::{
        Controller, DayOff, NewController, NewDayOff, NewOrganiser, NewSchoolUnit, NewSite, NewTerm,
        Organiser, SchoolUnit, Site, Term,
    },
    participation::{NewParticipation, Participation},
    period::Period,
    person::{
        ContactDraft, DataSource, EmailDraft, HeldAddressDraft, HeldIdentityNumberDraft, IdentityNumberKind,
        NameDraft, NewPerson, PersonDraft, PhoneDraft, ProtectionReport,
        relation::{Clearing, ContactBan, Relation},
    },
    refusal::Refusals,
};
use uuid::Uuid;

use super::{
    homes::homes,
    lessons::{self, Schedule},
    names::{FAMILY, GIVEN},
    primary_school::{self, Shared},
};

/// Participants of the demonstration.
pub const PARTICIPANTS: usize = 180;
/// Staff of the demonstration.
pub const STAFF: usize = 20;
/// The number of the participant whose identity is protected.
pub const PROTECTED: usize = 17;
/// How many of the participants, from the first one, are in the mentor group of the folk high school.
const MENTORED: usize = 16;
/// The number of the member of staff who is their mentor.
const MENTOR: usize = 4;

const PERSONNUMMER: &str = include_str!("personnummer.txt");

/// Ids that are the same in every demonstration, so that printed examples work.
pub(super) fn id<T: Id>(kind: u8, number: usize) -> T {
    let number = u128::try_from(number).unwrap_or_default();
    T::from_uuid(Uuid::from_u128(
        0x0199_a3f0_7c00_7000_8000_0000_0000_0000 | (u128::from(kind) << 32) | number,
    ))
}

/// The organiser.
#[must_use]
pub fn organiser_id() -> OrganiserId {
    id(1, 1)
}

/// The school unit.
#[must_use]
pub fn unit_id() -> SchoolUnitId {
    id(3, 1)
}

/// Who answers for personal data.
#[must_use]
pub fn controller_id() -> ControllerId {
    id(2, 1)
}

/// The enrolment of the protected participant.
#[must_use]
pub fn protected_enrolment_id() -> EnrolmentId {
    id(11, PROTECTED)
}

/// The participation of the protected participant.
#[must_use]
pub fn protected_participation_id() -> ParticipationId {
    id(12, PROTECTED)
}

/// The personnummer of the protected participant: an official test number.
#[must_use]
pub fn protected_number() -> &'static str {
    PERSONNUMMER.lines().nth(STAFF + PROTECTED).unwrap_or_default()
}

/// A member of staff, 0 to [`STAFF`] - 1. Number 0 is the principal, 1 and 2 are registrars, the rest teach.
#[must_use]
pub fn staff_id(number: usize) -> PersonId {
    id(6, number)
}

/// A participant, 0 to [`PARTICIPANTS`] - 1.
#[must_use]
pub fn participant_id(number: usize) -> PersonId {
    id(7, number)
}

/// Everything the demonstration holds.
pub struct DemoRegister {
    /// The organiser.
    pub organiser: (OrganiserId, Organiser),
    /// Who answers for personal data.
    pub controller: (ControllerId, Controller),
    /// The folk high school and the small school.
    pub units: Vec<(SchoolUnitId, SchoolUnit)>,
    /// Its sites.
    pub sites: Vec<(SiteId, Site)>,
    /// Autumn and spring.
    pub terms: Vec<(TermId, Term)>,
    /// Their days off.
    pub days_off: Vec<(skolhus_domain::id::DayOffId, DayOff)>,
    /// Staff and participants of the folk high school, then those of the small school.
    pub persons: Vec<NewPerson>,
    /// Where staff work.
    pub duties: Vec<(DutyId, Duty)>,
    /// The catalogue.
    pub courses: Vec<(CourseId, Course)>,
    /// The offerings.
    pub offerings: Vec<(OfferingId, Offering)>,
    /// Who teaches them.
    pub teachers: Vec<(OfferingId, OfferingTeacher)>,
    /// Participants and pupils at their units.
    pub enrolments: Vec<(EnrolmentId, Enrolment)>,
    /// Participants in offerings.
    pub participations: Vec<(ParticipationId, Participation)>,
    /// Classes and teaching groups.
    pub groups: Vec<(GroupId, Group)>,
    /// The mentors of the classes.
    pub mentors: Vec<(GroupId, GroupAssignment)>,
    /// Who is in which group.
    pub memberships: Vec<(MembershipId, Membership)>,
    /// Which group takes part in which offering, and when.
    pub drivers: Vec<(OfferingId, GroupId, Period)>,
    /// Rooms, patterns and lessons.
    pub schedule: Schedule,
    /// Guardians and others.
    pub relations: Vec<(RelationId, Relation)>,
    /// Who may not reach whom.
    pub bans: Vec<(ContactBanId, ContactBan)>,
    /// Who may know of whom.
    pub clearings: Vec<(ClearingId, Clearing)>,
}

/// One offering of the demonstration, in short.
struct Kind {
    course: usize,
    title: &'static str,
    course_type: &'static str,
    number: &'static str,
    form: &'static str,
    pace: i32,
    capacity: u32,
    participants: usize,
    both_terms: bool,
    days: Option<(NaiveDate, NaiveDate)>,
    course_days: u32,
    meeting_days: Option<u32>,
    site: usize,
}

pub(super) fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or(NaiveDate::MIN)
}

pub(super) fn autumn() -> (NaiveDate, NaiveDate) {
    (day(2026, 8, 17), day(2026, 12, 18))
}

pub(super) fn spring() -> (NaiveDate, NaiveDate) {
    (day(2027, 1, 11), day(2027, 6, 4))
}

fn kinds() -> Vec<Kind> {
    let allmän = |title, number, pace, capacity, participants| Kind {
        course: 0,
        title,
        course_type: "1",
        number,
        form: "on-site",
        pace,
        capacity,
        participants,
        both_terms: true,
        days: None,
        course_days: 190,
        meeting_days: None,
        site: 0,
    };
    vec![
        allmän("Allmän kurs heltid 2026/27", "11", 100, 48, 40),
        allmän("Allmän kurs 75 % 2026/27", "12", 75, 30, 25),
        allmän("Allmän kurs halvfart 2026/27", "13", 50, 24, 20),
        Kind {
            course: 1,
            title: "Skrivarlinjen 2026/27",
            course_type: "2",
            number: "21",
            form: "on-site",
            pace: 100,
            capacity: 30,
            participants: 30,
            both_terms: true,
            days: None,
            course_days: 190,
            meeting_days: None,
            site: 0,
        },
        Kind {
            course: 2,
            title: "Musiklinjen hösten 2026",
            course_type: "2",
            number: "22",
            form: "on-site",
            pace: 100,
            capacity: 28,
            participants: 25,
            both_terms: false,
            days: None,
            course_days: 88,
            meeting_days: None,
            site: 1,
        },
        Kind {
            course: 3,
            title: "Vävning, helgkurs i september",
            course_type: "3",
            number: "31",
            form: "on-site",
            pace: 100,
            capacity: 20,
            participants: 20,
            both_terms: false,
            days: Some((day(2026, 9, 18), day(2026, 9, 20))),
            course_days: 3,
            meeting_days: None,
            site: 1,
        },
        Kind {
            course: 4,
            title: "Släktforskning på distans hösten 2026",
            course_type: "2",
            number: "23",
            form: "distance",
            pace: 25,
            capacity: 40,
            participants: 20,
            both_terms: false,
            days: None,
            course_days: 88,
            meeting_days: Some(2),
            site: 0,
        },
    ]
}

const COURSES: &[(&str, &str)] = &[
    ("AK", "Allmän kurs"),
    ("SKR", "Skrivarlinjen"),
    ("MUS", "Musiklinjen"),
    ("VÄV", "Vävning"),
    ("SLÄ", "Släktforskning"),
];

/// Makes the register.
///
/// # Errors
/// What a rule of the domain refuses, which is a mistake in these figures.
pub fn register() -> Result<DemoRegister, Refusals> {
    let types = seed::school_types()?;
    let unit_codes = seed::school_unit_code_kinds()?;
    let course_types = seed::course_types()?;
    let funding = seed::funding_sources()?;
    let (organiser, controller, unit) = (organiser_id(), controller_id(), unit_id());

    let school = NewSchoolUnit {
        name: "Väggarps folkhögskola",
        school_types: vec!["FHS"],
        controller,
        codes: vec![],
        valid: (day(1998, 7, 1), None),
        active: true,
    };
    let sites = [("Väggarp", "1282"), ("Åkerö kursgård", "1480")];
    let sites: Vec<(SiteId, Site)> = sites
        .iter()
        .enumerate()
        .map(|(number, (name, municipality_code))| {
            let site = NewSite {
                school_unit: unit,
                name,
                municipality_code,
                address: None,
                valid: (day(1998, 7, 1), None),
            };
            Ok((id(4, number), site.validate()?))
        })
        .collect::<Result<_, Refusals>>()?;
    let terms: Vec<(TermId, Term)> =
        [("autumn", "Höstterminen 2026", autumn()), ("spring", "Vårterminen 2027", spring())]
            .into_iter()
            .enumerate()
            .map(|(number, (kind, name, (first_day, last_day)))| {
                let term = NewTerm { school_unit: None, kind, first_day, last_day, name };
                Ok((id(5, number), term.validate()?))
            })
            .collect::<Result<_, Refusals>>()?;
    let mut persons = persons(organiser, unit)?;
    let mut duties = duties(unit)?;
    let mut courses = COURSES
        .iter()
        .enumerate()
        .map(|(number, (code, title))| {
            let course = NewCourse {
                code,
                title,
                subject_code: None,
                kind: "course",
                points: None,
                valid: (day(2020, 1, 1), None),
            };
            Ok((id(9, number), course.validate()?))
        })
        .collect::<Result<Vec<_>, Refusals>>()?;
    let mut offerings = offerings(unit, &courses, &terms, &sites, &course_types)?;
    let mut teachers = teachers(&offerings, &duties)?;
    let (mut enrolments, mut participations) = participants(unit, &types, &offerings, &funding)?;
    let mut circle = mentor_group(unit, &types, &duties)?;
    let small = primary_school::school(&Shared {
        organiser,
        controller,
        terms: &terms,
        school_types: &types,
        unit_codes: &unit_codes,
        course_types: &course_types,
        funding: &funding,
    })?;
    persons.extend(small.persons);
    duties.extend(small.duties);
    courses.extend(small.courses);
    offerings.extend(small.offerings);
    teachers.extend(small.teachers);
    enrolments.extend(small.enrolments);
    participations.extend(small.participations);
    circle.groups.extend(small.groups);
    circle.mentors.extend(small.mentors);
    circle.memberships.extend(small.memberships);

    let days_off = days_off(&terms)?;
    let schedule = lessons::schedule([unit, small.unit.0], &offerings, &lessons::days(&days_off))?;

    Ok(DemoRegister {
        organiser: (
            organiser,
            NewOrganiser { name: "Väggarps folkhögskoleförening", organisation_number: None }.validate()?,
        ),
        controller: (
            controller,
            NewController { name: "Väggarps folkhögskoleförening", kind: "private" }.validate()?,
        ),
        units: vec![(unit, school.validate(&types, &unit_codes)?), small.unit],
        days_off,
        schedule,
        sites,
        terms,
        persons,
        duties,
        courses,
        offerings,
        teachers,
        enrolments,
        participations,
        groups: circle.groups,
        mentors: circle.mentors,
        memberships: circle.memberships,
        drivers: small.drivers,
        relations: small.relations,
        bans: small.bans,
        clearings: small.clearings,
    })
}

fn days_off(terms: &[(TermId, Term)]) -> Result<Vec<(skolhus_domain::id::DayOffId, DayOff)>, Refusals> {
    let planned = [
        (0, "study-day", "Studiedag", day(2026, 9, 25), day(2026, 9, 25)),
        (0, "holiday", "Höstlov", day(2026, 10, 26), day(2026, 10, 30)),
        (1, "holiday", "Sportlov", day(2027, 2, 22), day(2027, 2, 26)),
        (1, "holiday", "Påsklov", day(2027, 3, 26), day(2027, 4, 2)),
    ];
    let mut days_off = Vec::new();
    for (number, (term, kind, name, first_day, last_day)) in planned.into_iter().enumerate() {
        if let Some((term_id, term)) = terms.get(term) {
            let new = NewDayOff { term: *term_id, kind, first_day, last_day, name };
            days_off.push((id(14, number), new.validate(term)?));
        }
    }
    Ok(days_off)
}

/// Given and family name.
fn name(number: usize) -> (&'static str, &'static str) {
    // 40 and 40 names, paired so that no two of the 200 people are called the same.
    let given = GIVEN.get(number % GIVEN.len()).copied().unwrap_or_default();
    let family = FAMILY.get((number * 7 + number / GIVEN.len()) % FAMILY.len()).copied().unwrap_or_default();
    (given, family)
}

fn persons(organiser: OrganiserId, unit: SchoolUnitId) -> Result<Vec<NewPerson>, Refusals> {
    PERSONNUMMER
        .lines()
        .take(STAFF + PARTICIPANTS)
        .enumerate()
        .map(|(number, personnummer)| {
            let (person, protected) = match number.checked_sub(STAFF) {
                None => (staff_id(number), false),
                Some(number) => (participant_id(number), number == PROTECTED),
            };
            let (given, family) = name(number);
            invented_person(
                organiser,
                unit,
                Invented { person, given, family, personnummer, protected, number, homes: homes(number) },
            )
        })
        .collect()
}

/// Somebody of the demonstration, in short.
pub(super) struct Invented {
    pub(super) person: PersonId,
    pub(super) given: &'static str,
    pub(super) family: &'static str,
    /// An official test number.
    pub(super) personnummer: &'static str,
    pub(super) protected: bool,
    /// Makes the e-mail address, and the end of the phone number.
    pub(super) number: usize,
    /// Where they live, and have lived.
    pub(super) homes: Vec<HeldAddressDraft>,
}

pub(super) fn invented_person(
    organiser: OrganiserId,
    unit: SchoolUnitId,
    invented: Invented,
) -> Result<NewPerson, Refusals> {
    let Invented { person, given, family, personnummer, protected, number, homes } = invented;
    let registered = day(2026, 8, 3);
    let draft = PersonDraft {
        name: NameDraft {
            given: given.to_owned(),
            middle: None,
            family: family.to_owned(),
            preferred_given: None,
        },
        birth_date: None,
        sex: None,
        identity_numbers: vec![HeldIdentityNumberDraft {
            kind: Some(IdentityNumberKind::Personnummer),
            value: personnummer.to_owned(),
            from: registered,
            to: None,
            source: DataSource::Staff,
            coordination: None,
            issued_by: None,
        }],
        contact: ContactDraft {
            emails: vec![EmailDraft::of(&format!("person{number}@exempel.se"), DataSource::Person)],
            phones: vec![PhoneDraft::of(&format!("070-174 06 {:02}", number % 100), DataSource::Person)],
        },
        addresses: homes,
        protection: ProtectionReport::read(Some(if protected { "Sekretessmarkering" } else { "Ingen" })),
        external_identifiers: Vec::new(),
        registered_at: Some(unit),
    };
    NewPerson::new(person, organiser, &draft, registered)
}

fn duties(unit: SchoolUnitId) -> Result<Vec<(DutyId, Duty)>, Refusals> {
    (0..STAFF)
        .map(|number| {
            let role = match number {
                0 => "principal",
                1 | 2 => "registrar",
                3 => "counsellor",
                _ => "teacher",
            };
            let signature = format!("VÄ{number:02}");
            let duty = NewDuty {
                person: staff_id(number),
                school_unit: unit,
                role,
                signature: Some(&signature),
                period: (day(2026, 8, 3), None),
            };
            Ok((id(8, number), duty.validate()?))
        })
        .collect()
}

fn offerings(
    unit: SchoolUnitId,
    courses: &[(CourseId, Course)],
    terms: &[(TermId, Term)],
    sites: &[(SiteId, Site)],
    course_types: &[CourseType],
) -> Result<Vec<(OfferingId, Offering)>, Refusals> {
    let mut offerings = Vec::new();
    for (number, kind) in kinds().into_iter().enumerate() {
        let (Some((course_id, course)), Some((site_id, site))) =
            (courses.get(kind.course), sites.get(kind.site))
        else {
            continue;
        };
        let covered = if kind.both_terms { terms } else { terms.get(..1).unwrap_or_default() };
        let (first_day, last_day) = kind.days.unwrap_or(match kind.both_terms {
            true => (autumn().0, spring().1),
            false => autumn(),
        });
        let mut course_numbers =
            std::collections::BTreeMap::from([("2026ht".to_owned(), kind.number.to_owned())]);
        if kind.both_terms {
            course_numbers.insert("2027vt".to_owned(), kind.number.to_owned());
        }
        let new = NewOffering {
            course: *course_id,
            school_unit: unit,
            title: kind.title,
            terms: covered.iter().map(|(term, _)| *term).collect(),
            first_day,
            last_day,
            course_type: Some(kind.course_type),
            course_numbers,
            form: kind.form,
            pace_percent: kind.pace,
            planned_hours: None,
            course_days: Some(kind.course_days),
            meeting_days: kind.meeting_days,
            site: Some(*site_id),
            capacity: Some(kind.capacity),
            part_of: None,
        };
        let context = OfferingContext { course, terms: covered, course_types, site: Some(site), outer: None };
        offerings.push((id(10, number), new.validate(&context)?));
    }
    Ok(offerings)
}

fn teachers(
    offerings: &[(OfferingId, Offering)],
    duties: &[(DutyId, Duty)],
) -> Result<Vec<(OfferingId, OfferingTeacher)>, Refusals> {
    let mut teachers = Vec::new();
    let teaching = duties.get(4..).unwrap_or_default();
    for (number, (offering_id, offering)) in offerings.iter().enumerate() {
        for (place, role) in [(number * 2, "responsible"), (number * 2 + 1, "teacher")] {
            if let Some((duty_id, duty)) = teaching.get(place % teaching.len().max(1)) {
                let new = NewOfferingTeacher {
                    duty: *duty_id,
                    period: (offering.period.from(), offering.period.to()),
                    role,
                };
                teachers.push((*offering_id, new.validate(offering, duty)?));
            }
        }
    }
    Ok(teachers)
}

/// A group of the folk high school with whom it is of.
struct Circle {
    groups: Vec<(GroupId, Group)>,
    mentors: Vec<(GroupId, GroupAssignment)>,
    memberships: Vec<(MembershipId, Membership)>,
}

/// Those who begin the whole-time allmän kurs, with their mentor.
fn mentor_group(
    unit: SchoolUnitId,
    school_types: &[CodeEntry],
    duties: &[(DutyId, Duty)],
) -> Result<Circle, Refusals> {
    let period = (autumn().0, Some(spring().1));
    let new = NewGroup {
        school_unit: unit,
        kind: "mentor",
        name: "Mentorsgrupp Åsen",
        school_type: Some("FHS"),
        school_year: None,
        period,
    };
    let group = new.validate(school_types, &[skolhus_domain::code::Code::new("FHS")?])?;
    let group_id = id(18, 100);
    let mentors = duties
        .get(MENTOR)
        .map(|(duty_id, duty)| {
            let new = NewGroupAssignment { duty: *duty_id, role: "mentor", period };
            Ok::<_, Refusals>((group_id, new.validate(&group, duty)?))
        })
        .transpose()?;
    let memberships = (0..MENTORED)
        .map(|number| {
            let new = NewMembership { person: participant_id(number), group: group_id, period };
            Ok((id(19, 1_000 + number), new.validate(&group)?))
        })
        .collect::<Result<_, Refusals>>()?;
    Ok(Circle { groups: vec![(group_id, group)], mentors: mentors.into_iter().collect(), memberships })
}

type Placed = (Vec<(EnrolmentId, Enrolment)>, Vec<(ParticipationId, Participation)>);

fn participants(
    unit: SchoolUnitId,
    school_types: &[CodeEntry],
    offerings: &[(OfferingId, Offering)],
    funding: &[CodeEntry],
) -> Result<Placed, Refusals> {
    let mut enrolments = Vec::new();
    let mut participations = Vec::new();
    let mut number = 0;
    let of_the_unit = [skolhus_domain::code::Code::new("FHS")?];
    for (kind, (offering_id, offering)) in kinds().iter().zip(offerings) {
        for _ in 0..kind.participants {
            let person = participant_id(number);
            let period = (offering.period.from(), offering.period.to());
            let enrolment = NewEnrolment {
                person,
                school_unit: unit,
                school_type: "FHS",
                school_year: None,
                programme: None,
                period,
            };
            enrolments.push((id(11, number), enrolment.validate(school_types, &of_the_unit)?));
            let new = NewParticipation {
                person,
                offering: *offering_id,
                period,
                pace_percent: None,
                funding: Some("state-grant"),
            };
            let planned = new.validate(offering, funding, std::iter::empty())?;
            participations.push((id(12, number), lived(planned, number, offering)?));
            number += 1;
        }
    }
    Ok((enrolments, participations))
}

/// Most have started; a few are on a study break, have interrupted, or never came.
fn lived(planned: Participation, number: usize, offering: &Offering) -> Result<Participation, Refusals> {
    let first = offering.period.from();
    let is_short = offering.period.to().is_some_and(|last| last < first + Days::new(30));
    Ok(match number % 30 {
        _ if is_short => planned.start(first)?,
        7 => planned.cancel(first, "Kom inte till kursstarten")?,
        13 => planned.start(first)?.interrupt(first + Days::new(40), "Fick arbete")?,
        19 => planned.start(first)?.take_study_break(first + Days::new(35), Some(first + Days::new(63)))?,
        _ => planned.start(first)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_demonstration_has_its_people_courses_and_terms() {
        let register = register().unwrap();
        let school_of = |unit: SchoolUnitId| {
            let people = register.enrolments.iter().filter(|(_, of)| of.school_unit == unit).count();
            let offerings = register.offerings.iter().filter(|(_, of)| of.school_unit == unit).count();
            (people, offerings)
        };
        assert_eq!(
            register.units.iter().map(|(unit, _)| school_of(*unit)).collect::<Vec<_>>(),
            [(PARTICIPANTS, 7), (30, 10)]
        );
        assert_eq!((register.terms.len(), register.participations.len()), (2, PARTICIPANTS + 1));
        assert_eq!((register.teachers.len(), register.groups.len(), register.mentors.len()), (24, 6, 4));
        let protected =
            register.persons.iter().filter(|person| person.facts().protection.is_protected()).count();
        assert_eq!(protected, 2);
    }

    #[test]
    fn everybody_in_the_class_that_is_split_reads_mathematics_in_one_half() {
        let register = register().unwrap();
        let members = |group: usize| -> BTreeSet<PersonId> {
            // The first group is the folk high school's.
            let group = register.groups[group + 1].0;
            register.memberships.iter().filter(|(_, of)| of.group == group).map(|(_, of)| of.person).collect()
        };
        let (class, one, two) = (members(2), members(3), members(4));
        assert!(one.is_disjoint(&two));
        assert_eq!(one.union(&two).copied().collect::<BTreeSet<_>>(), class);
        assert_eq!((one.len(), two.len()), (5, 5));
    }

    #[test]
    fn the_families_are_as_they_are_told_of() {
        use skolhus_domain::person::relation::{
            Between,
            RelationKind::{AdultGodMan, ChildGodMan, FosterHome, Guardian},
            RightSet,
        };
        let register = register().unwrap();
        let count = |kind| register.relations.iter().filter(|(_, relation)| relation.kind == kind).count();
        assert_eq!((count(Guardian), count(ChildGodMan), count(FosterHome)), (51, 1, 2));
        assert_eq!(count(AdultGodMan), 1);
        let barred = register.bans[0].1.against_person().unwrap();
        assert!(register.relations.iter().all(|(_, relation)| relation.relative != barred));

        let called = |person: &&NewPerson| {
            let name = &person.facts().name;
            (name.given().as_str(), name.family().as_str()) == ("Tuva", "Öberg")
        };
        let tuva = register.persons.iter().find(called).unwrap();
        let of_tuva = register.relations.iter().filter(|(_, relation)| relation.person == tuva.id());
        let between = Between {
            birth_date: tuva.facts().birth_date,
            relations: of_tuva.map(|(_, relation)| relation.clone()).collect(),
            bans: Vec::new(),
        };
        assert_eq!(between.rights_on(day(2026, 8, 9)), RightSet::ALL);
        assert_eq!(between.rights_on(day(2026, 8, 10)), RightSet::NONE);
    }

    #[test]
    fn no_two_people_share_a_name_or_a_number() {
        let register = register().unwrap();
        let names: BTreeSet<String> =
            register.persons.iter().map(|person| person.facts().name.sort_key()).collect();
        assert_eq!(names.len(), register.persons.len());
    }
}

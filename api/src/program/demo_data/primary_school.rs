//! The demonstration's small school: classes, split groups, and families as they are.
//!
//! Märta and Jörgen share the custody of Alva and Hugo from two homes; Siv has the sole custody of Nils, whose
//! father is barred; Idris came alone and has a god man; Elsa lives in a foster home; Ängla's identity is protected, and her
//! mother is cleared to know;
//! Tuva has turned 18 and studies in the adult education. The other families live together.

use chrono::NaiveDate;
use skolhus_domain::{
    code::{Code, CodeEntry, CourseType},
    course::{
        Course, NewCourse, NewOffering, NewOfferingTeacher, Offering, OfferingContext, OfferingTeacher,
    },
    duty::{Duty, NewDuty},
    enrolment::{Enrolment, NewEnrolment},
    group::{Group, GroupAssignment, Membership, NewGroup, NewGroupAssignment, NewMembership},
    id::{
        ClearingId, ContactBanId, CourseId, DutyId, EnrolmentId, GroupId, MembershipId, OfferingId,
        OrganiserId, ParticipationId, PersonId, RelationId, SchoolUnitId, TermId,
    },
    organisation::{NewSchoolUnit, SchoolUnit, Term},
    participation::{NewParticipation, Participation},
    period::Period,
    person::{
        DataSource, NewPerson,
        relation::{
            Against, BanKind, Clearing, ContactBan, NewRelation, Relation, RelationKind, Right, RightSet,
            SecondPerson,
        },
    },
    refusal::Refusals,
    text::Text,
};

use super::homes::family_home;
use super::plan::{Invented, autumn, day, id, invented_person, participant_id, spring};

/// The classes, by place in [`CLASSES`]; whoever is beyond them is in the adult education.
const FIRST: usize = 0;
const FOURTH: usize = 1;
const SEVENTH: usize = 2;
const ADULT: usize = 3;

/// Name and year of each class.
const CLASSES: [(&str, u8); 3] = [("1A", 1), ("4B", 4), ("7B", 7)];

/// Given name, family name, personnummer.
type Named = (&'static str, &'static str, &'static str);

struct Family {
    adults: &'static [Named],
    /// And the class.
    children: &'static [(&'static str, &'static str, &'static str, usize)],
}

/// The first six are told of above, in that order.
const FAMILIES: &[Family] = &[
    Family {
        adults: &[("Märta", "Lindqvist", "198406092380"), ("Jörgen", "Ek", "198103172394")],
        children: &[
            ("Alva", "Lindqvist", "201307222388", SEVENTH),
            ("Hugo", "Lindqvist", "201611282391", FOURTH),
        ],
    },
    Family {
        adults: &[("Siv", "Hägglund", "198801252381"), ("Bengt", "Ståhl", "198502062394")],
        children: &[("Nils", "Hägglund", "201610012393", FOURTH)],
    },
    Family {
        adults: &[("Lovisa", "Nordén", "197902182380")],
        children: &[("Idris", "Haddad", "201307072395", SEVENTH)],
    },
    Family {
        adults: &[("Leyla", "Rönn", "199010302389")],
        children: &[("Ängla", "Rönn", "201601302381", FOURTH)],
    },
    Family {
        adults: &[("Gunvor", "Wik", "197709152388"), ("Åke", "Wik", "197604152392")],
        children: &[("Elsa", "Sandström", "201901202380", FIRST)],
    },
    Family {
        adults: &[("Göran", "Öberg", "198002132390")],
        children: &[("Tuva", "Öberg", "200808102388", ADULT)],
    },
    Family {
        adults: &[("Ingrid", "Sjöström", "198507302381"), ("Pär", "Sjöström", "198302042398")],
        children: &[
            ("Vera", "Sjöström", "201905062384", FIRST),
            ("Ville", "Sjöström", "201602162396", FOURTH),
            ("Maja", "Sjöström", "201310112386", SEVENTH),
        ],
    },
    Family {
        adults: &[("Karin", "Bäckman", "198608022383"), ("Håkan", "Bäckman", "198401302396")],
        children: &[
            ("Sixten", "Bäckman", "201910162393", FIRST),
            ("Signe", "Bäckman", "201303052383", SEVENTH),
        ],
    },
    Family {
        adults: &[("Zeynep", "Yıldız", "198904252387"), ("Emre", "Yıldız", "198711242399")],
        children: &[("Elif", "Yıldız", "201911222386", FIRST), ("Deniz", "Yıldız", "201610292391", FOURTH)],
    },
    Family {
        adults: &[("Åsa", "Törnqvist", "198201312389"), ("Sofia", "Ahlén", "198410162385")],
        children: &[
            ("Love", "Ahlén Törnqvist", "201910282399", FIRST),
            ("Tyra", "Ahlén Törnqvist", "201307252385", SEVENTH),
        ],
    },
    Family {
        adults: &[("Anna", "Grönwall", "198301252386")],
        children: &[
            ("Malte", "Grönwall", "201604242394", FOURTH),
            ("Ester", "Grönwall", "201301242382", SEVENTH),
        ],
    },
    Family {
        adults: &[("Linh", "Nguyễn", "198810162381"), ("Minh", "Nguyễn", "198503092390")],
        children: &[
            ("Kim", "Nguyễn", "201905292395", FIRST),
            ("Mai", "Nguyễn", "201608052385", FOURTH),
            ("Bao", "Nguyễn", "201303152399", SEVENTH),
        ],
    },
    Family {
        adults: &[("Katri", "Mäkinen", "198710072383"), ("Juhani", "Mäkinen", "198202282391")],
        children: &[("Aino", "Mäkinen", "201910252384", FIRST), ("Eino", "Mäkinen", "201306082395", SEVENTH)],
    },
    Family {
        adults: &[("Ylva", "Fältskog", "199010182385"), ("Östen", "Fältskog", "198612062391")],
        children: &[
            ("Stig", "Fältskog", "201904032396", FIRST),
            ("Freja", "Fältskog", "201602252387", FOURTH),
        ],
    },
    Family {
        adults: &[("Ulla", "Dahlström", "198110172387"), ("Mårten", "Dahlström", "197910142392")],
        children: &[
            ("Tage", "Dahlström", "201612022390", FOURTH),
            ("Rut", "Dahlström", "201304092388", SEVENTH),
        ],
    },
    Family {
        adults: &[("Hanna", "Källström", "198507062381"), ("Rasmus", "Källström", "198302192391")],
        children: &[
            ("Bo", "Källström", "201910122397", FIRST),
            ("Ellen", "Källström", "201602052381", FOURTH),
            ("Gustav", "Källström", "201310192396", SEVENTH),
        ],
    },
];

/// The families of whom more is to be told than that their guardians are registered.
const SHARED: usize = 0;
const SOLE: usize = 1;
const ALONE: usize = 2;
const PROTECTED: usize = 3;
const FOSTER: usize = 4;
const GROWN: usize = 5;

/// The principal, then those who teach; the first three of these are the mentors of the classes.
const STAFF: &[Named] = &[
    ("Birgitta", "Åkerlund", "197802012380"),
    ("Eva", "Näslund", "197904152381"),
    ("Mats", "Löfgren", "198011032391"),
    ("Kerstin", "Tjäder", "198412072384"),
    ("Samir", "Holmér", "198809142394"),
    ("Johan", "Gårdh", "199110042398"),
];

const SUBJECTS: &[(&str, &str)] =
    &[("SV", "Svenska"), ("MA", "Matematik"), ("EN", "Engelska"), ("IDH", "Idrott och hälsa")];

/// Title, place of the subject, group (by place: the classes, then the two halves of 7B), teacher (by place in
/// [`STAFF`]), hours planned in the school year.
const LESSONS_OF: &[(&str, usize, usize, usize, u32)] = &[
    ("Svenska 1A", 0, 0, 1, 230),
    ("Matematik 1A", 1, 0, 1, 140),
    ("Svenska 4B", 0, 1, 2, 180),
    ("Matematik 4B", 1, 1, 4, 140),
    ("Svenska 7B", 0, 2, 3, 100),
    ("Matematik 7B, grupp 1", 1, 3, 4, 130),
    ("Matematik 7B, grupp 2", 1, 4, 5, 130),
    ("Engelska 7B", 2, 2, 3, 70),
    ("Idrott och hälsa 7B", 3, 2, 5, 90),
];

/// Everything the school holds.
pub(super) struct PrimarySchool {
    pub(super) unit: (SchoolUnitId, SchoolUnit),
    pub(super) persons: Vec<NewPerson>,
    pub(super) duties: Vec<(DutyId, Duty)>,
    pub(super) courses: Vec<(CourseId, Course)>,
    pub(super) offerings: Vec<(OfferingId, Offering)>,
    pub(super) teachers: Vec<(OfferingId, OfferingTeacher)>,
    pub(super) enrolments: Vec<(EnrolmentId, Enrolment)>,
    /// Of the adult education; in the others take part those who belong to their groups.
    pub(super) participations: Vec<(ParticipationId, Participation)>,
    pub(super) groups: Vec<(GroupId, Group)>,
    pub(super) mentors: Vec<(GroupId, GroupAssignment)>,
    pub(super) memberships: Vec<(MembershipId, Membership)>,
    /// Which group takes part in which offering.
    pub(super) drivers: Vec<(OfferingId, GroupId, Period)>,
    pub(super) relations: Vec<(RelationId, Relation)>,
    pub(super) bans: Vec<(ContactBanId, ContactBan)>,
    pub(super) clearings: Vec<(ClearingId, Clearing)>,
}

/// What the school shares with the folk high school.
pub(super) struct Shared<'a> {
    pub(super) organiser: OrganiserId,
    pub(super) controller: skolhus_domain::id::ControllerId,
    pub(super) terms: &'a [(TermId, Term)],
    pub(super) school_types: &'a [CodeEntry],
    pub(super) unit_codes: &'a [CodeEntry],
    pub(super) course_types: &'a [CourseType],
    pub(super) funding: &'a [CodeEntry],
}

fn unit_id() -> SchoolUnitId {
    id(3, 2)
}

/// An adult, by family and place in it.
pub(super) fn adult_id(family: usize, place: usize) -> PersonId {
    id(16, family * 10 + place)
}

fn child_id(family: usize, place: usize) -> PersonId {
    id(15, family * 10 + place)
}

fn staff_id(place: usize) -> PersonId {
    id(17, place)
}

/// Every child with family, place in it and class.
fn children() -> impl Iterator<Item = (usize, usize, Named, usize)> {
    FAMILIES.iter().enumerate().flat_map(|(family, of)| {
        of.children.iter().enumerate().map(move |(place, (given, last, number, class))| {
            (family, place, (*given, *last, *number), *class)
        })
    })
}

/// Makes the school.
///
/// # Errors
/// What a rule of the domain refuses, which is a mistake in these figures.
pub(super) fn school(shared: &Shared<'_>) -> Result<PrimarySchool, Refusals> {
    let new = NewSchoolUnit {
        name: "Väggarps skola",
        school_types: vec!["GR", "VUX"],
        controller: shared.controller,
        codes: vec![],
        valid: (day(2004, 7, 1), None),
        active: true,
    };
    let unit = (unit_id(), new.validate(shared.school_types, shared.unit_codes)?);
    let duties = duties()?;
    let courses = courses()?;
    let offerings = offerings(shared, &courses)?;
    let groups = groups(shared.school_types)?;
    let drivers = LESSONS_OF
        .iter()
        .zip(&offerings)
        .filter_map(|((.., group, _, _), (offering, of))| {
            groups.get(*group).map(|(group, _)| (*offering, *group, of.period))
        })
        .collect();
    Ok(PrimarySchool {
        unit,
        persons: persons(shared.organiser)?,
        teachers: teachers(&offerings, &duties)?,
        enrolments: enrolments(shared.school_types)?,
        participations: adult_education(&offerings, shared.funding)?,
        mentors: mentors(&groups, &duties)?,
        memberships: memberships(&groups)?,
        relations: relations()?,
        bans: bans()?,
        clearings: clearings()?,
        duties,
        courses,
        offerings,
        groups,
        drivers,
    })
}

fn persons(organiser: OrganiserId) -> Result<Vec<NewPerson>, Refusals> {
    let staff = STAFF.iter().enumerate().map(|(place, named)| (staff_id(place), *named, false, 400 + place));
    let adults = FAMILIES.iter().enumerate().flat_map(|(family, of)| {
        of.adults
            .iter()
            .enumerate()
            .map(move |(place, named)| (adult_id(family, place), *named, false, home_of_adult(family, place)))
    });
    let children = children().map(|(family, place, named, _)| {
        (child_id(family, place), named, family == PROTECTED, home_of_adult(family, 0))
    });
    staff
        .chain(adults)
        .chain(children)
        .enumerate()
        .map(|(number, (person, (given, family, personnummer), protected, home))| {
            invented_person(
                organiser,
                unit_id(),
                Invented {
                    person,
                    given,
                    family,
                    personnummer,
                    protected,
                    number: 300 + number,
                    homes: vec![family_home(home)],
                },
            )
        })
        .collect()
}

/// The number of the home in which an adult lives: in every third family the second one lives apart.
fn home_of_adult(family: usize, place: usize) -> usize {
    if place > 0 && family.is_multiple_of(3) { 600 + family } else { 500 + family }
}

fn duties() -> Result<Vec<(DutyId, Duty)>, Refusals> {
    (0..STAFF.len())
        .map(|place| {
            let signature = format!("VS{place:02}");
            let duty = NewDuty {
                person: staff_id(place),
                school_unit: unit_id(),
                role: if place == 0 { "principal" } else { "teacher" },
                signature: Some(&signature),
                period: (day(2026, 8, 3), None),
            };
            Ok((id(8, 100 + place), duty.validate()?))
        })
        .collect()
}

fn courses() -> Result<Vec<(CourseId, Course)>, Refusals> {
    SUBJECTS
        .iter()
        .enumerate()
        .map(|(number, (code, title))| {
            let course = NewCourse {
                code,
                title,
                subject_code: None,
                kind: "subject",
                points: None,
                valid: (day(2020, 1, 1), None),
            };
            Ok((id(9, 100 + number), course.validate()?))
        })
        .collect()
}

/// One of each of [`LESSONS_OF`], then that of the adult education.
fn offerings(
    shared: &Shared<'_>,
    courses: &[(CourseId, Course)],
) -> Result<Vec<(OfferingId, Offering)>, Refusals> {
    let of_classes = LESSONS_OF.iter().map(|(title, subject, _, _, hours)| (*title, *subject, *hours));
    of_classes
        .chain([("Engelska, grundläggande nivå", 2, 200)])
        .enumerate()
        .filter_map(|(number, of)| courses.get(of.1).map(|course| (number, of, course)))
        .map(|(number, (title, _, hours), (course_id, course))| {
            let new = NewOffering {
                course: *course_id,
                school_unit: unit_id(),
                title,
                terms: shared.terms.iter().map(|(term, _)| *term).collect(),
                first_day: autumn().0,
                last_day: spring().1,
                course_type: None,
                course_numbers: std::collections::BTreeMap::new(),
                form: "on-site",
                pace_percent: 100,
                planned_hours: Some(hours.into()),
                course_days: None,
                meeting_days: None,
                site: None,
                capacity: None,
                part_of: None,
            };
            let context = OfferingContext {
                course,
                terms: shared.terms,
                course_types: shared.course_types,
                site: None,
                outer: None,
            };
            Ok((id(10, 100 + number), new.validate(&context)?))
        })
        .collect()
}

fn teachers(
    offerings: &[(OfferingId, Offering)],
    duties: &[(DutyId, Duty)],
) -> Result<Vec<(OfferingId, OfferingTeacher)>, Refusals> {
    let places = LESSONS_OF.iter().map(|(.., teacher, _)| *teacher).chain([3]);
    places
        .zip(offerings)
        .filter_map(|(place, offering)| Some((duties.get(place)?, offering)))
        .map(|((duty_id, duty), (offering_id, offering))| {
            let new = NewOfferingTeacher {
                duty: *duty_id,
                period: (offering.period.from(), offering.period.to()),
                role: "responsible",
            };
            Ok((*offering_id, new.validate(offering, duty)?))
        })
        .collect()
}

/// The classes, then the halves of 7B that read mathematics by themselves.
fn groups(school_types: &[CodeEntry]) -> Result<Vec<(GroupId, Group)>, Refusals> {
    let compulsory = Code::new("GR")?;
    let classes = CLASSES.iter().map(|(name, year)| (*name, "class", Some(*year)));
    classes
        .chain([("7B matematik 1", "teaching", None), ("7B matematik 2", "teaching", None)])
        .enumerate()
        .map(|(number, (name, kind, school_year))| {
            let new = NewGroup {
                school_unit: unit_id(),
                kind,
                name,
                school_type: Some("GR"),
                school_year,
                period: (autumn().0, Some(spring().1)),
            };
            Ok((id(18, number), new.validate(school_types, std::slice::from_ref(&compulsory))?))
        })
        .collect()
}

fn mentors(
    groups: &[(GroupId, Group)],
    duties: &[(DutyId, Duty)],
) -> Result<Vec<(GroupId, GroupAssignment)>, Refusals> {
    groups
        .iter()
        .take(CLASSES.len())
        .zip(duties.iter().skip(1))
        .map(|((group_id, group), (duty_id, duty))| {
            let new = NewGroupAssignment {
                duty: *duty_id,
                role: "mentor",
                period: (group.period.from(), group.period.to()),
            };
            Ok((*group_id, new.validate(group, duty)?))
        })
        .collect()
}

/// Everybody in their class; in 7B every second reads mathematics in the one half.
fn memberships(groups: &[(GroupId, Group)]) -> Result<Vec<(MembershipId, Membership)>, Refusals> {
    let mut in_seventh = 0;
    let mut places = Vec::new();
    for (family, place, _, class) in children().filter(|(.., class)| *class != ADULT) {
        places.push((child_id(family, place), class));
        if class == SEVENTH {
            places.push((child_id(family, place), CLASSES.len() + in_seventh % 2));
            in_seventh += 1;
        }
    }
    places
        .into_iter()
        .filter_map(|(person, group)| Some((person, groups.get(group)?)))
        .enumerate()
        .map(|(number, (person, (group_id, group)))| {
            let new = NewMembership { person, group: *group_id, period: (group.period.from(), None) };
            Ok((id(19, number), new.validate(group)?))
        })
        .collect()
}

fn enrolments(school_types: &[CodeEntry]) -> Result<Vec<(EnrolmentId, Enrolment)>, Refusals> {
    let of_the_unit = [Code::new("GR")?, Code::new("VUX")?];
    children()
        .enumerate()
        .map(|(number, (family, place, _, class))| {
            let year = CLASSES.get(class).map(|(_, year)| *year);
            let new = NewEnrolment {
                person: child_id(family, place),
                school_unit: unit_id(),
                school_type: if class == ADULT { "VUX" } else { "GR" },
                school_year: year,
                programme: None,
                period: (autumn().0, (class == ADULT).then_some(spring().1)),
            };
            Ok((id(11, 1_000 + number), new.validate(school_types, &of_the_unit)?))
        })
        .collect()
}

/// The grown pupil reads English.
fn adult_education(
    offerings: &[(OfferingId, Offering)],
    funding: &[CodeEntry],
) -> Result<Vec<(ParticipationId, Participation)>, Refusals> {
    let Some((offering_id, offering)) = offerings.last() else { return Ok(Vec::new()) };
    let new = NewParticipation {
        person: child_id(GROWN, 0),
        offering: *offering_id,
        period: (offering.period.from(), offering.period.to()),
        pace_percent: Some(50),
        funding: None,
    };
    let planned = new.validate(offering, funding, std::iter::empty())?;
    Ok(vec![(id(12, 1_000), planned.start(autumn().0)?)])
}

fn relations() -> Result<Vec<(RelationId, Relation)>, Refusals> {
    let mut new = Vec::new();
    let daily = RightSet::of(&[Right::See, Right::ReportAbsence, Right::ReceiveNotices, Right::Collect]);
    for (number, family) in FAMILIES.iter().enumerate() {
        for (place, child) in family.children.iter().enumerate() {
            for adult in 0..family.adults.len() {
                let (kind, rights, why) = match (number, adult) {
                    (SOLE, 1) => continue,
                    (ALONE, _) => (RelationKind::ChildGodMan, None, "Förordnad av överförmyndaren"),
                    (FOSTER, _) => (RelationKind::FosterHome, Some(daily), "Placerad i familjehemmet"),
                    _ => (RelationKind::Guardian, None, "Vårdnadshavare enligt folkbokföringen"),
                };
                new.push((child_id(number, place), adult_id(number, adult), kind, rights, why, child.2));
            }
        }
    }
    // Göran Öberg, whose own child has come of age, is also god man for a participant of the folk high school.
    let (god_man, why) = (RelationKind::AdultGodMan, "Förordnad av överförmyndaren");
    new.push((participant_id(0), adult_id(GROWN, 0), god_man, None, why, ""));
    new.into_iter()
        .enumerate()
        .map(|(number, (person, relative, kind, rights, why, personnummer))| {
            let from = match kind {
                RelationKind::Guardian => born(personnummer),
                _ => autumn().0,
            };
            let relation = NewRelation {
                person,
                relative,
                kind,
                source: match kind {
                    RelationKind::Guardian => DataSource::PopulationRegister,
                    _ => DataSource::Staff,
                },
                period: Period::new(from, None)?,
                rights,
                reason: Text::line(why, 500)?,
            };
            Ok((id(20, number), Relation::enter(relation, None, SecondPerson::NotNeeded)?))
        })
        .collect()
}

/// The first eight digits.
fn born(personnummer: &str) -> NaiveDate {
    let date = personnummer.get(..8).unwrap_or_default();
    NaiveDate::parse_from_str(date, "%Y%m%d").unwrap_or(NaiveDate::MIN)
}

/// Nils has a father who may not reach him.
fn bans() -> Result<Vec<(ContactBanId, ContactBan)>, Refusals> {
    let ban = ContactBan::enter(
        child_id(SOLE, 0),
        Against::Person(adult_id(SOLE, 1)),
        BanKind::ContactBan,
        Period::new(day(2026, 6, 1), None)?,
        Text::line("Kontaktförbud enligt åklagarens beslut", 500)?,
        None,
    )?;
    Ok(vec![(id(21, 0), ban)])
}

/// Ängla's mother may know of her.
fn clearings() -> Result<Vec<(ClearingId, Clearing)>, Refusals> {
    let clearing = Clearing::enter(
        child_id(PROTECTED, 0),
        adult_id(PROTECTED, 0),
        Text::line("Vårdnadshavaren lever tillsammans med barnet", 500)?,
        None,
        SecondPerson::NotNeeded,
    )?;
    Ok(vec![(id(22, 0), clearing)])
}

/// Who stands behind the guardian's account of the demonstration: a mother of two, who shares their custody.
pub(super) fn guardian_id() -> PersonId {
    adult_id(SHARED, 0)
}

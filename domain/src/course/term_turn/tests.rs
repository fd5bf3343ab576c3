//! Registers made up at random, turned, and turned back.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::code::{Code, seed};
use crate::course::{NewCourse, Offering, Pace, StudyForm};
use crate::enrolment::{Enrolment, no_overlapping_enrolment};
use crate::group::{Group, Membership, NewGroup, NewMembership, unique_name};
use crate::id::{EnrolmentId, Id, MembershipId, ParticipationId, PersonId};
use crate::organisation::NewTerm;
use crate::participation::{NewParticipation, Participation};
use crate::period::Period;
use crate::text::Text;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn id<T: Id>(number: usize) -> T {
    T::from_uuid(uuid::Uuid::from_u128(u128::try_from(number).unwrap()))
}

fn term(number: usize, kind: &str, first_day: NaiveDate, last_day: NaiveDate, name: &str) -> (TermId, Term) {
    let new = NewTerm { school_unit: None, kind, first_day, last_day, name };
    (id(number), new.validate().unwrap())
}

fn spring() -> (TermId, Term) {
    term(1, "spring", day(2027, 1, 11), day(2027, 6, 11), "VT 2027")
}

fn autumn() -> (TermId, Term) {
    term(2, "autumn", day(2027, 8, 16), day(2027, 12, 17), "HT 2027")
}

fn offering(title: &str, part_of: Option<OfferingId>, capacity: Option<u32>) -> Offering {
    Offering {
        course: id(1),
        school_unit: id(9),
        title: Text::line(title, 200).unwrap(),
        terms: vec![spring().0],
        period: Period::new(day(2027, 1, 11), Some(day(2027, 6, 11))).unwrap(),
        course_type: None,
        course_numbers: BTreeMap::new(),
        form: StudyForm::OnSite,
        pace: Pace::new(50).unwrap(),
        planned_time: None,
        course_days: None,
        meeting_days: None,
        site: None,
        capacity,
        part_of,
    }
}

/// How a pupil is enrolled and takes part.
#[derive(Clone, Copy, Debug)]
struct Pupil {
    class: usize,
    /// Days until the enrolment ends, from the term's last day; none: open. Or not enrolled at all.
    enrolled: Option<Option<i64>>,
    /// How far into the term a direct participation goes, and what becomes of it.
    takes_part: Option<(u8, u8)>,
    protected: bool,
}

fn pupils() -> impl Strategy<Value = Vec<Pupil>> {
    let pupil = (
        0..4usize,
        proptest::option::weighted(0.9, proptest::option::weighted(0.4, -30..200i64)),
        proptest::option::weighted(0.5, (0..3u8, 0..4u8)),
        proptest::bool::weighted(0.2),
    );
    proptest::collection::vec(
        pupil.prop_map(|(class, enrolled, takes_part, protected)| Pupil {
            class,
            enrolled,
            takes_part,
            protected,
        }),
        0..14,
    )
}

/// Classes 6B, 7B, 8B and 9B; two offerings with a part each, of which classes drive one.
fn facts(pupils: &[Pupil]) -> TurnFacts {
    let mut facts = TurnFacts {
        school_types: seed::school_types().unwrap(),
        types_of_unit: vec![Code::new("GR").unwrap()],
        funding: Vec::new(),
        ..TurnFacts::default()
    };
    let new = NewCourse {
        code: "MA",
        title: "Matematik",
        subject_code: None,
        kind: "subject",
        points: None,
        valid: (day(2020, 7, 1), None),
    };
    facts.courses.insert(id(1), new.validate().unwrap());
    for year in 6..=9u8 {
        let new = NewGroup {
            school_unit: id(9),
            kind: "class",
            name: &format!("{year}B"),
            school_type: Some("GR"),
            school_year: Some(year),
            period: (day(2026, 8, 17), (year % 2 == 0).then_some(day(2027, 6, 11))),
        };
        let class = new.validate(&facts.school_types, &facts.types_of_unit).unwrap();
        facts.groups.insert(id(usize::from(year)), class);
    }
    facts.offerings.insert(id(100), offering("Matematik 7, VT 2027", None, None));
    facts.offerings.insert(id(101), offering("Problemlösning", Some(id(100)), None));
    facts.offerings.insert(id(102), offering("Elevens val", None, Some(6)));
    facts.offerings.insert(id(103), offering("Slöjd", Some(id(102)), None));
    facts.drivers.push((id(100), id(7), Period::new(day(2027, 1, 11), None).unwrap()));
    for (number, pupil) in pupils.iter().enumerate() {
        let person: PersonId = id(1000 + number);
        facts.persons.insert(person);
        if !pupil.protected {
            facts.open.insert(person);
        }
        let class: GroupId = id(6 + pupil.class);
        let new = NewMembership { person, group: class, period: (day(2026, 8, 17), None) };
        let membership: Membership = new.validate(&facts.groups[&class]).unwrap();
        facts.memberships.push((id(2000 + number), membership));
        if let Some(ends) = pupil.enrolled {
            let to = ends.map(|days| day(2027, 6, 11) + chrono::TimeDelta::days(days));
            let enrolment = Enrolment {
                person,
                school_unit: id(9),
                school_type: Code::new("GR").unwrap(),
                school_year: Some(6 + u8::try_from(pupil.class).unwrap()),
                programme: None,
                period: Period::new(day(2026, 8, 17), to).unwrap(),
                withdrawn: false,
            };
            facts.enrolments.push((id(3000 + number), enrolment));
        }
        if let Some((until, fate)) = pupil.takes_part {
            let to = [day(2027, 3, 1), day(2027, 6, 10), day(2027, 6, 11)][usize::from(until)];
            for (place, within) in [(0, 102), (1, 103)] {
                let found = &facts.offerings[&id(within)];
                let new = NewParticipation {
                    person,
                    offering: id(within),
                    period: (day(2027, 1, 11), Some(to)),
                    pace_percent: Some(40),
                    funding: None,
                };
                let planned = new.validate(found, &[], []).unwrap();
                let fated: Participation = match fate {
                    0 => planned,
                    1 => planned.start(day(2027, 1, 11)).unwrap(),
                    2 => planned
                        .start(day(2027, 1, 11))
                        .unwrap()
                        .interrupt(day(2027, 2, 1), "Flyttat")
                        .unwrap(),
                    _ => planned
                        .start(day(2027, 1, 11))
                        .unwrap()
                        .take_study_break(day(2027, 2, 1), None)
                        .unwrap(),
                };
                facts.participations.push((id(4000 + 2 * number + place), fated));
            }
        }
    }
    facts
}

fn request(renews_ended: bool) -> TurnRequest {
    TurnRequest {
        school_unit: id(9),
        from: spring(),
        to: vec![autumn()],
        copying: Some(Copying {
            lessons: true,
            listed: None,
            except: BTreeSet::new(),
            title_pattern: "{raised}".to_owned(),
            teachers: true,
            groups: true,
            participants: Continuing::Active,
            changes: BTreeMap::new(),
        }),
        promotion: Some(Promotion {
            listed: None,
            except: BTreeSet::new(),
            highest_years: BTreeMap::from([(Code::new("GR").unwrap(), 9)]),
            names: BTreeMap::new(),
            last_day: None,
            leavers_last_day: day(2027, 6, 30),
            renews_ended,
            staff: true,
        }),
    }
}

/// Everything that may be named in a warning.
fn named(plan: &TurnPlan) -> BTreeSet<uuid::Uuid> {
    plan.warnings.iter().flat_map(|warning| warning.records.iter().copied()).collect()
}

type Register = (BTreeMap<GroupId, Group>, BTreeMap<EnrolmentId, Enrolment>);

fn register(facts: &TurnFacts) -> Register {
    (facts.groups.clone(), facts.enrolments.iter().cloned().collect())
}

/// The register once the turn is made: what is new has ids of its own.
fn turned(facts: &TurnFacts, plan: &TurnPlan) -> Register {
    let (mut groups, mut enrolments) = register(facts);
    for (place, class) in plan.classes.iter().enumerate() {
        groups.extend(class.ends.clone().map(|ends| (class.source, ends)));
        groups.extend(class.next.clone().map(|next| (id(50_000 + place), next)));
    }
    for (place, planned) in plan.enrolments.iter().enumerate() {
        enrolments.extend(planned.ends.clone().map(|ends| (planned.source, ends)));
        enrolments.extend(planned.next.clone().map(|next| (id(60_000 + place), next)));
    }
    (groups, enrolments)
}

/// What an undoing does: what was made goes, what was ended gets its last day back.
fn turned_back(facts: &TurnFacts, plan: &TurnPlan) -> Register {
    let (mut groups, mut enrolments) = turned(facts, plan);
    groups.retain(|group, _| facts.groups.contains_key(group));
    let before = register(facts);
    enrolments.retain(|enrolment, _| before.1.contains_key(enrolment));
    for class in plan.classes.iter().filter(|class| class.ends.is_some()) {
        let former = before.0[&class.source].period.to();
        let group = groups.get_mut(&class.source).unwrap();
        group.period = Period::new(group.period.from(), former).unwrap();
    }
    for planned in plan.enrolments.iter().filter(|planned| planned.ends.is_some()) {
        let former = before.1[&planned.source].period.to();
        let enrolment = enrolments.get_mut(&planned.source).unwrap();
        enrolment.period = Period::new(enrolment.period.from(), former).unwrap();
    }
    (groups, enrolments)
}

proptest! {
    #[test]
    fn turning_and_turning_back_leaves_everything_as_it_was(pupils in pupils(), renews in any::<bool>()) {
        let facts = facts(&pupils);
        let plan = plan(&request(renews), &facts);
        prop_assert_eq!(turned_back(&facts, &plan), register(&facts));
    }

    #[test]
    fn nobody_goes_on_whose_enrolment_has_ended(pupils in pupils(), renews in any::<bool>()) {
        let facts = facts(&pupils);
        let plan = plan(&request(renews), &facts);
        let (groups, enrolments) = turned(&facts, &plan);
        let going = plan.classes.iter().flat_map(|class| class.members.iter().map(|member| member.person));
        let going: BTreeSet<PersonId> =
            going.chain(plan.offerings.iter().flat_map(|copy| copy.participants.iter().map(|going| going.person))).collect();
        for person in going {
            let theirs: Vec<&Enrolment> = enrolments.values().filter(|enrolment| enrolment.person == person).collect();
            prop_assert!(theirs.is_empty() || theirs.iter().any(|enrolment| enrolment.period.contains(day(2027, 8, 16))));
        }
        for (number, enrolment) in &enrolments {
            let others = enrolments.iter().filter(|(other, _)| *other != number).map(|(_, other)| other);
            prop_assert!(no_overlapping_enrolment(enrolment, others).is_ok());
        }
        for (number, group) in &groups {
            let others = groups.iter().filter(|(other, _)| *other != number).map(|(_, other)| other);
            prop_assert!(unique_name(group, others).is_ok());
        }
    }

    #[test]
    fn nobody_takes_part_twice_and_a_part_only_within_the_whole(pupils in pupils()) {
        let facts = facts(&pupils);
        let plan = plan(&request(false), &facts);
        let mut within: BTreeMap<OfferingId, BTreeSet<PersonId>> = BTreeMap::new();
        for copy in &plan.offerings {
            let direct: BTreeSet<PersonId> = copy.participants.iter().map(|going| going.person).collect();
            prop_assert_eq!(direct.len(), copy.participants.len());
            prop_assert!(direct.is_disjoint(&copy.by_groups));
            if let Some(outer) = copy.copy.part_of {
                prop_assert!(direct.is_subset(&within[&outer]) && copy.by_groups.is_subset(&within[&outer]));
            }
            let full = copy.copy.capacity.is_some_and(|places| direct.len() + copy.by_groups.len() > places as usize);
            let at = "/capacity";
            prop_assert!(!full || plan.refusals.iter().any(|refusal| refusal.pointer.ends_with(at)));
            within.insert(copy.source, direct.union(&copy.by_groups).copied().collect());
        }
        let sources: BTreeMap<ParticipationId, &Participation> =
            facts.participations.iter().map(|(number, there)| (*number, there)).collect();
        for going in plan.offerings.iter().flat_map(|copy| &copy.participants) {
            prop_assert!(sources[&going.source].occupies_place(), "who has left never goes on");
            prop_assert_eq!(going.pace.percent(), 40);
        }
    }

    #[test]
    fn warnings_name_nobody_who_is_protected(pupils in pupils(), renews in any::<bool>()) {
        let facts = facts(&pupils);
        let plan = plan(&request(renews), &facts);
        let hidden = |number: usize| pupils[number].protected;
        let records = named(&plan);
        for number in (0..pupils.len()).filter(|number| hidden(*number)) {
            let theirs: [uuid::Uuid; 4] = [
                id::<MembershipId>(2000 + number).uuid(), id::<EnrolmentId>(3000 + number).uuid(),
                id::<ParticipationId>(4000 + 2 * number).uuid(), id::<ParticipationId>(4001 + 2 * number).uuid(),
            ];
            prop_assert!(theirs.iter().all(|record| !records.contains(record)));
        }
        // Whether somebody is protected changes nothing of what is made.
        let open: Vec<Pupil> = pupils.iter().map(|pupil| Pupil { protected: false, ..*pupil }).collect();
        let open = super::plan(&request(renews), &self::facts(&open));
        prop_assert_eq!(open.counts(), plan.counts());
        prop_assert_eq!(open.refusals, plan.refusals);
    }
}

#[test]
fn classes_go_up_and_the_last_year_leaves() {
    let pupil = |class| Pupil { class, enrolled: Some(None), takes_part: None, protected: false };
    let facts = facts(&[pupil(0), pupil(1), pupil(3)]);
    let plan = plan(&request(false), &facts);
    assert_eq!(plan.refusals, []);
    let names: Vec<(Option<&str>, usize)> = plan
        .classes
        .iter()
        .map(|class| (class.next.as_ref().map(|next| next.name.as_str()), class.members.len()))
        .collect();
    assert_eq!(names, [(Some("7B"), 1), (Some("8B"), 1), (Some("9B"), 0), (None, 0)]);
    let days =
        |place: usize| plan.classes[place].next.as_ref().map(|next| (next.period.from(), next.period.to()));
    // 6B had a last day; 7B had none.
    assert_eq!(days(0), Some((day(2027, 8, 16), Some(day(2028, 6, 9)))));
    assert_eq!(days(1), Some((day(2027, 8, 16), None)));
    assert_eq!(plan.classes[1].ends.as_ref().unwrap().period.to(), Some(day(2027, 8, 15)));
    assert_eq!(plan.classes[3].ends.as_ref().unwrap().period.to(), Some(day(2027, 6, 30)));
    let years: Vec<Option<u8>> = plan
        .enrolments
        .iter()
        .map(|planned| planned.next.as_ref().and_then(|next| next.school_year))
        .collect();
    assert_eq!(years, [Some(7), Some(8), None]);
    assert_eq!(plan.offerings[1].copy.title.as_str(), "Matematik 8, HT 2027");
    assert_eq!(plan.offerings[1].by_groups.len(), 1);
    assert_eq!(plan.offerings[1].groups[0].0, PlannedGroup::NextOf(id(7)));
}

#[test]
fn what_does_not_fit_is_named() {
    let facts = facts(&[]);
    let places = |request: &TurnRequest| -> Vec<String> {
        plan(request, &facts).refusals.into_iter().map(|refusal| refusal.pointer).collect()
    };
    let mut asked = request(false);
    asked.to = vec![spring()];
    assert!(places(&asked).contains(&"/toTermId".to_owned()));
    assert!(places(&asked).contains(&"/promotion".to_owned()));
    let mut asked = request(false);
    if let Some(promotion) = &mut asked.promotion {
        promotion.highest_years = BTreeMap::from([(Code::new("GY").unwrap(), 3)]);
        promotion.listed = Some(vec![id(7), id(7), id(999)]);
        promotion.names.insert(id(8), (0, "9B".to_owned()));
    }
    let found = places(&asked);
    for at in [
        "/promotion/groupIds/1",
        "/promotion/groupIds/2",
        "/promotion/highestYears",
        "/promotion/names/0/groupId",
    ] {
        assert!(found.contains(&at.to_owned()), "{at} of {found:?}");
    }
    let mut asked = request(false);
    asked.promotion = None;
    if let Some(copying) = &mut asked.copying {
        copying.listed = Some(vec![id(102), id(999)]);
        copying.participants = Continuing::Chosen(BTreeMap::from([(id(4000), 0)]));
        copying
            .changes
            .insert(id(103), CopyChange { first_day: Some(day(2027, 6, 1)), ..CopyChange::default() });
        copying.changes.insert(id(100), CopyChange { place: 1, ..CopyChange::default() });
    }
    let found = places(&asked);
    for at in [
        "/copying/offeringIds/1",
        "/copying/participationIds/0",
        "/copying/changes/1/offeringId",
        "/offerings/1/partOfId",
    ] {
        assert!(found.contains(&at.to_owned()), "{at} of {found:?}");
    }
}

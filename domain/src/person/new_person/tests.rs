use super::*;
use crate::id::Id;
use crate::person::{
    ClassPermit, Closed, CoordinationStanding, DataSource, EmailDraft, IdentityLevel, Person,
};
use proptest::prelude::*;
use uuid::Uuid;

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).unwrap()
}

fn today() -> NaiveDate {
    day(2026, 11, 22)
}

fn school(number: u128) -> SchoolUnitId {
    SchoolUnitId::from_uuid(Uuid::from_u128(number))
}

fn holding(value: &str) -> HeldIdentityNumberDraft {
    HeldIdentityNumberDraft {
        kind: None,
        value: value.into(),
        from: day(2020, 1, 1),
        to: None,
        source: DataSource::PopulationRegister,
        coordination: None,
        issued_by: None,
    }
}

fn åsa() -> PersonDraft {
    PersonDraft {
        name: NameDraft { given: "Åsa Märta".into(), family: "Öberg".into(), ..NameDraft::default() },
        birth_date: None,
        sex: None,
        identity_numbers: vec![],
        contact: ContactDraft::default(),
        addresses: Vec::new(),
        protection: ProtectionReport::Unmarked,
        external_identifiers: vec![],
        registered_at: Some(school(1)),
    }
}

fn checked(draft: &PersonDraft) -> Result<NewPerson, Refusals> {
    let id = PersonId::from_uuid(Uuid::from_u128(1));
    NewPerson::new(id, OrganiserId::from_uuid(Uuid::from_u128(2)), draft, today())
}

fn refused(draft: &PersonDraft) -> Vec<(String, Rule)> {
    let refusals = checked(draft).unwrap_err();
    refusals.0.into_iter().map(|refusal| (refusal.pointer, refusal.rule)).collect()
}

fn at(pointer: &str, rule: Rule) -> Vec<(String, Rule)> {
    vec![(pointer.to_owned(), rule)]
}

#[test]
fn birth_date_and_sex_follow_from_the_most_telling_number() {
    let draft = PersonDraft {
        identity_numbers: vec![
            HeldIdentityNumberDraft {
                to: Some(day(2020, 5, 31)),
                issued_by: Some(school(1)),
                ..holding("20000101-TF20")
            },
            HeldIdentityNumberDraft {
                coordination: Some(CoordinationStanding { level: IdentityLevel::Confirmed, dormant: false }),
                ..holding("19730288-9931")
            },
            holding("20000229-2399"),
        ],
        ..åsa()
    };
    let person = checked(&draft).unwrap();
    assert_eq!(person.facts().birth_date, Some(day(2000, 2, 29)));
    assert_eq!(person.facts().sex, Sex::Man);
    assert_eq!(person.facts().identity_numbers.len(), 3);
    assert_eq!(checked(&åsa()).unwrap().facts().sex, Sex::NotStated);
}

#[test]
fn every_refused_value_is_named_at_once() {
    let draft = PersonDraft {
        name: NameDraft { given: "Åsa".into(), ..NameDraft::default() },
        birth_date: Some(day(2026, 11, 23)),
        identity_numbers: vec![holding("20000229-2398"), holding("20100101-TF10")],
        contact: ContactDraft {
            emails: vec![EmailDraft::of("åsa", DataSource::Staff)],
            ..ContactDraft::default()
        },
        external_identifiers: vec![
            ExternalIdentifierDraft { system: "ladok".into(), value: "1".into() },
            ExternalIdentifierDraft { system: "ladok".into(), value: "1".into() },
            ExternalIdentifierDraft { system: "Ladok".into(), value: "1".into() },
        ],
        ..åsa()
    };
    let expected = [
        ("/name/familyName", Rule::Required),
        ("/birthDate", Rule::OutOfRange),
        ("/identityNumbers/0/value", Rule::CheckDigit),
        ("/identityNumbers/1/issuedById", Rule::Required),
        ("/contact/emails/0/address", Rule::Format),
        ("/externalIdentifiers/1", Rule::Duplicate),
        ("/externalIdentifiers/2/system", Rule::Format),
    ];
    assert_eq!(refused(&draft), expected.map(|(pointer, rule)| (pointer.to_owned(), rule)));
}

#[test]
fn a_birth_date_lies_between_1900_and_today() {
    assert!(checked(&PersonDraft { birth_date: Some(today()), ..åsa() }).is_ok());
    assert!(checked(&PersonDraft { birth_date: Some(FIRST_DATE), ..åsa() }).is_ok());
    let early = PersonDraft { birth_date: Some(day(1899, 12, 31)), ..åsa() };
    assert_eq!(refused(&early), at("/birthDate", Rule::OutOfRange));
    let number = PersonDraft { identity_numbers: vec![holding("189001019802")], ..åsa() };
    assert_eq!(refused(&number), at("/identityNumbers/0/value", Rule::OutOfRange));
}

#[test]
fn a_personnummer_agrees_with_the_birth_date_up_to_the_day_and_a_coordination_number_need_not() {
    let with = |value: &str, birth| PersonDraft {
        birth_date: Some(birth),
        identity_numbers: vec![holding(value)],
        ..åsa()
    };
    assert!(checked(&with("20000229-2399", day(2000, 2, 29))).is_ok());
    let nearby = checked(&with("20000229-2399", day(2000, 2, 28))).unwrap();
    assert_eq!(nearby.facts().birth_date, Some(day(2000, 2, 28)));
    for other in [day(2000, 3, 1), day(2001, 2, 28), day(1900, 2, 28)] {
        assert_eq!(refused(&with("20000229-2399", other)), at("/birthDate", Rule::Conflict));
    }
    assert!(checked(&with("19730288-9931", day(1999, 9, 9))).is_ok());
}

#[test]
fn nobody_holds_two_numbers_of_a_kind_on_the_same_day() {
    let second = |from, to| HeldIdentityNumberDraft { from, to, ..holding("20000405-9937") };
    let first = HeldIdentityNumberDraft { to: Some(day(2022, 12, 31)), ..holding("20000229-2399") };
    let both = |second| PersonDraft { identity_numbers: vec![first.clone(), second], ..åsa() };
    assert!(checked(&both(second(day(2023, 1, 1), None))).is_ok());
    assert_eq!(
        refused(&both(second(day(2022, 12, 31), None))),
        at("/identityNumbers/1/period", Rule::Overlap)
    );
}

#[test]
fn two_schools_may_each_have_given_a_number() {
    let given =
        |value: &str, unit| HeldIdentityNumberDraft { issued_by: Some(school(unit)), ..holding(value) };
    let numbers = |other_unit| PersonDraft {
        identity_numbers: vec![given("20100101-TF10", 1), given("20100101-TF30", other_unit)],
        ..åsa()
    };
    assert!(checked(&numbers(2)).is_ok());
    assert_eq!(refused(&numbers(1)), at("/identityNumbers/1/period", Rule::Overlap));
}

#[test]
fn only_the_kinds_that_have_it_carry_an_issuer_or_a_level() {
    let standing = CoordinationStanding { level: IdentityLevel::Uncertain, dormant: true };
    let draft = PersonDraft {
        identity_numbers: vec![HeldIdentityNumberDraft {
            coordination: Some(standing),
            issued_by: Some(school(1)),
            ..holding("20000229-2399")
        }],
        ..åsa()
    };
    let expected = ["/identityNumbers/0/coordination", "/identityNumbers/0/issuedById"];
    assert_eq!(refused(&draft), expected.map(|pointer| (pointer.to_owned(), Rule::Conflict)));
}

#[test]
fn a_new_person_is_guarded_as_the_source_says() {
    let registered = |protection| {
        let person = checked(&PersonDraft { protection, ..åsa() }).unwrap();
        Person::guarding(person.id(), person.organiser_id(), person.facts().clone())
    };
    let open = registered(ProtectionReport::NotCarried);
    assert_eq!(open.protection, Protection::NotStated);
    assert_eq!(open.name.open(ClassPermit::MaySee).unwrap().family().as_str(), "Öberg");
    assert_eq!(open.contact.open(ClassPermit::MayNotSee), Err(Closed::ClassNotPermitted));

    let closed = registered(ProtectionReport::read(Some("")));
    assert_eq!(closed.name.open(ClassPermit::MaySee), Err(Closed::Protected));
    assert_eq!(closed.registered_at.open(ClassPermit::MaySee), Err(Closed::Protected));
}

#[test]
fn nothing_about_a_person_can_be_printed() {
    let draft = PersonDraft {
        birth_date: Some(day(2000, 2, 29)),
        identity_numbers: vec![holding("20000229-2399")],
        ..åsa()
    };
    let new = checked(&draft).unwrap();
    let person = Person::guarding(new.id(), new.organiser_id(), new.facts().clone());
    for printed in
        [format!("{draft:?}"), format!("{new:?}"), format!("{:?}", new.facts()), format!("{person:?}")]
    {
        for secret in ["Åsa", "Öberg", "2000", "2399", "None"] {
            assert!(!printed.contains(secret), "{printed}");
        }
    }
}

proptest! {
    #[test]
    fn any_draft_is_accepted_or_refused_and_an_accepted_one_keeps_the_rules(
        values in proptest::collection::vec((
            proptest::sample::select(vec![
                "20000229-2399", "20000405-9937", "19730288-9931", "20210791-9967", "20000101-TF10", "x",
            ]),
            0..400u64, proptest::option::of(0..200u64),
        ), 0..4),
        birth in proptest::option::of(0..50_000u64),
    ) {
        let from = |days| FIRST_DATE + chrono::Days::new(40_000 + days);
        let draft = PersonDraft {
            birth_date: birth.map(|days| FIRST_DATE + chrono::Days::new(days)),
            identity_numbers: values.iter().map(|(value, first, length)| HeldIdentityNumberDraft {
                from: from(*first),
                to: length.map(|length| from(first + length)),
                issued_by: value.contains("TF").then(|| school(1)),
                ..holding(value)
            }).collect(),
            ..åsa()
        };
        let Ok(person) = checked(&draft) else { return Ok(()) };
        let facts = person.facts();
        let current = |held: &&HeldIdentityNumber| {
            held.number.kind() == IdentityNumberKind::Personnummer && held.period.contains(from(200))
        };
        prop_assert!(facts.identity_numbers.iter().filter(current).count() <= 1);
        prop_assert!(facts.birth_date.is_none_or(|birth| (FIRST_DATE..=today()).contains(&birth)));
        prop_assert_eq!(person.protection(), Protection::None);
    }
}

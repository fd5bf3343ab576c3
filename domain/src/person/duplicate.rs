//! Whether two records may be one person's: evidence with weights, and a class that people act on.
//!
//! The program never decides that two records are one person. It shows what speaks for it, and
//! somebody who knows decides.

use super::{IdentityNumberKind, PersonFacts, PersonName, search_key_of_query};
use crate::id::PersonId;
use crate::refusal::{Refusal, Rule};
use crate::text::Text;

/// How likely it is that two records are one person's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum DuplicateClass {
    /// Some of it speaks for one person.
    Possible,
    /// Most of it does.
    Likely,
    /// Everything that is known does, by more than name and birth.
    Certain,
}

impl DuplicateClass {
    /// Every class, the weakest first.
    pub const ALL: [Self; 3] = [Self::Possible, Self::Likely, Self::Certain];

    /// As it is stored.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Possible => "possible",
            Self::Likely => "likely",
            Self::Certain => "certain",
        }
    }

    /// The class of that code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.code() == code)
    }

    /// The least score of the class.
    #[must_use]
    pub fn least(self) -> i32 {
        match self {
            Self::Possible => 45,
            Self::Likely => 60,
            Self::Certain => 80,
        }
    }

    fn of_score(score: i32) -> Option<Self> {
        Self::ALL.into_iter().rev().find(|class| score >= class.least())
    }
}

macro_rules! evidence {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $weight:literal;)*) => {
        /// What speaks for or against two records being one person's.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Evidence { $($(#[$doc])* $variant,)* }

        impl Evidence {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// As it is stored and shown.
            #[must_use]
            pub fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }

            /// What it adds to the score; what speaks against takes away.
            #[must_use]
            pub fn weight(self) -> i32 { match self { $(Self::$variant => $weight,)* } }
        }
    };
}

evidence! {
    /// The same personnummer or coordination number.
    SameNumber = "same-number", 80;
    /// The same given and family names.
    SameName = "same-name", 30;
    /// Given and family names the other way round.
    SwappedNames = "swapped-names", 25;
    /// Names that differ by a letter or two, or of which one is part of the other.
    SimilarName = "similar-name", 20;
    /// The same date of birth.
    SameBirthDate = "same-birth-date", 30;
    /// One has a personnummer, the other only a number from before one gets it.
    NumberBefore = "number-before", 20;
    /// The same e-mail address.
    SameEmail = "same-email", 20;
    /// The same phone number.
    SamePhone = "same-phone", 10;
    /// Two systems call them by the same value.
    SameExternalValue = "same-external-value", 15;
    /// Two different dates of birth.
    DifferentBirthDate = "different-birth-date", -40;
    /// Two different personnummer.
    DifferentPersonnummer = "different-personnummer", -1000;
}

impl Evidence {
    /// The kind of that code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|evidence| evidence.code() == code)
    }
}

/// How alike two records are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Likeness {
    /// What speaks for it and against it, each once, in the order of [`Evidence::ALL`].
    pub evidence: Vec<Evidence>,
    /// The sum of the weights.
    pub score: i32,
    /// What that amounts to; none when they are not worth looking at.
    pub class: Option<DuplicateClass>,
}

/// A pair of records that somebody should look at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DuplicateCandidate {
    /// The one with the lower id.
    pub first: PersonId,
    /// The other.
    pub second: PersonId,
    /// What speaks for it and against it.
    pub evidence: Vec<Evidence>,
    /// The sum of the weights.
    pub score: i32,
    /// What that amounts to.
    pub class: DuplicateClass,
    /// Why somebody has said that they are two persons, if somebody has.
    pub dismissal: Option<Text>,
}

impl DuplicateCandidate {
    /// The pair as dismissed.
    ///
    /// # Errors
    /// [`Rule::State`] when it is dismissed already.
    pub fn dismissed(&self, reason: Text) -> Result<Self, Refusal> {
        match self.dismissal {
            None => Ok(Self { dismissal: Some(reason), ..self.clone() }),
            Some(_) => Err(Refusal::new(Rule::State, "the pair has been dismissed already")),
        }
    }

    /// The pair as it is looked at anew. It stays dismissed as long as the evidence is the same.
    #[must_use]
    pub fn with(&self, likeness: &Likeness, class: DuplicateClass) -> Self {
        let Likeness { evidence, score, class: _ } = likeness;
        let dismissal = self.dismissal.clone().filter(|_| *evidence == self.evidence);
        Self { evidence: evidence.clone(), score: *score, class, dismissal, ..self.clone() }
    }
}

/// Values this short, such as a running number, are the same in many systems by chance.
const SHORTEST_EXTERNAL_VALUE: usize = 4;

/// Compares two records, in either order.
///
/// Without the same number, and without names that are at least similar, nothing makes two records
/// one: families share addresses, phones and e-mail. T, TF and interim numbers are local or
/// passing, and never make two records one by themselves. Two different personnummer are two persons.
#[must_use]
pub fn compare(one: &PersonFacts, other: &PersonFacts) -> Likeness {
    let mut evidence = Vec::new();
    let mut note = |there: bool, kind: Evidence| {
        if there {
            evidence.push(kind);
        }
    };
    let named = alike_names(&one.name, &other.name);
    let same_number = one.identity_numbers.iter().any(|mine| {
        telling(mine.number.kind())
            && other.identity_numbers.iter().any(|theirs| mine.number == theirs.number)
    });
    let births = one.birth_date.zip(other.birth_date);
    let same_birth = births.is_some_and(|(mine, theirs)| mine == theirs);
    let has = |facts: &PersonFacts, kind: IdentityNumberKind| {
        facts.identity_numbers.iter().any(|held| held.number.kind() == kind)
    };
    let registered = |facts: &PersonFacts| has(facts, IdentityNumberKind::Personnummer);
    let before = |facts: &PersonFacts| {
        !registered(facts)
            && (has(facts, IdentityNumberKind::CoordinationNumber)
                || has(facts, IdentityNumberKind::InterimNumber))
    };
    let same_email = one
        .contact
        .emails
        .iter()
        .any(|mine| other.contact.emails.iter().any(|theirs| mine.address.key() == theirs.address.key()));
    let same_phone = one
        .contact
        .phones
        .iter()
        .any(|mine| other.contact.phones.iter().any(|theirs| mine.key() == theirs.key()));
    let same_external = one.external_identifiers.iter().any(|mine| {
        mine.value().chars().count() >= SHORTEST_EXTERNAL_VALUE
            && other
                .external_identifiers
                .iter()
                .any(|theirs| mine.system() != theirs.system() && mine.value() == theirs.value())
    });
    note(same_number, Evidence::SameNumber);
    if let Some(named) = named {
        note(true, named);
    }
    note(same_birth, Evidence::SameBirthDate);
    let followed = (registered(one) && before(other)) || (registered(other) && before(one));
    note(followed && same_birth && named.is_some(), Evidence::NumberBefore);
    note(same_email, Evidence::SameEmail);
    note(same_phone, Evidence::SamePhone);
    note(same_external, Evidence::SameExternalValue);
    note(births.is_some() && !same_birth, Evidence::DifferentBirthDate);
    note(registered(one) && registered(other) && !same_number, Evidence::DifferentPersonnummer);
    evidence.sort_unstable();
    let score: i32 = evidence.iter().map(|kind| kind.weight()).sum();
    let class = DuplicateClass::of_score(score).filter(|_| same_number || named.is_some());
    Likeness { evidence, score, class }
}

/// Numbers that name one person in the whole country.
fn telling(kind: IdentityNumberKind) -> bool {
    match kind {
        IdentityNumberKind::Personnummer | IdentityNumberKind::CoordinationNumber => true,
        IdentityNumberKind::InterimNumber | IdentityNumberKind::TNumber | IdentityNumberKind::TfNumber => {
            false
        }
    }
}

fn alike_names(one: &PersonName, other: &PersonName) -> Option<Evidence> {
    let fold = |name: &PersonName| {
        let preferred =
            name.preferred_given().map(|text| search_key_of_query(text.as_str())).unwrap_or_default();
        (search_key_of_query(name.given().as_str()), search_key_of_query(name.family().as_str()), preferred)
    };
    let (my_given, my_family, my_preferred) = fold(one);
    let (their_given, their_family, their_preferred) = fold(other);
    // A name in signs that fold to nothing is like nothing.
    if [&my_given, &my_family, &their_given, &their_family].into_iter().any(String::is_empty) {
        return None;
    }
    if my_given == their_given && my_family == their_family {
        Some(Evidence::SameName)
    } else if my_given == their_family && my_family == their_given {
        Some(Evidence::SwappedNames)
    } else if similar(&my_family, &their_family)
        && (similar(&my_given, &their_given)
            || similar(&my_preferred, &their_given)
            || similar(&my_given, &their_preferred))
    {
        Some(Evidence::SimilarName)
    } else {
        None
    }
}

/// Whether two folded names are spelt nearly the same (å, ä and ö as a and o), or all words of one are among the other's.
fn similar(one: &str, other: &str) -> bool {
    let plain = |text: &str| -> Vec<char> { text.chars().map(without_marks).collect() };
    let (mine, theirs) = (plain(one), plain(other));
    let shorter = mine.len().min(theirs.len());
    let allowed = match shorter {
        0 => return false,
        1..=3 => 0,
        4..=7 => 1,
        _ => 2,
    };
    if distance(&mine, &theirs) <= allowed {
        return true;
    }
    let within =
        |some: &str, all: &str| some.split(' ').all(|word| all.split(' ').any(|other| other == word));
    within(one, other) || within(other, one)
}

/// The letter as a keyboard without å, ä and ö has it.
fn without_marks(letter: char) -> char {
    match letter {
        'å' | 'ä' => 'a',
        'ö' => 'o',
        other => other,
    }
}

/// How many letters must be put in, taken out, changed or swapped with their neighbour.
fn distance(one: &[char], other: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (row, mine) in one.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, theirs) in other.iter().enumerate() {
            let at = |line: &[usize], place: usize| line.get(place).copied().unwrap_or(usize::MAX / 2);
            let changed = at(&last, column) + usize::from(mine != theirs);
            let mut least = changed.min(at(&last, column + 1) + 1).min(at(&current, column) + 1);
            let neighbour = |letters: &[char], place: usize| {
                place.checked_sub(1).and_then(|place| letters.get(place).copied())
            };
            if neighbour(one, row) == Some(*theirs) && neighbour(other, column) == Some(*mine) {
                least = least.min(at(&before, column.wrapping_sub(1)) + 1);
            }
            current.push(least);
        }
        before = std::mem::replace(&mut last, current);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Id, OrganiserId, PersonId, SchoolUnitId};
    use crate::person::{
        ContactDraft, DataSource, EmailDraft, ExternalIdentifierDraft, HeldIdentityNumberDraft, NameDraft,
        NewPerson, PersonDraft, PhoneDraft, ProtectionReport,
    };
    use chrono::NaiveDate;
    use proptest::prelude::*;
    use uuid::Uuid;

    const PERSONNUMMER: [&str; 3] = ["198507132390", "199001122390", "200001012384"];
    const COORDINATION: &str = "198507912387";
    const INTERIM: &str = "20000101R220";
    const LOCAL: &str = "20000101-TF10";

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn draft(given: &str, family: &str, birth: Option<&str>, numbers: &[&str]) -> PersonDraft {
        let number = |value: &&str| HeldIdentityNumberDraft {
            kind: None,
            value: (*value).to_owned(),
            from: day("2020-01-01"),
            to: None,
            source: DataSource::Staff,
            coordination: None,
            issued_by: (*value == LOCAL).then(|| SchoolUnitId::from_uuid(Uuid::from_u128(9))),
        };
        PersonDraft {
            name: NameDraft { given: given.into(), family: family.into(), ..NameDraft::default() },
            birth_date: birth.map(day),
            sex: None,
            identity_numbers: numbers.iter().map(number).collect(),
            contact: ContactDraft::default(),
            addresses: vec![],
            protection: ProtectionReport::Unmarked,
            external_identifiers: Vec::new(),
            registered_at: None,
        }
    }

    fn facts(draft: &PersonDraft) -> PersonFacts {
        let id = PersonId::from_uuid(Uuid::from_u128(1));
        let organiser = OrganiserId::from_uuid(Uuid::from_u128(2));
        NewPerson::new(id, organiser, draft, day("2026-08-17")).unwrap().facts().clone()
    }

    fn class(one: &PersonDraft, other: &PersonDraft) -> Option<DuplicateClass> {
        compare(&facts(one), &facts(other)).class
    }

    #[test]
    fn what_a_registrar_would_call_the_same() {
        let born = Some("1985-07-13");
        let one = draft("Åsa Märta", "Öberg", born, &[]);
        for (other, expected) in [
            (draft("åsa märta", "öberg", born, &[]), Some(DuplicateClass::Likely)),
            (draft("Åsa", "Öberg", born, &[]), Some(DuplicateClass::Possible)),
            (draft("Åsa Märta", "Öborg", born, &[]), Some(DuplicateClass::Possible)),
            (draft("Öberg", "Åsa Märta", born, &[]), Some(DuplicateClass::Possible)),
            (draft("Åsa Märta", "Öberg", None, &[]), None),
            (draft("Åsa Märta", "Öberg", Some("1986-07-13"), &[]), None),
            (draft("Örjan", "Ek", born, &[]), None),
        ] {
            assert_eq!(class(&one, &other), expected, "{:?}", compare(&facts(&one), &facts(&other)));
        }
    }

    #[test]
    fn a_personnummer_after_a_coordination_number_is_one_person() {
        let before = draft("Åsa", "Öberg", Some("1985-07-13"), &[COORDINATION]);
        let after = draft("Åsa", "Öberg", None, &[PERSONNUMMER[0]]);
        assert_eq!(class(&before, &after), Some(DuplicateClass::Certain));
        let other = draft("Örjan", "Ek", None, &[PERSONNUMMER[0]]);
        assert_eq!(class(&before, &other), None);
    }

    #[test]
    fn a_family_that_shares_its_phone_is_not_one_person() {
        let contact = ContactDraft {
            emails: vec![EmailDraft::of("oberg@exempel.se", DataSource::Staff)],
            phones: vec![PhoneDraft::of("070-174 06 05", DataSource::Staff)],
        };
        let mother = PersonDraft { contact: contact.clone(), ..draft("Åsa", "Öberg", None, &[]) };
        let son = PersonDraft { contact: contact.clone(), ..draft("Nils", "Öberg", None, &[]) };
        assert_eq!(class(&mother, &son), None);
        let again = PersonDraft { contact, ..draft("Åsa", "Öberg", None, &[]) };
        assert_eq!(class(&mother, &again), Some(DuplicateClass::Likely));
    }

    fn drafts() -> impl Strategy<Value = PersonDraft> {
        let given = proptest::sample::select(vec!["Åsa", "Åsa Märta", "Asa", "Öberg", "Örjan", "Bo"]);
        let family =
            proptest::sample::select(vec!["Öberg", "Öborg", "Oberg", "Ek", "Åsa", "Lindström", "Lindstrom"]);
        let birth = proptest::option::of(proptest::sample::select(vec!["1985-07-13", "1990-01-12"]));
        let numbers = proptest::sample::select(vec![
            vec![],
            vec![PERSONNUMMER[0]],
            vec![PERSONNUMMER[1]],
            vec![COORDINATION],
            vec![INTERIM],
            vec![LOCAL],
        ]);
        let contact = (any::<bool>(), any::<bool>()).prop_map(|(email, phone)| ContactDraft {
            emails: email.then(|| EmailDraft::of("asa@exempel.se", DataSource::Staff)).into_iter().collect(),
            phones: phone.then(|| PhoneDraft::of("070-174 06 05", DataSource::Staff)).into_iter().collect(),
        });
        let system = proptest::option::of(proptest::sample::select(vec!["rexnet", "skola24"]));
        (given, family, birth, numbers, contact, system).prop_filter_map(
            "a birth date that the number contradicts",
            |(given, family, birth, numbers, contact, system)| {
                let external_identifiers = system
                    .into_iter()
                    .map(|system| ExternalIdentifierDraft {
                        system: system.to_owned(),
                        value: "P-4711".to_owned(),
                    })
                    .collect();
                let draft =
                    PersonDraft { contact, external_identifiers, ..draft(given, family, birth, &numbers) };
                let id = PersonId::from_uuid(Uuid::from_u128(1));
                let organiser = OrganiserId::from_uuid(Uuid::from_u128(2));
                NewPerson::new(id, organiser, &draft, day("2026-08-17")).ok().map(|_| draft)
            },
        )
    }

    fn letters() -> impl Strategy<Value = Vec<char>> {
        proptest::collection::vec(proptest::sample::select(vec!['a', 'b', 'å']), 0..6)
    }

    proptest! {
        #[test]
        fn the_order_says_nothing(one in drafts(), other in drafts()) {
            let (one, other) = (facts(&one), facts(&other));
            prop_assert_eq!(compare(&one, &other), compare(&other, &one));
        }

        #[test]
        fn two_personnummer_are_two_persons(one in drafts(), other in drafts()) {
            let number = |draft: PersonDraft, value: &str| {
                let own = super::tests::draft("x", "y", None, &[value]).identity_numbers;
                PersonDraft { identity_numbers: own, birth_date: None, ..draft }
            };
            let likeness = compare(&facts(&number(one, PERSONNUMMER[0])), &facts(&number(other, PERSONNUMMER[1])));
            prop_assert_eq!(likeness.class, None);
        }

        #[test]
        fn a_local_or_passing_number_makes_no_two_records_one(one in drafts(), other in drafts(), which in 0..2usize) {
            let with = |draft: &PersonDraft, numbers: &[&str]| {
                let numbers = super::tests::draft("x", "y", None, numbers).identity_numbers;
                facts(&PersonDraft { identity_numbers: numbers, birth_date: draft.birth_date.or(Some(day("2000-01-01"))), ..draft.clone() })
            };
            let number = [INTERIM, LOCAL][which];
            let shared = compare(&with(&one, &[number]), &with(&other, &[number]));
            let none = compare(&with(&one, &[]), &with(&other, &[]));
            prop_assert_eq!(shared, none, "sharing such a number changes nothing");
        }

        #[test]
        fn more_that_speaks_for_it_never_makes_it_less_likely(one in drafts(), other in drafts()) {
            let bare = |draft: &PersonDraft| facts(&PersonDraft { contact: ContactDraft::default(), ..draft.clone() });
            let full = compare(&facts(&one), &facts(&other));
            prop_assert!(compare(&bare(&one), &bare(&other)).class <= full.class);
        }

        #[test]
        fn the_distance_of_words_is_a_distance(one in letters(), other in letters(), third in letters()) {
            prop_assert_eq!(distance(&one, &other), distance(&other, &one));
            prop_assert_eq!(distance(&one, &other) == 0, one == other);
            prop_assert!(distance(&one, &other) <= one.len().max(other.len()));
            // Swapped neighbours count once, so that the way over a third word may be one shorter for each.
            prop_assert!(distance(&one, &third) <= 2 * (distance(&one, &other) + distance(&other, &third)));
        }
    }
}

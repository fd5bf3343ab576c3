//! A small town of records, accounts, relations, clearings and bans, merged at random.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, Months};
use proptest::prelude::*;
use uuid::Uuid;

use super::super::{Decider, NewRelation, Right, RightSet, Situation, Terms, rights_on};
use super::*;
use crate::id::Id;
use crate::period::Period;
use crate::person::DataSource;
use crate::text::Text;

const PERSONS: u128 = 6;
const DAYS: u64 = 60;

fn person(number: u128) -> PersonId {
    PersonId::from_uuid(Uuid::from_u128(number))
}

fn account(number: u128) -> AccountId {
    AccountId::from_uuid(Uuid::from_u128(1000 + number))
}

/// Day 20 is today.
fn day(number: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(number)
}

fn text(raw: &str) -> Text {
    Text::line(raw, 500).unwrap()
}

#[derive(Clone, PartialEq, Debug)]
struct Town {
    /// Where each record has gone, if it was merged.
    withdrawn: BTreeSet<PersonId>,
    births: BTreeMap<PersonId, Option<NaiveDate>>,
    protected: BTreeSet<PersonId>,
    accounts: BTreeMap<AccountId, PersonId>,
    relations: Vec<Relation>,
    clearings: Vec<(Clearing, bool)>,
    bans: Vec<(PersonId, PersonId, Period)>,
    second_person: SecondPerson,
}

/// What an account may do over a record on a day.
type Rights = BTreeMap<(AccountId, PersonId, u64), RightSet>;

impl Town {
    fn rights(&self) -> Rights {
        let mut all = Rights::new();
        for (account, holder) in &self.accounts {
            for relation in &self.relations {
                let person = relation.person;
                if relation.relative != *holder
                    || relation.withdrawn
                    || self.withdrawn.contains(holder)
                    || self.withdrawn.contains(&person)
                {
                    continue;
                }
                let bans: Vec<Period> = self
                    .bans
                    .iter()
                    .filter(|(kept_safe, against, _)| (kept_safe, against) == (&person, holder))
                    .map(|(.., period)| *period)
                    .collect();
                let is_cleared = self.clearings.iter().any(|(clearing, stands)| {
                    *stands
                        && clearing.is_in_force()
                        && (clearing.person, clearing.relative) == (person, *holder)
                });
                let situation = Situation {
                    birth_date: self.births[&person],
                    bans: &bans,
                    is_protected: self.protected.contains(&person),
                    is_cleared,
                };
                for number in 20..DAYS {
                    let confirmed = relation.is_confirmed();
                    let held = rights_on(day(number), relation.kind, &relation.terms, confirmed, &situation);
                    let entry = all.entry((*account, person, number)).or_default();
                    *entry = entry.union(held);
                }
            }
        }
        all
    }

    /// Merges, as the account, unless something stands in the way; how to undo it.
    fn merge(&mut self, to: PersonId, from: PersonId, by: AccountId, hidden: bool) -> Option<Undo> {
        let between =
            |one: PersonId, other: PersonId| [one, other] == [to, from] || [other, one] == [to, from];
        let stands_between =
            self.relations.iter().any(|relation| between(relation.person, relation.relative));
        let banned = self.bans.iter().any(|(one, other, _)| between(*one, *other));
        let cleared = self.clearings.iter().any(|(clearing, _)| between(clearing.person, clearing.relative));
        let open = |person| !self.withdrawn.contains(&person) && !self.protected.contains(&person);
        if to == from || !open(to) || !open(from) || stands_between || banned || cleared {
            return None;
        }
        let (mine, theirs) = (self.births[&to], self.births[&from]);
        if mine.is_some() && theirs.is_some() && mine != theirs {
            return None;
        }
        let carrying = Carrying {
            from,
            to,
            opens: Opens {
                to_accounts: self.accounts.values().any(|holder| *holder == from),
                birth_date: mine.is_none() && theirs.is_some(),
            },
            today: day(20),
            by: Some(by),
            second_person: self.second_person,
        };
        let before = self.clone();
        let names = |one: PersonId, other: PersonId, who: PersonId| one == who || other == who;
        let kept: Vec<(usize, Relation)> = self
            .relations
            .iter()
            .cloned()
            .enumerate()
            .filter(|(_, relation)| !names(relation.person, relation.relative, from))
            .collect();
        let mut was = Vec::new();
        for (place, relation) in self.relations.iter_mut().enumerate() {
            if !names(relation.person, relation.relative, from)
                && !names(relation.person, relation.relative, to)
            {
                continue;
            }
            let beside = kept.iter().map(|(place, relation)| (*place, relation));
            match carrying.relation(relation, beside) {
                Carried::AsItIs => *relation = carrying.renamed(relation),
                Carried::Waits => {
                    let (after, before) = relation.waiting(Some(by));
                    was.push((place, before));
                    *relation = carrying.renamed(&after);
                }
                Carried::Undecided if !hidden => {
                    *self = before;
                    return None;
                }
                Carried::Doubles(_) | Carried::Undecided => {
                    was.push((place, Before::Standing));
                    *relation = Relation { withdrawn: true, ..relation.clone() };
                }
            }
        }
        let kept: Vec<(usize, Clearing)> = self
            .clearings
            .iter()
            .enumerate()
            .filter(|(_, (clearing, stands))| *stands && !names(clearing.person, clearing.relative, from))
            .map(|(place, (clearing, _))| (place, clearing.clone()))
            .collect();
        let mut cleared = Vec::new();
        for (place, (clearing, stands)) in self.clearings.iter_mut().enumerate() {
            let beside = kept.iter().map(|(place, clearing)| (*place, clearing));
            let outcome = if *stands { carrying.clearing(clearing, beside) } else { Carried::AsItIs };
            match outcome {
                Carried::AsItIs => {}
                Carried::Waits => {
                    let (after, before) = clearing.waiting(Some(by));
                    cleared.push((place, before));
                    *clearing = after;
                }
                Carried::Doubles(_) | Carried::Undecided => {
                    cleared.push((place, Before::Standing));
                    *stands = false;
                    continue;
                }
            }
            clearing.person = carrying.name_of(clearing.person);
            clearing.relative = carrying.name_of(clearing.relative);
        }
        for (one, other, _) in &mut self.bans {
            (*one, *other) = (carrying.name_of(*one), carrying.name_of(*other));
        }
        for holder in self.accounts.values_mut() {
            *holder = carrying.name_of(*holder);
        }
        self.births.insert(to, mine.or(theirs));
        self.withdrawn.insert(from);
        Some(Undo { before, was, cleared })
    }

    /// Undoes the last merge: the rows are put back one by one, by what the merge kept of them.
    fn undo(&mut self, undo: Undo) {
        let Undo { before, was, cleared } = undo;
        let mut restored = before.clone();
        // Whom each row names the registry's list says; what it was, the rule.
        for (row, named) in self.relations.iter().zip(&mut restored.relations) {
            *named = Relation { person: named.person, relative: named.relative, ..row.clone() };
        }
        for ((row, stands), (named, standing)) in self.clearings.iter().zip(&mut restored.clearings) {
            *named = Clearing { person: named.person, relative: named.relative, ..row.clone() };
            *standing = *stands;
        }
        for (place, before) in was {
            restored.relations[place] = restored.relations[place].put_back(before);
        }
        for (place, before) in cleared {
            let (clearing, stands) = &mut restored.clearings[place];
            *clearing = clearing.put_back(before);
            *stands = true;
        }
        assert_eq!(restored, before);
        *self = restored;
    }
}

struct Undo {
    before: Town,
    was: Vec<(usize, Before)>,
    cleared: Vec<(usize, Before)>,
}

/// Anybody, and often the first, so that what belongs together meets.
fn anybody() -> impl Strategy<Value = u128> {
    prop_oneof![1 => Just(0), 1 => 0..PERSONS]
}

fn periods() -> impl Strategy<Value = Period> {
    (0..45u64, prop::option::of(0..30u64))
        .prop_map(|(from, length)| Period::new(day(from), length.map(|length| day(from + length))).unwrap())
}

fn relations() -> impl Strategy<Value = Relation> {
    let kinds = prop::sample::select(RelationKind::ALL);
    let rights = prop::collection::vec(prop::sample::select(Right::ALL), 0..4);
    (anybody(), 1..PERSONS, kinds, periods(), rights, 0..6u8).prop_map(
        |(of, step, kind, period, rights, act)| {
            let rights: RightSet = rights.into_iter().collect();
            let new = NewRelation {
                person: person(of),
                relative: person((of + step) % PERSONS),
                kind,
                source: DataSource::Staff,
                period,
                rights: Some(rights.intersection(kind.may_carry())),
                reason: text("Enligt folkbokföringen"),
            };
            let entered = Relation::enter(new, Some(account(90)), SecondPerson::Needed).unwrap();
            let second = Decider { account: Some(account(91)), person: None, entered_by_person: None };
            match act {
                0 => entered,
                1 => entered.reject(&second, text("Domen har inte vunnit laga kraft")).unwrap_or(entered),
                2 => Relation { withdrawn: true, ..entered },
                _ => {
                    let confirmed = entered.confirm(&second, None).unwrap_or(entered);
                    let wider = Terms { rights: kind.may_carry(), ..confirmed.terms };
                    let widened = confirmed.change(
                        wider,
                        DataSource::Staff,
                        text("Enligt beslut"),
                        Some(account(90)),
                        SecondPerson::Needed,
                    );
                    if act == 3 { widened.unwrap() } else { confirmed }
                }
            }
        },
    )
}

fn clearings() -> impl Strategy<Value = (Clearing, bool)> {
    (anybody(), 1..PERSONS, 0..4u8).prop_map(|(of, step, act)| {
        let relative = person((of + step) % PERSONS);
        let setting = if act == 0 { SecondPerson::Needed } else { SecondPerson::NotNeeded };
        let entered =
            Clearing::enter(person(of), relative, text("Modern är målsman"), Some(account(90)), setting);
        (entered.unwrap(), act != 1)
    })
}

prop_compose! {
    fn towns(second_person: SecondPerson)(
        births in prop::collection::vec(prop::option::weighted(0.7, 0..3u32), PERSONS as usize),
        protected in prop::collection::btree_set(anybody(), 0..2),
        accounts in prop::collection::btree_set(0..PERSONS, 0..5),
        relations in prop::collection::vec(relations(), 0..9),
        clearings in prop::collection::vec(clearings(), 0..4),
        bans in prop::collection::vec((0..PERSONS, 1..PERSONS, periods()), 0..3),
    ) -> Town {
        // A child, one who comes of age on the way, and an adult.
        let born = [day(0) - Months::new(8 * 12), day(40) - Months::new(18 * 12), day(0) - Months::new(40 * 12)];
        Town {
            withdrawn: BTreeSet::new(),
            births: (0..PERSONS).zip(births).map(|(number, birth)| (person(number), birth.map(|place| born[place as usize]))).collect(),
            protected: protected.into_iter().map(person).collect(),
            accounts: accounts.into_iter().map(|number| (account(number), person(number))).collect(),
            relations,
            clearings,
            bans: bans.into_iter().map(|(of, step, period)| (person(of), person((of + step) % PERSONS), period)).collect(),
            second_person,
        }
    }
}

fn acts() -> impl Strategy<Value = Vec<(u128, u128, bool, bool)>> {
    prop::collection::vec((0..PERSONS, 0..PERSONS, prop::bool::weighted(0.3), any::<bool>()), 1..10)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_merges_give_anybody_a_right_without_a_second_person_and_undoing_leaves_no_trace(
        town in towns(SecondPerson::Needed), acts in acts(),
    ) {
        let allowed = town.rights();
        let by = account(7);
        let mut now = town;
        let mut made = Vec::new();
        for (to, from, undo, hidden) in acts {
            if undo {
                if let Some(last) = made.pop() {
                    now.undo(last);
                }
            } else {
                made.extend(now.merge(person(to), person(from), by, hidden));
            }
            for (what, held) in now.rights() {
                let before = allowed.get(&what).copied().unwrap_or_default();
                prop_assert!(before.covers(held), "{what:?} gained {held:?}");
            }
        }
        // Nor can whoever merged confirm what waits by it.
        let merger = Decider { account: Some(by), person: None, entered_by_person: None };
        for relation in &now.relations {
            if relation.entered_by == Some(by) {
                prop_assert!(relation.confirm(&merger, None).is_err());
            }
        }
        while let Some(last) = made.pop() {
            now.undo(last);
        }
    }

    #[test]
    fn where_no_second_person_is_needed_undoing_leaves_no_trace_either(
        town in towns(SecondPerson::NotNeeded), acts in acts(),
    ) {
        let mut now = town.clone();
        let mut made = Vec::new();
        for (to, from, ..) in acts {
            made.extend(now.merge(person(to), person(from), account(7), true));
        }
        while let Some(last) = made.pop() {
            now.undo(last);
        }
        prop_assert_eq!(now, town);
    }
}

fn custody(of: u128, relative: u128, from: u64) -> Relation {
    let new = NewRelation {
        person: person(of),
        relative: person(relative),
        kind: RelationKind::Guardian,
        source: DataSource::Staff,
        period: Period::new(day(from), None).unwrap(),
        rights: None,
        reason: text("Enligt folkbokföringen"),
    };
    Relation::enter(new, Some(account(90)), SecondPerson::NotNeeded).unwrap()
}

fn carrying() -> Carrying {
    Carrying {
        from: person(2),
        to: person(1),
        opens: Opens::default(),
        today: day(20),
        by: Some(account(7)),
        second_person: SecondPerson::Needed,
    }
}

#[test]
fn what_the_kept_record_has_already_is_not_had_twice() {
    let (mine, theirs) = (custody(3, 1, 0), custody(3, 2, 10));
    assert_eq!(carrying().relation(&theirs, [(5, &mine)]), Carried::Doubles(5));
    // Of another kind, over another child, or rejected, it is no double.
    let foster = Relation { kind: RelationKind::FosterHome, ..mine.clone() };
    let rejected = Relation { state: RelationState::Rejected, ..mine.clone() };
    for other in [foster, custody(4, 1, 0), rejected] {
        assert_eq!(carrying().relation(&theirs, [(5, &other)]), Carried::Waits);
    }
    assert_eq!(carrying().relation(&mine, [(5, &mine)]), Carried::AsItIs);
}

#[test]
fn what_opens_nothing_moves_as_it_is() {
    let none: [(u8, &Relation); 0] = [];
    let past = Period::new(day(0), Some(day(19))).unwrap();
    let theirs = custody(3, 2, 0);
    let ended = Relation { terms: Terms { period: past, ..theirs.terms }, ..theirs.clone() };
    let contact = Relation { terms: Terms { rights: RightSet::NONE, ..theirs.terms }, ..theirs.clone() };
    let job = crate::id::JobId::from_uuid(Uuid::from_u128(9));
    let named =
        Relation::named_by_source(person(3), person(2), day(0), text("Namngiven av filen"), job).unwrap();
    for relation in [ended, contact, named] {
        assert_eq!(carrying().relation(&relation, none), Carried::AsItIs);
    }
    let waits = Relation { state: RelationState::Waiting, ..theirs.clone() };
    assert_eq!(carrying().relation(&waits, none), Carried::Undecided);
    let free = Carrying { second_person: SecondPerson::NotNeeded, ..carrying() };
    assert_eq!(free.relation(&theirs, none), Carried::AsItIs);
}

#[test]
fn whoever_was_cleared_under_one_record_waits_under_the_other() {
    let none: [(u8, &Clearing); 0] = [];
    let entered = |relative, second_person| {
        Clearing::enter(
            person(3),
            person(relative),
            text("Modern är målsman"),
            Some(account(90)),
            second_person,
        )
        .unwrap()
    };
    let (mine, theirs) = (entered(1, SecondPerson::NotNeeded), entered(2, SecondPerson::NotNeeded));
    assert_eq!(carrying().clearing(&theirs, none), Carried::Waits);
    assert_eq!(carrying().clearing(&theirs, [(5, &mine)]), Carried::Doubles(5));
    assert_eq!(carrying().clearing(&mine, none), Carried::AsItIs);
    assert_eq!(carrying().clearing(&entered(2, SecondPerson::Needed), none), Carried::Undecided);
    let (waits, before) = theirs.waiting(Some(account(7)));
    assert!(!waits.is_in_force());
    assert_eq!(waits.put_back(before), theirs);
}

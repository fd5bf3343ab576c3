//! Merging two records of one person, and undoing it.
//!
//! One record is kept and one is withdrawn. What the kept one lacks is added from the other; where
//! both say something, the kept one's word stands. Identity numbers and external identifiers are
//! records of their own and move as such.

use chrono::{DateTime, Datelike, NaiveDate, Utc};

use super::{
    ContactDetails, HeldIdentityNumber, IdentityNumberKind, PersonFacts, Sex, contact::MOST_CONTACTS,
    redacted,
};
use crate::id::{PersonId, SchoolUnitId};
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

/// How a merge stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MergeState {
    /// It holds.
    Merged,
    /// It was undone.
    Reversed,
}

impl MergeState {
    /// As it is stored.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Merged => "merged",
            Self::Reversed => "reversed",
        }
    }

    /// The state of that code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Merged, Self::Reversed].into_iter().find(|state| state.code() == code)
    }
}

/// A merge of two records of one person.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonMerge {
    /// Whose record stays.
    pub kept: PersonId,
    /// Whose record is withdrawn.
    pub merged: PersonId,
    /// Why.
    pub reason: Text,
    /// Why and when it was undone, if it was.
    pub reversal: Option<(Text, DateTime<Utc>)>,
}

impl PersonMerge {
    /// How it stands.
    #[must_use]
    pub fn state(&self) -> MergeState {
        if self.reversal.is_some() { MergeState::Reversed } else { MergeState::Merged }
    }

    /// The merge as undone.
    ///
    /// # Errors
    /// [`Rule::State`] when it has been undone already.
    pub fn reversed(&self, reason: Text, now: DateTime<Utc>) -> Result<Self, Refusal> {
        match self.state() {
            MergeState::Merged => Ok(Self { reversal: Some((reason, now)), ..self.clone() }),
            MergeState::Reversed => Err(Refusal::new(Rule::State, "the merge has been undone already")),
        }
    }
}

/// What the kept record lacked and got in a merge. `Debug` shows nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Added {
    /// The date of birth.
    pub birth_date: Option<NaiveDate>,
    /// The legal sex.
    pub sex: Option<Sex>,
    /// The school unit at which the person is registered.
    pub registered_at: Option<SchoolUnitId>,
    /// Contact details.
    pub contact: ContactDetails,
}

redacted!(Added);

impl Added {
    /// The names of the fields, as the interface has them.
    #[must_use]
    pub fn fields(&self) -> Vec<&'static str> {
        let Self { birth_date, sex, registered_at, contact } = self;
        let ContactDetails { emails, phones } = contact;
        let named = [
            ("birthDate", birth_date.is_some()),
            ("sex", sex.is_some()),
            ("schoolUnitId", registered_at.is_some()),
            ("contact.emails", !emails.is_empty()),
            ("contact.phones", !phones.is_empty()),
        ];
        named.into_iter().filter_map(|(field, added)| added.then_some(field)).collect()
    }
}

/// What the kept record becomes, and what of it was added. The numbers and identifiers of `kept`
/// are left as they are: those of the other record move by themselves.
///
/// # Errors
/// All at once, at `/mergeId`:
/// - [`Rule::Conflict`] when both hold a personnummer, current or ended: then they are two
///   persons, or somebody who has got a new identity, which nobody may link to the old;
/// - [`Rule::Conflict`] when their dates of birth differ, or when one record's personnummer
///   holds another year or month than the other's date of birth;
/// - [`Rule::Overlap`] where two numbers of one kind would be held on the same day.
pub fn combine(kept: &PersonFacts, merged: &PersonFacts) -> Result<(PersonFacts, Added), Refusals> {
    let mut refusals = Refusals::default();
    let conflict = |what: &str| Refusal::new(Rule::Conflict, what);
    let is_personnummer = |held: &&HeldIdentityNumber| held.number.kind() == IdentityNumberKind::Personnummer;
    let personnummer_of = |facts: &PersonFacts| facts.identity_numbers.iter().find(is_personnummer).cloned();
    let (mine, theirs) = (personnummer_of(kept), personnummer_of(merged));
    if mine.is_some() && theirs.is_some() {
        refusals.0.push(conflict(
            "both hold a personnummer: they are two persons, or one with a new identity, which is never linked",
        ));
    }
    let disagrees = |birth: Option<NaiveDate>, held: Option<&HeldIdentityNumber>| {
        let other = held.and_then(|held| held.number.birth_date());
        birth
            .zip(other)
            .is_some_and(|(birth, other)| (birth.year(), birth.month()) != (other.year(), other.month()))
    };
    if kept.birth_date.zip(merged.birth_date).is_some_and(|(mine, theirs)| mine != theirs) {
        refusals.0.push(conflict("their dates of birth differ: correct the one that is wrong first"));
    } else if disagrees(kept.birth_date, theirs.as_ref()) || disagrees(merged.birth_date, mine.as_ref()) {
        refusals.0.push(conflict("a personnummer holds another year or month than the date of birth"));
    }
    for held in &kept.identity_numbers {
        let clash = |other: &&HeldIdentityNumber| {
            other.is_in_series_with(held) && other.period.overlaps(&held.period)
        };
        if let Some(other) = merged.identity_numbers.iter().find(clash) {
            let kind = held.number.kind().code();
            let detail = format!(
                "both hold a {kind} on the same days, one {}, the other {}: end one of them first",
                held.period, other.period
            );
            refusals.0.push(Refusal::new(Rule::Overlap, detail));
        }
    }
    if !refusals.0.is_empty() {
        return Err(Refusals(refusals.0.into_iter().map(|refusal| refusal.at("/mergeId")).collect()));
    }
    let added = Added {
        birth_date: merged.birth_date.filter(|_| kept.birth_date.is_none()),
        sex: (kept.sex == Sex::NotStated && merged.sex != Sex::NotStated).then_some(merged.sex),
        registered_at: merged.registered_at.filter(|_| kept.registered_at.is_none()),
        contact: lacking(&kept.contact, &merged.contact),
    };
    let after = PersonFacts {
        birth_date: kept.birth_date.or(added.birth_date),
        sex: added.sex.unwrap_or(kept.sex),
        registered_at: kept.registered_at.or(added.registered_at),
        contact: with(&kept.contact, &added.contact),
        ..kept.clone()
    };
    Ok((after, added))
}

/// What the kept record becomes when a merge is undone: without what was added, where that still
/// stands as it was added. What has been corrected since stays as corrected.
#[must_use]
pub fn take_back(present: &PersonFacts, added: &Added) -> PersonFacts {
    let Added { birth_date, sex, registered_at, contact } = added;
    PersonFacts {
        birth_date: present.birth_date.filter(|birth| Some(*birth) != *birth_date),
        sex: if *sex == Some(present.sex) { Sex::NotStated } else { present.sex },
        registered_at: present.registered_at.filter(|unit| Some(*unit) != *registered_at),
        contact: without(&present.contact, contact),
        ..present.clone()
    }
}

/// What of the other's contact details is not there and fits.
fn lacking(kept: &ContactDetails, merged: &ContactDetails) -> ContactDetails {
    let ContactDetails { emails, phones } = merged;
    ContactDetails {
        emails: emails
            .iter()
            .filter(|email| !kept.emails.iter().any(|mine| mine.address.key() == email.address.key()))
            .take(MOST_CONTACTS.saturating_sub(kept.emails.len()))
            .cloned()
            .collect(),
        phones: phones
            .iter()
            .filter(|phone| !kept.phones.iter().any(|mine| mine.key() == phone.key()))
            .take(MOST_CONTACTS.saturating_sub(kept.phones.len()))
            .cloned()
            .collect(),
    }
}

fn with(mine: &ContactDetails, added: &ContactDetails) -> ContactDetails {
    ContactDetails {
        emails: mine.emails.iter().chain(&added.emails).cloned().collect(),
        phones: mine.phones.iter().chain(&added.phones).cloned().collect(),
    }
}

fn without(present: &ContactDetails, added: &ContactDetails) -> ContactDetails {
    fn left<T: Clone + PartialEq>(present: &[T], added: &[T]) -> Vec<T> {
        present.iter().filter(|entry| !added.contains(entry)).cloned().collect()
    }
    ContactDetails {
        emails: left(&present.emails, &added.emails),
        phones: left(&present.phones, &added.phones),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Id, OrganiserId};
    use crate::person::{
        ContactDraft, DataSource, EmailDraft, HeldIdentityNumberDraft, NameDraft, NewPerson, PersonDraft,
        PhoneDraft, ProtectionReport,
    };
    use proptest::prelude::*;
    use uuid::Uuid;

    fn day(year: i32, month: u32, number: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, number).unwrap()
    }

    fn number(value: &str, from: i32, to: Option<i32>) -> HeldIdentityNumberDraft {
        HeldIdentityNumberDraft {
            kind: None,
            value: value.to_owned(),
            from: day(from, 1, 1),
            to: to.map(|year| day(year, 12, 31)),
            source: DataSource::Staff,
            coordination: None,
            issued_by: None,
        }
    }

    fn facts(draft: &PersonDraft) -> PersonFacts {
        let id = PersonId::from_uuid(Uuid::from_u128(1));
        let organiser = OrganiserId::from_uuid(Uuid::from_u128(2));
        NewPerson::new(id, organiser, draft, day(2026, 8, 17)).unwrap().facts().clone()
    }

    fn person(birth: Option<NaiveDate>, numbers: Vec<HeldIdentityNumberDraft>) -> PersonDraft {
        PersonDraft {
            name: NameDraft { given: "Åsa".into(), family: "Öberg".into(), ..NameDraft::default() },
            birth_date: birth,
            sex: Some(Sex::NotStated),
            identity_numbers: numbers,
            contact: ContactDraft::default(),
            addresses: Vec::new(),
            protection: ProtectionReport::Unmarked,
            external_identifiers: Vec::new(),
            registered_at: None,
        }
    }

    /// The rules that refuse a merge.
    fn refused(kept: &PersonDraft, merged: &PersonDraft) -> Vec<Rule> {
        match combine(&facts(kept), &facts(merged)) {
            Ok(_) => Vec::new(),
            Err(refusals) => refusals.0.iter().map(|refusal| refusal.rule).collect(),
        }
    }

    #[test]
    fn two_personnummer_are_two_persons_even_if_one_has_ended() {
        let ended = person(None, vec![number("198507132390", 1985, Some(2019))]);
        let current = person(None, vec![number("198507142399", 2020, None)]);
        for (kept, merged) in [(&ended, &current), (&current, &ended)] {
            assert!(refused(kept, merged).contains(&Rule::Conflict));
        }
        assert_eq!(refused(&current, &person(None, vec![])), []);
    }

    #[test]
    fn what_contradicts_must_be_corrected_first() {
        let mine = person(Some(day(1985, 7, 13)), vec![]);
        assert_eq!(refused(&mine, &person(Some(day(1986, 7, 13)), vec![])), [Rule::Conflict]);
        assert_eq!(refused(&mine, &person(None, vec![number("199001122390", 1990, None)])), [Rule::Conflict]);
        assert_eq!(refused(&mine, &person(None, vec![number("198507132390", 1985, None)])), []);
    }

    fn contacts() -> impl Strategy<Value = ContactDraft> {
        let some = || proptest::collection::btree_set(0..6usize, 0..5);
        (some(), some()).prop_map(|(emails, phones)| ContactDraft {
            emails: emails
                .iter()
                .map(|number| EmailDraft::of(&format!("asa{number}@exempel.se"), DataSource::Staff))
                .collect(),
            phones: phones
                .iter()
                .map(|number| PhoneDraft::of(&format!("070-174 06 0{number}"), DataSource::Staff))
                .collect(),
        })
    }

    fn drafts() -> impl Strategy<Value = PersonDraft> {
        let sexes = proptest::sample::select(vec![Sex::Woman, Sex::Man, Sex::NotStated]);
        (contacts(), proptest::option::of(Just(day(1985, 7, 13))), sexes, proptest::option::of(0..3u128))
            .prop_map(|(contact, birth_date, sex, unit)| PersonDraft {
                contact,
                birth_date,
                sex: Some(sex),
                registered_at: unit.map(|unit| SchoolUnitId::from_uuid(Uuid::from_u128(unit))),
                ..person(None, vec![])
            })
    }

    proptest! {
        #[test]
        fn undoing_a_merge_gives_back_what_was_there(kept in drafts(), merged in drafts()) {
            let (kept, merged) = (facts(&kept), facts(&merged));
            let (after, added) = combine(&kept, &merged).unwrap();
            prop_assert!(take_back(&after, &added) == kept);
            prop_assert_eq!(added.fields().is_empty(), after == kept);
        }

        #[test]
        fn the_kept_records_word_stands_and_what_comes_of_it_is_a_person(kept in drafts(), merged in drafts()) {
            let (mine, theirs) = (facts(&kept), facts(&merged));
            let (after, _) = combine(&mine, &theirs).unwrap();
            prop_assert!(after.birth_date == mine.birth_date.or(theirs.birth_date));
            prop_assert!(mine.sex == Sex::NotStated || after.sex == mine.sex);
            prop_assert!(mine.contact.emails.iter().all(|email| after.contact.emails.contains(email)));
            prop_assert!(theirs.contact.phones.iter().all(|phone| after.contact.phones.contains(phone)));
        }

        #[test]
        fn what_was_corrected_since_stays(kept in drafts(), merged in drafts()) {
            let (kept, merged) = (facts(&kept), facts(&merged));
            let (mut after, added) = combine(&kept, &merged).unwrap();
            after.birth_date = Some(day(1985, 7, 14));
            after.registered_at = Some(SchoolUnitId::from_uuid(Uuid::from_u128(9)));
            let undone = take_back(&after, &added);
            prop_assert_eq!(undone.birth_date, after.birth_date);
            prop_assert_eq!(undone.registered_at, after.registered_at);
        }
    }
}

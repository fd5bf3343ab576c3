//! A change of identity number: a new number takes over from an older one, which stays in the
//! history and is found still.
//!
//! A new identity (fingerade personuppgifter) is never such a change: the person is registered
//! afresh, and nothing links the two.

use chrono::{Days, NaiveDate};

use super::{HeldIdentityNumber, IdentityNumber, IdentityNumberKind, PersonFacts, Sex};
use crate::period::Period;
use crate::refusal::{Refusal, Rule};

/// Lets a number take over from the one that `replaced` names, from the first day of the new
/// number's period. A date of birth and a sex that came from the old number follow the new one.
///
/// # Errors
/// - [`Rule::UnknownReference`] at `/replaces` when the person does not hold that number now;
/// - [`Rule::Conflict`] at `/number` when the new number tells less than the old one (a coordination
///   number follows T, TF and interim numbers, a personnummer any other), or is the same;
/// - [`Rule::OutOfRange`] at `/from` when the old number would have no day left.
pub fn change_number(
    facts: &PersonFacts,
    replaced: &IdentityNumber,
    new: HeldIdentityNumber,
) -> Result<PersonFacts, Refusal> {
    let from = new.period.from();
    let is_replaced =
        |held: &&HeldIdentityNumber| held.number == *replaced && held.period.to().is_none_or(|to| to >= from);
    let old = facts.identity_numbers.iter().find(is_replaced).cloned().ok_or_else(|| {
        Refusal::new(Rule::UnknownReference, "the person does not hold this number on that day")
            .at("/replaces")
    })?;
    if !follows(old.number.kind(), new.number.kind()) {
        let (old, new) = (old.number.kind().code(), new.number.kind().code());
        return Err(
            Refusal::new(Rule::Conflict, format!("a {new} does not take over from a {old}")).at("/number")
        );
    }
    if old.number == new.number {
        return Err(Refusal::new(Rule::Conflict, "it is the number that the person has").at("/number"));
    }
    let last = last_day(&old, from)?;
    let number_birth = old.number.birth_date();
    let birth_date = match (facts.birth_date, number_birth) {
        (None, _) => new.number.birth_date(),
        (Some(known), Some(derived)) if known == derived => new.number.birth_date().or(facts.birth_date),
        (Some(_), _) => facts.birth_date,
    };
    let sex = if facts.sex == Sex::NotStated || facts.sex == old.number.sex() {
        new.number.sex()
    } else {
        facts.sex
    };
    let mut identity_numbers: Vec<HeldIdentityNumber> = facts
        .identity_numbers
        .iter()
        .map(
            |held| {
                if *held == old { HeldIdentityNumber { period: last, ..old.clone() } } else { held.clone() }
            },
        )
        .collect();
    identity_numbers.push(new);
    Ok(PersonFacts { birth_date, sex, identity_numbers, ..facts.clone() })
}

/// Whether a number of one kind may take over from one of another. A personnummer may be
/// corrected, and so may a coordination number.
fn follows(old: IdentityNumberKind, new: IdentityNumberKind) -> bool {
    use IdentityNumberKind::{CoordinationNumber, InterimNumber, Personnummer, TNumber, TfNumber};
    match new {
        Personnummer => true,
        CoordinationNumber => old != Personnummer,
        InterimNumber => matches!(old, TNumber | TfNumber),
        TNumber | TfNumber => false,
    }
}

/// The old number's days, up to the day before the new one's first.
fn last_day(old: &HeldIdentityNumber, from: NaiveDate) -> Result<Period, Refusal> {
    let before = from.checked_sub_days(Days::new(1));
    before.and_then(|last| Period::new(old.period.from(), Some(last)).ok()).ok_or_else(|| {
        let detail = format!("the old number is held {}: the new one takes over on a later day", old.period);
        Refusal::new(Rule::OutOfRange, detail).at("/from")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{Id, OrganiserId, PersonId, SchoolUnitId};
    use crate::person::{
        ContactDraft, DataSource, HeldIdentityNumberDraft, NameDraft, NewPerson, PersonDraft,
        ProtectionReport,
    };
    use proptest::prelude::*;
    use uuid::Uuid;

    /// One official test number of each kind, the most telling first, and a second personnummer.
    const NUMBERS: [&str; 5] =
        ["198507132390", "198507912387", "20000101R220", "20000101-TF10", "198507012394"];

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn held(value: &str, from: NaiveDate) -> HeldIdentityNumberDraft {
        HeldIdentityNumberDraft {
            kind: None,
            value: value.to_owned(),
            from,
            to: None,
            source: DataSource::Staff,
            coordination: None,
            issued_by: value.contains("TF").then(|| SchoolUnitId::from_uuid(Uuid::from_u128(9))),
        }
    }

    fn new(value: &str, from: NaiveDate) -> HeldIdentityNumber {
        HeldIdentityNumber::new(&held(value, from), day("2026-08-17")).unwrap()
    }

    fn person(value: &str) -> PersonFacts {
        let draft = PersonDraft {
            name: NameDraft { given: "Åsa".into(), family: "Öberg".into(), ..NameDraft::default() },
            birth_date: None,
            sex: None,
            identity_numbers: vec![held(value, day("2020-01-01"))],
            contact: ContactDraft::default(),
            addresses: Vec::new(),
            protection: ProtectionReport::Unmarked,
            external_identifiers: vec![],
            registered_at: None,
        };
        let (id, organiser) =
            (PersonId::from_uuid(Uuid::from_u128(1)), OrganiserId::from_uuid(Uuid::from_u128(2)));
        NewPerson::new(id, organiser, &draft, day("2026-08-17")).unwrap().facts().clone()
    }

    #[test]
    fn the_old_number_ends_the_day_before_and_the_birth_date_follows() {
        let before = person(NUMBERS[1]);
        assert_eq!(before.birth_date, Some(day("1985-07-31")));
        let after =
            change_number(&before, &before.identity_numbers[0].number, new(NUMBERS[0], day("2026-03-01")))
                .unwrap();
        assert_eq!(after.birth_date, Some(day("1985-07-13")));
        let periods: Vec<String> =
            after.identity_numbers.iter().map(|held| held.period.to_string()).collect();
        assert_eq!(periods, ["from 2020-01-01 to 2026-02-28", "from 2026-03-01 until further notice"]);
    }

    #[test]
    fn the_first_day_of_the_old_number_is_too_early() {
        let before = person(NUMBERS[1]);
        let number = before.identity_numbers[0].number.clone();
        for (from, rule) in [("2020-01-01", Rule::OutOfRange), ("2019-05-01", Rule::OutOfRange)] {
            assert_eq!(change_number(&before, &number, new(NUMBERS[0], day(from))).unwrap_err().rule, rule);
        }
        let refused =
            change_number(&person(NUMBERS[0]), &number, new(NUMBERS[4], day("2026-01-01"))).unwrap_err();
        assert_eq!((refused.rule, refused.pointer.as_str()), (Rule::UnknownReference, "/replaces"));
    }

    proptest! {
        #[test]
        fn a_number_never_takes_over_from_one_that_tells_more(old in 0..NUMBERS.len(), next in 0..NUMBERS.len()) {
            let before = person(NUMBERS[old]);
            let number = before.identity_numbers[0].number.clone();
            let result = change_number(&before, &number, new(NUMBERS[next], day("2026-03-01")));
            let (old_kind, new_kind) = (number.kind(), new(NUMBERS[next], day("2026-03-01")).number.kind());
            let corrects = old_kind == new_kind && old_kind == IdentityNumberKind::Personnummer && old != next;
            prop_assert_eq!(result.is_ok(), new_kind < old_kind || corrects);
        }
    }
}

//! What people change themselves of how they are reached: a number or an address counts from the moment at which they have
//! given back a code that was sent to it, and not before.

use chrono::{DateTime, Utc};

use super::{
    ContactDetails, ContactEmail, ContactPhone, DataSource, EmailAddress, EmailKind, PhoneKind, PhoneNumber,
    contact::MOST_CONTACTS, redacted,
};
use crate::refusal::{Refusal, Rule};

/// What somebody wants to be reached by.
#[derive(Clone, PartialEq, Eq)]
pub enum OwnContact {
    /// A phone.
    Phone(PhoneNumber, PhoneKind),
    /// An e-mail address.
    Email(EmailAddress, EmailKind),
}

/// A change that somebody makes of their own contact details.
#[derive(Clone, PartialEq, Eq)]
pub struct OwnContactChange {
    /// What they want to be reached by.
    pub wanted: OwnContact,
    /// What it takes the place of, by its key; if that is gone meanwhile, it is added.
    pub replaces: Option<String>,
    /// Whether it comes first from then on.
    pub is_preferred: bool,
}

redacted!(OwnContact, OwnContactChange);

impl OwnContactChange {
    /// The details with the change, when the person has shown that what they want is theirs.
    ///
    /// # Errors
    /// [`Rule::Capacity`] when there would be too many.
    pub fn made(&self, before: &ContactDetails, now: DateTime<Utc>) -> Result<ContactDetails, Refusal> {
        let mut after = before.clone();
        let (source, verified_at) = (DataSource::Person, Some(now));
        match self.wanted.clone() {
            OwnContact::Phone(number, kind) => {
                let phone = ContactPhone { number, kind, source, verified_at };
                after.phones = self.placed(&before.phones, phone, |phone| phone.key().to_owned())?;
            }
            OwnContact::Email(address, kind) => {
                let email = ContactEmail { address, kind, source, verified_at };
                after.emails = self.placed(&before.emails, email, |email| email.address.key())?;
            }
        }
        Ok(after)
    }

    /// It takes the place of what it replaces, or its own where it stands there already; else it comes last.
    fn placed<T: Clone>(
        &self,
        before: &[T],
        wanted: T,
        key: impl Fn(&T) -> String,
    ) -> Result<Vec<T>, Refusal> {
        let standing = |of: &str| before.iter().position(|entry| key(entry) == of);
        let same = standing(&key(&wanted));
        let place = self.replaces.as_deref().and_then(standing).or(same);
        let mut after = Vec::with_capacity(before.len() + 1);
        let mut at = before.len();
        for (number, entry) in before.iter().enumerate() {
            if Some(number) == place {
                at = after.len();
                after.push(wanted.clone());
            } else if Some(number) != same {
                after.push(entry.clone());
            }
        }
        if place.is_none() {
            after.push(wanted);
        }
        if self.is_preferred
            && let Some(front) = after.get_mut(..=at)
        {
            front.rotate_right(1);
        }
        if after.len() > MOST_CONTACTS {
            let detail = format!("there are {MOST_CONTACTS} already; say which one it takes the place of");
            return Err(Refusal::new(Rule::Capacity, detail));
        }
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::person::{ContactDraft, PhoneDraft};

    fn number(last: u32) -> PhoneNumber {
        PhoneNumber::new(&format!("070-174 06 {last:02}")).unwrap()
    }

    fn details(numbers: &[u32]) -> ContactDetails {
        let phones =
            numbers.iter().map(|last| PhoneDraft::of(number(*last).as_str(), DataSource::Staff)).collect();
        ContactDetails::new(&ContactDraft { emails: Vec::new(), phones }).unwrap()
    }

    fn change(wanted: u32, replaces: Option<u32>, is_preferred: bool) -> OwnContactChange {
        OwnContactChange {
            wanted: OwnContact::Phone(number(wanted), PhoneKind::Mobile),
            replaces: replaces.map(|last| number(last).key().to_owned()),
            is_preferred,
        }
    }

    fn lasts(details: &ContactDetails) -> Vec<u32> {
        details.phones.iter().map(|phone| phone.key().split_at(10).1.parse().unwrap()).collect()
    }

    #[test]
    fn it_is_added_replaces_or_comes_first() {
        let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let made = |change: &OwnContactChange| lasts(&change.made(&details(&[1, 2, 3]), now).unwrap());
        assert_eq!(made(&change(4, None, false)), [1, 2, 3, 4]);
        assert_eq!(made(&change(4, None, true)), [4, 1, 2, 3]);
        assert_eq!(made(&change(4, Some(2), false)), [1, 4, 3]);
        assert_eq!(made(&change(4, Some(2), true)), [4, 1, 3]);
        assert_eq!(made(&change(4, Some(9), false)), [1, 2, 3, 4]);
        assert_eq!(made(&change(2, None, false)), [1, 2, 3]);
        assert_eq!(made(&change(2, None, true)), [2, 1, 3]);
        assert_eq!(made(&change(3, Some(1), false)), [3, 2]);
        let email = OwnContact::Email(EmailAddress::new("åsa@exempel.se").unwrap(), EmailKind::Private);
        let change = OwnContactChange { wanted: email, ..change(1, None, false) };
        let after = change.made(&details(&[1]), now).unwrap();
        assert_eq!((after.emails.len(), after.emails[0].verified_at), (1, Some(now)));
        let full: Vec<u32> = (0..20).collect();
        assert_eq!(
            super::tests::change(30, None, false).made(&details(&full), now).unwrap_err().rule,
            Rule::Capacity
        );
    }

    proptest! {
        #[test]
        fn what_was_shown_is_there_once_and_all_else_stays(
            before in prop::collection::btree_set(0_u32..12, 0..8), wanted in 0_u32..12, replaces in prop::option::of(0_u32..12), first: bool,
        ) {
            let before: Vec<u32> = before.into_iter().collect();
            let now = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
            let after = change(wanted, replaces, first).made(&details(&before), now).unwrap();
            let standing = lasts(&after);
            prop_assert_eq!(standing.iter().filter(|last| **last == wanted).count(), 1);
            let others: Vec<u32> = standing.iter().copied().filter(|last| *last != wanted).collect();
            let expected: Vec<u32> = before.iter().copied().filter(|last| *last != wanted && Some(*last) != replaces).collect();
            prop_assert_eq!(others, expected);
            prop_assert!(!first || standing.first() == Some(&wanted));
            for phone in &after.phones {
                prop_assert_eq!(phone.verified_at.is_some(), phone.key() == number(wanted).key());
            }
            // Entered anew by somebody, it keeps its mark, and gives it to no other.
            let entered = details(&[wanted, 50]).keeping_marks_of(&after);
            prop_assert_eq!(entered.phones.iter().map(|phone| phone.verified_at).collect::<Vec<_>>(), [Some(now), None]);
        }
    }
}

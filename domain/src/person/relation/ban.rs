//! Contact bans and barred relatives: what overrides every relation.

use super::{Decider, SecondPerson};
use crate::code::coded;
use crate::id::{AccountId, PersonId};
use crate::period::Period;
use crate::person::redacted;
use crate::refusal::{Refusal, Rule};
use crate::text::Text;

coded! {
    /// What a ban rests on.
    BanKind("kind of ban") {
        /// A prosecutor's or court's contact ban (kontaktförbud, lag 1988:688).
        ContactBan = "contact-ban",
        /// A relative who is barred for another reason: a decision of the social welfare
        /// committee, an order of a court on contact, the guardians' own word.
        BarredRelative = "barred-relative",
    }
}

/// Against whom.
#[derive(Clone, PartialEq, Eq)]
pub enum Against {
    /// A person of the register.
    Person(PersonId),
    /// Somebody who is not in it, as they were described; 1 to 200 characters.
    Described(Text),
}

/// What a change that waits would make of a ban.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BanProposal {
    /// Other days, some of the present ones not among them.
    Period(Period),
    /// It would be lifted.
    Lift,
}

coded! {
    /// How far a ban has come.
    BanState("state of a ban") {
        /// In force on its days.
        InForce = "in-force",
        /// In force on its days, and a change that would narrow or lift it waits for a second person.
        ChangeWaiting = "change-waiting",
    }
}

/// That somebody has no access to a person, whatever relations say. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactBan {
    /// Who is kept safe.
    pub person: PersonId,
    /// Against whom.
    pub against: Against,
    /// What it rests on.
    pub kind: BanKind,
    /// The days.
    pub period: Period,
    /// What a change that waits would make of it.
    pub proposal: Option<BanProposal>,
    /// Why it was entered or changed last; 5 to 500 characters.
    pub reason: Text,
    /// The account that entered or changed it last.
    pub entered_by: Option<AccountId>,
    /// The account that confirmed or rejected last.
    pub decided_by: Option<AccountId>,
    /// What they noted; 5 to 500 characters.
    pub decision_note: Option<Text>,
    /// Lifted: it holds no day any more.
    pub withdrawn: bool,
}

redacted!(Against, ContactBan);

impl ContactBan {
    /// Enters a ban. It is in force at once: it takes access away.
    ///
    /// # Errors
    /// [`Rule::Conflict`] at `/againstId` for one against the person themselves.
    pub fn enter(
        person: PersonId,
        against: Against,
        kind: BanKind,
        period: Period,
        reason: Text,
        by: Option<AccountId>,
    ) -> Result<Self, Refusal> {
        if against == Against::Person(person) {
            return Err(Refusal::new(Rule::Conflict, "nobody is banned from themselves").at("/againstId"));
        }
        Ok(Self {
            person,
            against,
            kind,
            period,
            proposal: None,
            reason,
            entered_by: by,
            decided_by: None,
            decision_note: None,
            withdrawn: false,
        })
    }

    /// How far it has come.
    #[must_use]
    pub fn state(&self) -> BanState {
        if self.proposal.is_some() { BanState::ChangeWaiting } else { BanState::InForce }
    }

    /// The person of the register against whom it is, if it is one.
    #[must_use]
    pub fn against_person(&self) -> Option<PersonId> {
        match &self.against {
            Against::Person(person) => Some(*person),
            Against::Described(_) => None,
        }
    }

    /// Changes its days. Days more hold at once. Days fewer open something, and wait where a
    /// second person is needed; until then it holds on every day from the first to the last of
    /// both.
    #[must_use]
    pub fn change(
        &self,
        wanted: Period,
        reason: Text,
        by: Option<AccountId>,
        second_person: SecondPerson,
    ) -> Self {
        let changed = Self { reason, entered_by: by, ..self.clone() };
        if second_person == SecondPerson::NotNeeded || wanted.covers(&self.period) {
            return Self { period: wanted, proposal: None, ..changed };
        }
        Self { period: hull(&self.period, &wanted), proposal: Some(BanProposal::Period(wanted)), ..changed }
    }

    /// Lifts it, at once or once a second person has confirmed it.
    #[must_use]
    pub fn lift(&self, reason: Text, by: Option<AccountId>, second_person: SecondPerson) -> Self {
        let changed = Self { reason, entered_by: by, ..self.clone() };
        match second_person {
            SecondPerson::NotNeeded => Self { proposal: None, withdrawn: true, ..changed },
            SecondPerson::Needed => Self { proposal: Some(BanProposal::Lift), ..changed },
        }
    }

    /// Confirms what waits: it takes effect.
    ///
    /// # Errors
    /// [`Rule::State`] when nothing waits; as [`Decider::may_confirm`].
    pub fn confirm(&self, decider: &Decider, note: Option<Text>) -> Result<Self, Refusal> {
        let proposal = self.proposal.ok_or_else(nothing_waits)?;
        let concerned: Vec<PersonId> = std::iter::once(self.person).chain(self.against_person()).collect();
        decider.may_confirm(self.entered_by, &concerned)?;
        let decided =
            Self { proposal: None, decided_by: decider.account, decision_note: note, ..self.clone() };
        Ok(match proposal {
            BanProposal::Period(period) => Self { period, ..decided },
            BanProposal::Lift => Self { withdrawn: true, ..decided },
        })
    }

    /// Rejects what waits: it stays in force as it is. Whoever entered it may do so too.
    ///
    /// # Errors
    /// [`Rule::State`] when nothing waits.
    pub fn reject(&self, decider: &Decider, note: Text) -> Result<Self, Refusal> {
        self.proposal.ok_or_else(nothing_waits)?;
        Ok(Self { proposal: None, decided_by: decider.account, decision_note: Some(note), ..self.clone() })
    }
}

fn nothing_waits() -> Refusal {
    Refusal::new(Rule::State, "nothing waits for a second person")
}

/// From the first day of either to the last of either.
fn hull(one: &Period, other: &Period) -> Period {
    let from = one.from().min(other.from());
    let to = one.to().zip(other.to()).map(|(one, other)| one.max(other));
    // It ends where one of them ends, which is no earlier than where it begins.
    Period::new(from, to).unwrap_or(*one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use chrono::{Days, NaiveDate};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn text() -> Text {
        Text::line("Kontaktförbud, åklagarens beslut", 500).unwrap()
    }

    fn person(number: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(number))
    }

    fn account(number: u128) -> Option<AccountId> {
        Some(AccountId::from_uuid(Uuid::from_u128(number)))
    }

    fn day(number: u64) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(number)
    }

    fn periods() -> impl Strategy<Value = Period> {
        (0..40u64, proptest::option::of(0..30u64)).prop_map(|(from, length)| {
            Period::new(day(from), length.map(|length| day(from + length))).unwrap()
        })
    }

    fn ban(period: Period) -> ContactBan {
        let against = Against::Person(person(2));
        ContactBan::enter(person(1), against, BanKind::ContactBan, period, text(), account(1)).unwrap()
    }

    proptest! {
        #[test]
        fn no_day_opens_before_a_second_person_says_so(
            first in periods(), changes in proptest::collection::vec((periods(), 0..5u8), 1..8),
        ) {
            let mut ban = ban(first);
            let second = Decider { account: account(2), person: None, entered_by_person: None };
            for (wanted, act) in changes {
                let before = ban.clone();
                match act {
                    0 => ban = ban.confirm(&second, None).unwrap_or(ban),
                    1 => ban = ban.reject(&second, text()).unwrap_or(ban),
                    2 => ban = ban.lift(text(), account(1), SecondPerson::Needed),
                    _ => ban = ban.change(wanted, text(), account(1), SecondPerson::Needed),
                }
                if act != 0 {
                    prop_assert!(!ban.withdrawn);
                    for number in 0..90 {
                        prop_assert!(!before.period.contains(day(number)) || ban.period.contains(day(number)));
                    }
                }
                if act > 2 {
                    prop_assert!(ban.period.covers(&wanted));
                }
                if ban.withdrawn { break }
            }
        }
    }

    #[test]
    fn one_person_alone_lifts_no_ban() {
        let lifted = ban(Period::new(day(0), None).unwrap()).lift(text(), account(1), SecondPerson::Needed);
        let same = Decider { account: account(1), person: None, entered_by_person: None };
        assert_eq!(lifted.confirm(&same, None).unwrap_err().rule, Rule::Conflict);
        let barred = Decider { account: account(2), person: Some(person(2)), entered_by_person: None };
        assert_eq!(lifted.confirm(&barred, None).unwrap_err().rule, Rule::Conflict);
        assert!(lifted.reject(&same, text()).is_ok());
        let second = Decider { account: account(2), person: None, entered_by_person: None };
        assert!(lifted.confirm(&second, None).unwrap().withdrawn);
    }
}

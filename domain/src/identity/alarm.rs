//! Signs of misuse (larm) that somebody should look at: they stop nobody, since whoever can cause one could shut others out.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    code::coded,
    id::{AccountId, ClientId},
    refusal::{Refusal, Rule},
    text::Text,
};

coded! {
    /// What happened.
    AlarmKind("alarm") {
        /// An account or a client was refused, or asked for what is not there for it, many times in a short while.
        ManyRefusals = "many-refusals",
        /// A client's secret, key or token was used from outside the networks that it may call from.
        OutsideNetworks = "outside-networks",
        /// A refresh token that had been used was used again: it was in two places, and its session has ended.
        ReusedRefreshToken = "reused-refresh-token",
    }
}

/// Who was at it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum AlarmSubject {
    /// A person's account, or somebody who has its login.
    Account(AccountId),
    /// An integrator's client, or somebody who has its secret.
    Client(ClientId),
}

/// An alarm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alarm {
    /// What happened.
    pub kind: AlarmKind,
    /// Who was at it.
    pub subject: AlarmSubject,
    /// How often it had happened when the alarm was raised.
    pub count: u32,
    /// What came of it.
    pub settlement: Option<Settlement>,
}

/// What came of an alarm.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settlement {
    /// Who looked at it.
    pub by: AccountId,
    /// When.
    pub at: DateTime<Utc>,
    /// What they found.
    pub note: Text,
}

impl Alarm {
    /// Notes what came of it. What was noted stands; nobody settles what they are said to have done themselves.
    ///
    /// # Errors
    /// [`Rule::NotPermitted`], [`Rule::State`].
    pub fn settled(self, settlement: Settlement) -> Result<Self, Refusal> {
        if self.subject == AlarmSubject::Account(settlement.by) {
            return Err(Refusal::new(
                Rule::NotPermitted,
                "somebody else settles an alarm about one's own account",
            ));
        }
        if self.settlement.is_some() {
            return Err(Refusal::new(Rule::State, "the alarm has been settled"));
        }
        Ok(Self { settlement: Some(settlement), ..self })
    }
}

/// How many refusals within [`Refusals::WHILE`] are an alarm. A client program that asks for what is gone, or a page left
/// open after somebody has lost a role, stays far below; whoever tries out ids does not.
const MOST_REFUSALS: u32 = 60;

/// The refusals of one caller, counted for a while from the first on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Refusals {
    since: DateTime<Utc>,
    count: u32,
}

impl Refusals {
    /// For so long refusals are counted together.
    pub const WHILE: TimeDelta = TimeDelta::minutes(10);

    /// Before the first.
    #[must_use]
    pub fn none(now: DateTime<Utc>) -> Self {
        Self { since: now, count: 0 }
    }

    /// One more; how many there were if that is an alarm. It is one once in a while, however many follow.
    pub fn note(&mut self, now: DateTime<Utc>) -> Option<u32> {
        if self.is_over(now) {
            *self = Self::none(now);
        }
        self.count = self.count.saturating_add(1);
        (self.count == MOST_REFUSALS).then_some(self.count)
    }

    /// Whether the while is over: what was counted says nothing any more.
    #[must_use]
    pub fn is_over(&self, now: DateTime<Utc>) -> bool {
        now - self.since >= Self::WHILE
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::id::Id;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + seconds, 0).unwrap()
    }

    proptest! {
        /// However refusals come, an alarm tells of as many as came within a while, and there is at most one in each.
        #[test]
        fn an_alarm_is_many_in_a_while_and_one_in_a_while(gaps in proptest::collection::vec(0_i64..40, 0..400)) {
            let (mut refusals, mut now, mut noted, mut alarms) = (Refusals::none(at(0)), 0, Vec::new(), Vec::new());
            for gap in gaps {
                now += gap;
                noted.push(now);
                if refusals.note(at(now)).is_some() {
                    alarms.push(now);
                    let lately = noted.iter().filter(|earlier| now - **earlier < 600).count();
                    prop_assert!(lately >= MOST_REFUSALS as usize);
                }
            }
            prop_assert!(alarms.windows(2).all(|pair| noted.iter().filter(|at| pair[0] < **at && **at <= pair[1]).count() >= MOST_REFUSALS as usize));
        }
    }

    #[test]
    fn sixty_at_once_are_an_alarm_and_sixty_in_an_hour_are_none() {
        let alarms = |apart: i64| {
            let mut refusals = Refusals::none(at(0));
            (0..60).filter(|number| refusals.note(at(number * apart)).is_some()).count()
        };
        assert_eq!((alarms(0), alarms(9), alarms(60)), (1, 1, 0));
    }

    #[test]
    fn nobody_settles_what_they_did_and_nothing_is_settled_twice() {
        let account = |number| AccountId::from_uuid(Uuid::from_u128(number));
        let alarm = Alarm {
            kind: AlarmKind::ManyRefusals,
            subject: AlarmSubject::Account(account(1)),
            count: 60,
            settlement: None,
        };
        let by = |by| Settlement {
            by: account(by),
            at: at(0),
            note: Text::line("Ett skript i datorsalen", 500).unwrap(),
        };
        assert_eq!(alarm.clone().settled(by(1)).unwrap_err().rule, Rule::NotPermitted);
        let settled = alarm.settled(by(2)).unwrap();
        assert_eq!(settled.settled(by(3)).unwrap_err().rule, Rule::State);
    }
}

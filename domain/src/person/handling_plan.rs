//! The handling plan (hanteringsplan) of a protected person: who may know, which name is shown, how home is
//! reached, and when somebody looks at it again.
//!
//! Skolverket advises each school to have one for each pupil with protected personal data; the law names
//! no interval for looking at it again, so that it is a setting.

use std::collections::BTreeSet;

use chrono::{Months, NaiveDate};

use super::{Alias, PersonName, redacted};
use crate::code::coded;
use crate::id::PersonId;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

/// The most persons who may know, beside those who hold the permission.
pub const MOST_WHO_MAY_KNOW: usize = 50;

coded! {
    /// Which name of a protected person is shown to those who meet them at the school.
    ShownNameKind("kind of shown name") {
        /// The alias that the program made.
        Alias = "alias",
        /// Another name, chosen together with the person.
        Chosen = "chosen",
        /// Their own name.
        Own = "own",
    }
}

/// Which name is shown. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub enum ShownName {
    /// The alias.
    Alias,
    /// This name.
    Chosen(PersonName),
    /// The person's own.
    Own,
}

impl ShownName {
    /// Which it is.
    #[must_use]
    pub fn kind(&self) -> ShownNameKind {
        match self {
            Self::Alias => ShownNameKind::Alias,
            Self::Chosen(_) => ShownNameKind::Chosen,
            Self::Own => ShownNameKind::Own,
        }
    }
}

coded! {
    /// How far a handling plan has come.
    PlanState("state of a handling plan") {
        /// Nobody has made one: only the alias is there.
        Missing = "missing",
        /// It holds.
        InForce = "in-force",
        /// It holds, and somebody should have looked at it by now.
        ReviewDue = "review-due",
    }
}

/// How many months may pass before somebody looks at a plan again: 1 to 60.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReviewInterval(u8);

impl ReviewInterval {
    /// What holds until an organiser has decided: a year, as markings are looked over once a year.
    pub const UNLESS_DECIDED: Self = Self(12);

    /// That many months.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`].
    pub fn months(months: u8) -> Result<Self, Refusal> {
        if (1..=60).contains(&months) {
            Ok(Self(months))
        } else {
            Err(Refusal::new(Rule::OutOfRange, "is 1 to 60 months"))
        }
    }

    /// The number of months.
    #[must_use]
    pub fn count(self) -> u8 {
        self.0
    }

    /// The day on which it has passed since another day.
    #[must_use]
    pub fn after(self, day: NaiveDate) -> NaiveDate {
        day.checked_add_months(Months::new(u32::from(self.0))).unwrap_or(NaiveDate::MAX)
    }
}

/// The organiser's decision about the interval.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IntervalDecision {
    /// How long.
    pub interval: ReviewInterval,
    /// When it was decided.
    pub decided_on: NaiveDate,
    /// By whom and why; 5 to 500 characters.
    pub decision: Text,
}

/// The handling plan of one person. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct HandlingPlan {
    /// Whose.
    pub person: PersonId,
    /// The alias.
    pub alias: Alias,
    /// The name that is shown.
    pub shown: ShownName,
    /// The member of staff who answers for it.
    pub responsible: Option<PersonId>,
    /// The members of staff who may know, beside those who hold the permission.
    pub may_know: BTreeSet<PersonId>,
    /// How home is reached; up to 2,000 characters.
    pub home: Option<Text>,
    /// Whatever else must be known; up to 4,000 characters.
    pub notes: Option<Text>,
    /// When somebody decided about it, or looked at it, last; none as long as nobody has made a plan.
    pub reviewed_on: Option<NaiveDate>,
    /// When it is to be looked at again; at once, as long as nobody has made a plan.
    pub review_due: NaiveDate,
}

redacted!(ShownName, HandlingPlan);

/// What people decide of a plan.
#[derive(Clone)]
pub struct PlanContent {
    /// The name that is shown.
    pub shown: ShownName,
    /// Who answers for it.
    pub responsible: Option<PersonId>,
    /// Who may know.
    pub may_know: BTreeSet<PersonId>,
    /// How home is reached.
    pub home: Option<Text>,
    /// Whatever else must be known.
    pub notes: Option<Text>,
    /// When it is to be looked at again; none: as it was, or after the interval for a new plan.
    pub review_due: Option<NaiveDate>,
}

redacted!(PlanContent);

impl HandlingPlan {
    /// What there is from the moment a person is protected: an alias, and a plan to be made that day.
    #[must_use]
    pub fn missing(person: PersonId, alias: Alias, today: NaiveDate) -> Self {
        Self {
            person,
            alias,
            shown: ShownName::Alias,
            responsible: None,
            may_know: BTreeSet::new(),
            home: None,
            notes: None,
            reviewed_on: None,
            review_due: today,
        }
    }

    /// How far it has come.
    #[must_use]
    pub fn state(&self, today: NaiveDate) -> PlanState {
        match self.reviewed_on {
            None => PlanState::Missing,
            Some(_) if self.review_due <= today => PlanState::ReviewDue,
            Some(_) => PlanState::InForce,
        }
    }

    /// What people have decided.
    #[must_use]
    pub fn content(&self) -> PlanContent {
        let Self {
            person: _,
            alias: _,
            shown,
            responsible,
            may_know,
            home,
            notes,
            reviewed_on: _,
            review_due: _,
        } = self.clone();
        PlanContent { shown, responsible, may_know, home, notes, review_due: None }
    }

    /// The plan with what people decide now. A plan that was missing is made by it.
    ///
    /// # Errors
    /// [`Rule::Required`] at `/responsibleId` for a plan that nobody answers for; [`Rule::Conflict`] there or
    /// at `/mayKnowIds` for the person themselves; [`Rule::TooLong`]; at `/reviewDue` as
    /// [`HandlingPlan::review`].
    pub fn decide(
        &self,
        content: PlanContent,
        today: NaiveDate,
        interval: ReviewInterval,
    ) -> Result<Self, Refusals> {
        let PlanContent { shown, responsible, may_know, home, notes, review_due } = content;
        let mut refusals = Refusals::default();
        let themselves = || Refusal::new(Rule::Conflict, "somebody else than the person themselves");
        match responsible {
            None => refusals
                .0
                .push(Refusal::new(Rule::Required, "say who answers for the plan").at("/responsibleId")),
            Some(responsible) if responsible == self.person => {
                refusals.0.push(themselves().at("/responsibleId"));
            }
            Some(_) => {}
        }
        if may_know.contains(&self.person) {
            refusals.0.push(themselves().at("/mayKnowIds"));
        }
        if may_know.len() > MOST_WHO_MAY_KNOW {
            refusals.0.push(Refusal::new(Rule::TooLong, "at most 50 persons").at("/mayKnowIds"));
        }
        let due = match (review_due, self.reviewed_on) {
            (Some(due), _) if due != self.review_due => refusals.note("/reviewDue", next_review(due, today)),
            (None, None) => Some(interval.after(today)),
            (Some(_) | None, _) => Some(self.review_due),
        };
        match due {
            Some(review_due) if refusals.0.is_empty() => Ok(Self {
                person: self.person,
                alias: self.alias.clone(),
                shown,
                responsible,
                may_know,
                home,
                notes,
                reviewed_on: self.reviewed_on.or(Some(today)),
                review_due,
            }),
            _ => Err(refusals),
        }
    }

    /// The plan after somebody has looked at it and found that it holds.
    ///
    /// # Errors
    /// [`Rule::State`] for a plan that is missing; at `/reviewDue` [`Rule::OutOfRange`] for a day that is not
    /// after today and within five years.
    pub fn review(
        &self,
        due: Option<NaiveDate>,
        today: NaiveDate,
        interval: ReviewInterval,
    ) -> Result<Self, Refusal> {
        if self.reviewed_on.is_none() {
            return Err(Refusal::new(Rule::State, "there is no plan yet that could be reviewed"));
        }
        let review_due = match due {
            None => interval.after(today),
            Some(due) => next_review(due, today).map_err(|refusal| refusal.at("/reviewDue"))?,
        };
        Ok(Self { reviewed_on: Some(today), review_due, ..self.clone() })
    }
}

fn next_review(due: NaiveDate, today: NaiveDate) -> Result<NaiveDate, Refusal> {
    if due > today && due <= ReviewInterval(60).after(today) {
        Ok(due)
    } else {
        Err(Refusal::new(Rule::OutOfRange, "is a day after today and within five years"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use chrono::Days;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn person(number: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(number))
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn missing() -> HandlingPlan {
        HandlingPlan::missing(person(1), Alias::new("Kompass", 482).unwrap(), day("2026-08-17"))
    }

    fn content(responsible: Option<u128>, may_know: &[u128]) -> PlanContent {
        PlanContent {
            responsible: responsible.map(person),
            may_know: may_know.iter().copied().map(person).collect(),
            ..missing().content()
        }
    }

    const YEAR: ReviewInterval = ReviewInterval::UNLESS_DECIDED;

    #[test]
    fn a_plan_is_missing_until_somebody_makes_it_and_due_from_its_day() {
        let today = day("2026-08-17");
        assert_eq!(missing().state(today), PlanState::Missing);
        assert_eq!(missing().review_due, today);
        let made = missing().decide(content(Some(2), &[3]), today, YEAR).unwrap();
        assert_eq!((made.reviewed_on, made.review_due), (Some(today), day("2027-08-17")));
        assert_eq!(made.state(day("2027-08-16")), PlanState::InForce);
        assert_eq!(made.state(day("2027-08-17")), PlanState::ReviewDue);
        // A later change is no review.
        let changed = made.decide(content(Some(4), &[]), day("2026-12-01"), YEAR).unwrap();
        assert_eq!((changed.reviewed_on, changed.review_due), (made.reviewed_on, made.review_due));
        let reviewed = made.review(None, day("2027-08-20"), ReviewInterval::months(6).unwrap()).unwrap();
        assert_eq!(reviewed.review_due, day("2028-02-20"));
        assert_eq!(missing().review(None, today, YEAR).unwrap_err().rule, Rule::State);
    }

    #[test]
    fn somebody_else_answers_for_it_and_may_know() {
        let today = day("2026-08-17");
        for (responsible, may_know, pointer) in [
            (None, vec![], "/responsibleId"),
            (Some(1), vec![], "/responsibleId"),
            (Some(2), vec![1], "/mayKnowIds"),
        ] {
            let refused = missing().decide(content(responsible, &may_know), today, YEAR).unwrap_err();
            assert_eq!(
                refused.0.iter().map(|refusal| refusal.pointer.as_str()).collect::<Vec<_>>(),
                [pointer]
            );
        }
        let many: Vec<u128> = (10..61).collect();
        assert!(missing().decide(content(Some(2), &many), today, YEAR).is_err());
    }

    proptest! {
        #[test]
        fn a_review_is_due_after_today_and_within_five_years(after in -400..4_000i64, months in 0..70u8) {
            let today = day("2026-08-17");
            let due = if after < 0 { today - Days::new(after.unsigned_abs()) } else { today + Days::new(after.unsigned_abs()) };
            let within = due > today && due <= day("2031-08-17");
            let made = missing().decide(content(Some(2), &[]), today, YEAR).unwrap();
            prop_assert_eq!(made.review(Some(due), today, YEAR).is_ok(), within);
            let wanted = PlanContent { review_due: Some(due), ..content(Some(2), &[]) };
            // What it is already, it may be.
            prop_assert_eq!(made.decide(wanted, today, YEAR).is_ok(), within || due == made.review_due);
            prop_assert_eq!(ReviewInterval::months(months).is_ok(), (1..=60).contains(&months));
        }
    }
}

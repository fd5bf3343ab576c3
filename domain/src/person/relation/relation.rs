//! A relation, and how it changes: what narrows takes effect at once, what widens may wait.

use chrono::NaiveDate;

use super::{Decider, RelationKind, RightSet, SecondPerson};
use crate::code::coded;
use crate::id::{AccountId, JobId, PersonId};
use crate::period::Period;
use crate::person::{DataSource, redacted};
use crate::refusal::{Refusal, Rule};
use crate::text::Text;

/// On which days a relation carries which rights.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// The days.
    pub period: Period,
    /// The rights, as they were given.
    pub rights: RightSet,
}

impl Terms {
    /// Whether these give nothing that the others do not give: no day more, no right more.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.rights.is_empty() || (other.period.covers(&self.period) && other.rights.covers(self.rights))
    }

    /// What both give.
    #[must_use]
    pub fn shared(&self, other: &Self) -> Self {
        let from = self.period.from().max(other.period.from());
        let to = match (self.period.to(), other.period.to()) {
            (None, to) | (to, None) => to,
            (Some(mine), Some(theirs)) => Some(mine.min(theirs)),
        };
        match Period::new(from, to) {
            Ok(period) => Self { period, rights: self.rights.intersection(other.rights) },
            // They share no day.
            Err(_) => Self { period: self.period, rights: RightSet::NONE },
        }
    }
}

coded! {
    /// How far a relation has come.
    RelationState("state of a relation") {
        /// Entered; carries nothing until a second person has confirmed it.
        Waiting = "waiting",
        /// In force on its days.
        Confirmed = "confirmed",
        /// In force on its days, and a change that widens it waits for a second person.
        ChangeWaiting = "change-waiting",
        /// A second person said no; carries nothing.
        Rejected = "rejected",
    }
}

/// A relation between two persons. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Relation {
    /// Over whom.
    pub person: PersonId,
    /// Who has the rights.
    pub relative: PersonId,
    /// What it rests on.
    pub kind: RelationKind,
    /// Who told us.
    pub source: DataSource,
    /// What it carries, once it is confirmed.
    pub terms: Terms,
    /// How far it has come.
    pub state: RelationState,
    /// What a change that waits would make of it; only while [`RelationState::ChangeWaiting`].
    pub proposal: Option<Terms>,
    /// Why it was entered or changed last; 5 to 500 characters.
    pub reason: Text,
    /// The account that entered or changed it last.
    pub entered_by: Option<AccountId>,
    /// The account that confirmed or rejected last.
    pub decided_by: Option<AccountId>,
    /// What they noted; 5 to 500 characters.
    pub decision_note: Option<Text>,
    /// The import that raised it, if one did.
    pub import_job: Option<JobId>,
    /// Withdrawn: it was never so, or is not wanted any more. It carries nothing.
    pub withdrawn: bool,
}

redacted!(Relation);

/// A relation as somebody enters it.
pub struct NewRelation {
    /// Over whom.
    pub person: PersonId,
    /// Who is to have the rights.
    pub relative: PersonId,
    /// What it rests on.
    pub kind: RelationKind,
    /// Who told us.
    pub source: DataSource,
    /// The days, and the rights; none for what the kind carries by default.
    pub period: Period,
    /// The rights, if they are said expressly.
    pub rights: Option<RightSet>,
    /// Why.
    pub reason: Text,
}

impl Relation {
    /// Enters a relation. One that carries rights waits where a second person is needed.
    ///
    /// # Errors
    /// [`Rule::Conflict`] at `/relativeId` for a relation to oneself, at `/rights` for a right
    /// that the kind may not carry.
    pub fn enter(
        new: NewRelation,
        by: Option<AccountId>,
        second_person: SecondPerson,
    ) -> Result<Self, Refusal> {
        let NewRelation { person, relative, kind, source, period, rights, reason } = new;
        if person == relative {
            return Err(Refusal::new(Rule::Conflict, "nobody is their own relative").at("/relativeId"));
        }
        let rights = may_carry(kind, rights.unwrap_or_else(|| kind.carries_by_default()))?;
        let waits = second_person == SecondPerson::Needed && !rights.is_empty();
        Ok(Self {
            person,
            relative,
            kind,
            source,
            terms: Terms { period, rights },
            state: if waits { RelationState::Waiting } else { RelationState::Confirmed },
            proposal: None,
            reason,
            entered_by: by,
            decided_by: None,
            decision_note: None,
            import_job: None,
            withdrawn: false,
        })
    }

    /// A relation that a source names. It waits whatever the organiser has set, carries nothing, and
    /// nobody has said what it rests on: an import widens no access.
    ///
    /// # Errors
    /// [`Rule::Conflict`] at `/relativeId` for a relation to oneself.
    pub fn named_by_source(
        person: PersonId,
        relative: PersonId,
        from: NaiveDate,
        reason: Text,
        import_job: JobId,
    ) -> Result<Self, Refusal> {
        let new = NewRelation {
            person,
            relative,
            kind: RelationKind::NotStated,
            source: DataSource::Import,
            period: Period::new(from, None)?,
            rights: None,
            reason,
        };
        let entered = Self::enter(new, None, SecondPerson::Needed)?;
        Ok(Self { state: RelationState::Waiting, import_job: Some(import_job), ..entered })
    }

    /// Whether it stands as its source named it: no person has touched it.
    #[must_use]
    pub fn is_as_named(&self) -> bool {
        self.kind == RelationKind::NotStated
            && self.state == RelationState::Waiting
            && self.entered_by.is_none()
            && self.decided_by.is_none()
    }

    /// Says what a relation that a source has named rests on. Whoever says it has entered it: what
    /// carries rights goes on waiting where a second person is needed, everything else takes effect.
    ///
    /// # Errors
    /// [`Rule::Conflict`] at `/kind` when its kind was stated before, or for a kind that nobody
    /// else states; at `/rights` for a right that the kind may not carry; where it concerns the one
    /// who decides, or the program decides. [`Rule::State`] when it does not wait.
    pub fn state_kind(
        &self,
        kind: RelationKind,
        rights: Option<RightSet>,
        decider: &Decider,
        note: Option<Text>,
        second_person: SecondPerson,
    ) -> Result<Self, Refusal> {
        self.waits()?;
        if self.kind != RelationKind::NotStated {
            return Err(Refusal::new(Rule::Conflict, "its kind has been stated").at("/kind"));
        }
        if matches!(kind, RelationKind::NotStated | RelationKind::GrantedByAdult) {
            return Err(Refusal::new(Rule::Conflict, "is not stated by staff").at("/kind"));
        }
        decider.may_confirm(None, &[self.person, self.relative])?;
        let rights = may_carry(kind, rights.unwrap_or_else(|| kind.carries_by_default()))?;
        let stated =
            Self { kind, terms: Terms { rights, ..self.terms }, entered_by: decider.account, ..self.clone() };
        if second_person == SecondPerson::Needed && !rights.is_empty() {
            return Ok(Self { reason: note.unwrap_or_else(|| self.reason.clone()), ..stated });
        }
        Ok(Self {
            state: RelationState::Confirmed,
            decided_by: decider.account,
            decision_note: note,
            ..stated
        })
    }

    /// Whether it may carry rights at all.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        !self.withdrawn && matches!(self.state, RelationState::Confirmed | RelationState::ChangeWaiting)
    }

    /// What it is meant to carry: what waits, or else what it is.
    #[must_use]
    pub fn intended(&self) -> Terms {
        self.proposal.unwrap_or(self.terms)
    }

    /// Changes what it carries. What it loses it loses at once; what it would gain waits where a
    /// second person is needed. A relation that was rejected waits anew.
    ///
    /// # Errors
    /// [`Rule::Conflict`] at `/rights` for a right that the kind may not carry.
    pub fn change(
        &self,
        wanted: Terms,
        source: DataSource,
        reason: Text,
        by: Option<AccountId>,
        second_person: SecondPerson,
    ) -> Result<Self, Refusal> {
        may_carry(self.kind, wanted.rights)?;
        // Whoever leaves alone what waits has not made it their own: its first author still does
        // not confirm it.
        let same = self.waits().is_ok() && wanted == self.intended();
        let entered_by = if same { self.entered_by } else { by };
        let changed = Self { source, reason, entered_by, ..self.clone() };
        let free = second_person == SecondPerson::NotNeeded;
        if !self.is_confirmed() {
            let waits = self.kind == RelationKind::NotStated || (!free && !wanted.rights.is_empty());
            let state = if waits { RelationState::Waiting } else { RelationState::Confirmed };
            return Ok(Self { terms: wanted, proposal: None, state, ..changed });
        }
        if free || wanted.is_within(&self.terms) {
            return Ok(Self { terms: wanted, proposal: None, state: RelationState::Confirmed, ..changed });
        }
        let terms = self.terms.shared(&wanted);
        Ok(Self { terms, proposal: Some(wanted), state: RelationState::ChangeWaiting, ..changed })
    }

    /// Confirms what waits: it takes effect.
    ///
    /// # Errors
    /// [`Rule::State`] when nothing waits; [`Rule::Required`] at `/kind` while nobody has said what it
    /// rests on; as [`Decider::may_confirm`].
    pub fn confirm(&self, decider: &Decider, note: Option<Text>) -> Result<Self, Refusal> {
        self.waits()?;
        if self.kind == RelationKind::NotStated {
            return Err(Refusal::new(Rule::Required, "say first what it rests on").at("/kind"));
        }
        decider.may_confirm(self.entered_by, &[self.person, self.relative])?;
        Ok(Self {
            terms: self.intended(),
            proposal: None,
            state: RelationState::Confirmed,
            decided_by: decider.account,
            decision_note: note,
            ..self.clone()
        })
    }

    /// Rejects what waits: it stays as it is. Whoever entered it may do so too.
    ///
    /// # Errors
    /// [`Rule::State`] when nothing waits.
    pub fn reject(&self, decider: &Decider, note: Text) -> Result<Self, Refusal> {
        self.waits()?;
        let state = match self.state {
            RelationState::ChangeWaiting => RelationState::Confirmed,
            RelationState::Waiting | RelationState::Confirmed | RelationState::Rejected => {
                RelationState::Rejected
            }
        };
        Ok(Self {
            proposal: None,
            state,
            decided_by: decider.account,
            decision_note: Some(note),
            ..self.clone()
        })
    }

    fn waits(&self) -> Result<(), Refusal> {
        match self.state {
            RelationState::Waiting | RelationState::ChangeWaiting if !self.withdrawn => Ok(()),
            _ => Err(Refusal::new(Rule::State, "nothing waits for a second person")),
        }
    }

    /// Whether both say the same kind of thing of the same two on a shared day.
    #[must_use]
    pub fn repeats(&self, other: &Self) -> bool {
        let live = |relation: &Self| !relation.withdrawn && relation.state != RelationState::Rejected;
        live(self)
            && live(other)
            && self.person == other.person
            && self.relative == other.relative
            && self.kind == other.kind
            && self.intended().period.overlaps(&other.intended().period)
    }
}

fn may_carry(kind: RelationKind, rights: RightSet) -> Result<RightSet, Refusal> {
    let beyond: Vec<&str> = rights.minus(kind.may_carry()).iter().map(super::Right::code).collect();
    if beyond.is_empty() {
        Ok(rights)
    } else {
        let detail = format!("a relation of the kind {kind} never carries: {}", beyond.join(", "));
        Err(Refusal::new(Rule::Conflict, detail).at("/rights"))
    }
}

/// Checks that nobody has entered the same already.
///
/// # Errors
/// [`Rule::Overlap`] at `/period`.
pub fn no_overlapping_relation<'a>(
    new: &Relation,
    others: impl IntoIterator<Item = &'a Relation>,
) -> Result<(), Refusal> {
    match others.into_iter().find(|other| new.repeats(other)) {
        None => Ok(()),
        Some(other) => {
            let detail = format!("the same relation stands there already, {}", other.intended().period);
            Err(Refusal::new(Rule::Overlap, detail).at("/period"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Right, Situation, rights_on};
    use super::*;
    use crate::id::Id;
    use chrono::{Days, NaiveDate};
    use proptest::prelude::*;
    use uuid::Uuid;

    const CONSENT: &str = "Beslut av tingsrätten 2026-08-14";

    fn text(raw: &str) -> Text {
        Text::line(raw, 500).unwrap()
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

    fn terms() -> impl Strategy<Value = Terms> {
        let rights = proptest::collection::vec(proptest::sample::select(Right::ALL), 0..6);
        (0..30u64, proptest::option::of(0..20u64), rights).prop_map(|(from, length, rights)| Terms {
            period: Period::new(day(from), length.map(|length| day(from + length))).unwrap(),
            rights: rights.into_iter().collect(),
        })
    }

    fn entered(terms: Terms, second_person: SecondPerson) -> Relation {
        let new = NewRelation {
            person: person(1),
            relative: person(2),
            kind: RelationKind::Guardian,
            source: DataSource::Staff,
            period: terms.period,
            rights: Some(terms.rights),
            reason: text(CONSENT),
        };
        Relation::enter(new, account(1), second_person).unwrap()
    }

    /// What it carries on a day, over a child.
    fn held(relation: &Relation, on: NaiveDate) -> RightSet {
        let situation = Situation {
            birth_date: NaiveDate::from_ymd_opt(2018, 5, 2),
            bans: &[],
            is_protected: false,
            is_cleared: false,
        };
        rights_on(on, relation.kind, &relation.terms, relation.is_confirmed(), &situation)
    }

    fn second() -> Decider {
        Decider { account: account(2), person: None, entered_by_person: None }
    }

    proptest! {
        #[test]
        fn whatever_changes_nobody_gains_anything_before_a_second_person_says_so(
            first in terms(), changes in proptest::collection::vec((terms(), 0..4u8), 1..8),
        ) {
            let mut relation = entered(first, SecondPerson::Needed);
            for number in 0..80 {
                prop_assert_eq!(held(&relation, day(number)), RightSet::NONE);
            }
            for (wanted, act) in changes {
                let before = relation.clone();
                match act {
                    0 => if let Ok(confirmed) = relation.confirm(&second(), None) {
                        let intended = relation.intended();
                        relation = confirmed;
                        for number in 0..80 {
                            let on = day(number);
                            let expected = if intended.period.contains(on) { intended.rights } else { RightSet::NONE };
                            prop_assert_eq!(held(&relation, on), expected);
                        }
                    },
                    1 => if let Ok(rejected) = relation.reject(&second(), text(CONSENT)) {
                        relation = rejected;
                        for number in 0..80 {
                            prop_assert_eq!(held(&relation, day(number)), held(&before, day(number)));
                        }
                    },
                    _ => {
                        relation = relation.change(wanted, DataSource::Staff, text(CONSENT), account(1), SecondPerson::Needed).unwrap();
                        for number in 0..80 {
                            let on = day(number);
                            let asked = if wanted.period.contains(on) { wanted.rights } else { RightSet::NONE };
                            // What is lost is lost at once, and nothing is gained.
                            prop_assert_eq!(held(&relation, on), held(&before, on).intersection(asked));
                        }
                    }
                }
                prop_assert_eq!(relation.proposal.is_some(), relation.state == RelationState::ChangeWaiting);
            }
        }

        #[test]
        fn without_a_second_person_a_change_is_what_was_asked_for(first in terms(), wanted in terms()) {
            let relation = entered(first, SecondPerson::NotNeeded)
                .change(wanted, DataSource::Staff, text(CONSENT), account(1), SecondPerson::NotNeeded)
                .unwrap();
            prop_assert_eq!(relation.state, RelationState::Confirmed);
            prop_assert_eq!(relation.terms, wanted);
        }
    }

    #[test]
    fn who_entered_it_does_not_confirm_it() {
        let relation = entered(
            Terms { period: Period::new(day(0), None).unwrap(), rights: RightSet::ALL },
            SecondPerson::Needed,
        );
        let same = Decider { account: account(1), ..second() };
        assert_eq!(relation.confirm(&same, None).unwrap_err().rule, Rule::Conflict);
        let concerned = Decider { person: Some(person(2)), ..second() };
        assert_eq!(relation.confirm(&concerned, None).unwrap_err().rule, Rule::Conflict);
        let confirmed = relation.confirm(&second(), None).unwrap();
        assert_eq!(confirmed.confirm(&second(), None).unwrap_err().rule, Rule::State);
    }

    #[test]
    fn another_source_of_what_waits_does_not_let_its_author_confirm_it() {
        let all = Terms { period: Period::new(day(0), None).unwrap(), rights: RightSet::ALL };
        let waits = entered(all, SecondPerson::Needed);
        let touched = waits
            .change(all, DataSource::PopulationRegister, text(CONSENT), account(2), SecondPerson::Needed)
            .unwrap();
        let author = Decider { account: account(1), ..second() };
        assert_eq!(touched.confirm(&author, None).unwrap_err().rule, Rule::Conflict);
        assert!(touched.confirm(&second(), None).is_ok());
    }

    proptest! {
        /// What a source names carries nothing until a person has said what it rests on, and, where a
        /// second person is needed, another one has confirmed it; whatever the program does meanwhile.
        #[test]
        fn what_a_source_names_is_opened_by_two_persons_and_by_nothing_else(
            kinds in proptest::collection::vec(proptest::sample::select(RelationKind::ALL), 1..8),
            acts in proptest::collection::vec(0..5u8, 1..8),
        ) {
            let job = crate::id::JobId::from_uuid(Uuid::from_u128(9));
            let mut relation =
                Relation::named_by_source(person(1), person(2), day(0), text(CONSENT), job).unwrap();
            prop_assert!(relation.is_as_named());
            let program = Decider { account: None, person: None, entered_by_person: None };
            let first = Decider { account: account(1), ..second() };
            let mut stated = false;
            for (kind, act) in kinds.into_iter().zip(acts) {
                let before = relation.clone();
                let after = match act {
                    0 => relation.confirm(&program, None),
                    1 => relation.state_kind(kind, None, &program, None, SecondPerson::Needed),
                    2 => relation.confirm(&first, None),
                    3 => relation.change(before.terms, DataSource::Import, text(CONSENT), None, SecondPerson::Needed),
                    _ => relation.state_kind(kind, None, &first, None, SecondPerson::Needed),
                };
                if let Ok(after) = after {
                    prop_assert!(act > 2, "{act} opened something");
                    stated |= act == 4;
                    relation = after;
                }
                if !stated || relation.state == RelationState::Waiting {
                    prop_assert!(!relation.is_confirmed());
                }
                prop_assert!(!relation.is_confirmed() || relation.terms.rights.is_empty());
            }
            if stated && relation.state == RelationState::Waiting {
                prop_assert!(relation.confirm(&first, None).is_err());
                let open = relation.confirm(&second(), None).unwrap();
                prop_assert!(open.is_confirmed() && !open.terms.rights.is_empty());
            }
        }
    }

    #[test]
    fn the_setting_does_not_open_what_a_source_names() {
        let job = crate::id::JobId::from_uuid(Uuid::from_u128(9));
        let named = Relation::named_by_source(person(1), person(2), day(0), text(CONSENT), job).unwrap();
        assert_eq!(named.state, RelationState::Waiting);
        assert_eq!(named.confirm(&second(), None).unwrap_err().pointer, "/kind");
        let contact =
            named.state_kind(RelationKind::ContactOnly, None, &second(), None, SecondPerson::Needed).unwrap();
        assert_eq!((contact.state, contact.terms.rights), (RelationState::Confirmed, RightSet::NONE));
        let at_once =
            named.state_kind(RelationKind::Guardian, None, &second(), None, SecondPerson::NotNeeded).unwrap();
        assert_eq!((at_once.state, at_once.terms.rights), (RelationState::Confirmed, RightSet::ALL));
        let beyond = Some(RightSet::of(&[Right::Decide]));
        for (kind, rights) in [
            (RelationKind::NotStated, None),
            (RelationKind::GrantedByAdult, None),
            (RelationKind::ContactOnly, beyond),
        ] {
            assert!(
                named.state_kind(kind, rights, &second(), None, SecondPerson::NotNeeded).is_err(),
                "{kind}"
            );
        }
        let concerned = Decider { person: Some(person(2)), ..second() };
        let own = named.state_kind(RelationKind::Guardian, None, &concerned, None, SecondPerson::Needed);
        assert_eq!(own.unwrap_err().rule, Rule::Conflict);
    }

    #[test]
    fn a_right_that_the_kind_never_carries_is_refused() {
        let new = NewRelation {
            person: person(1),
            relative: person(2),
            kind: RelationKind::FosterHome,
            source: DataSource::Staff,
            period: Period::new(day(0), None).unwrap(),
            rights: Some(RightSet::of(&[Right::Decide])),
            reason: text(CONSENT),
        };
        let refusal = Relation::enter(new, None, SecondPerson::Needed).unwrap_err();
        assert_eq!((refusal.rule, refusal.pointer.as_str()), (Rule::Conflict, "/rights"));
    }
}

//! What becomes of relations and clearings when two records of one person are merged, and of those that
//! have changed meanwhile when that is undone.
//!
//! They come from one record to another, with the one rule that nobody gains anything by it alone: what would
//! open something waits for a second person, and whoever merged counts as the one who entered it. Bans need
//! no rule, since they only close.

use chrono::NaiveDate;

use super::{Clearing, ClearingState, Relation, RelationKind, RelationState, SecondPerson};
use crate::id::{AccountId, PersonId};

/// How what names one record comes to name another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Carrying {
    /// Whom it names.
    pub from: PersonId,
    /// Whom it names afterwards.
    pub to: PersonId,
    /// What the other's own relations open by it.
    pub opens: Opens,
    /// Today: what has ended before it opens nothing.
    pub today: NaiveDate,
    /// The account that does it.
    pub by: Option<AccountId>,
    /// Whether what widens access waits.
    pub second_person: SecondPerson,
}

/// What a merge opens of the relations that the kept record has already, although they stay where they are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Opens {
    /// The departing record has an account: it comes to whatever the kept person has rights over.
    pub to_accounts: bool,
    /// The kept record gets a date of birth; as long as it had none nobody had any right over them.
    pub birth_date: bool,
}

/// What becomes of one relation or clearing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Carried<K> {
    /// It stays what it is, and names the other record where it named the first.
    AsItIs,
    /// As that, and it carries nothing until a second person has confirmed it.
    Waits,
    /// The other record has the same already, this one: it is withdrawn where it stands.
    Doubles(K),
    /// It waits for a second person already. Whoever entered it meant another record, and whoever merges has not
    /// looked at it: were it carried on, one of the two could confirm it alone. It is decided about first.
    Undecided,
}

impl Carrying {
    /// What becomes of a relation: of one that names the departing record, or that the kept one has. `kept` are
    /// those that the kept record has.
    pub fn relation<'a, K: Copy + 'a>(
        &self,
        relation: &Relation,
        kept: impl IntoIterator<Item = (K, &'a Relation)>,
    ) -> Carried<K> {
        if relation.withdrawn {
            return Carried::AsItIs;
        }
        let moves = relation.person == self.from || relation.relative == self.from;
        if moves {
            let carried = self.renamed(relation);
            if let Some((same, _)) = kept.into_iter().find(|(_, other)| carried.repeats(other)) {
                return Carried::Doubles(same);
            }
        }
        let opened = moves
            || (self.opens.to_accounts && relation.relative == self.to)
            || (self.opens.birth_date && relation.person == self.to);
        let ended = |relation: &Relation| relation.intended().period.to().is_some_and(|to| to < self.today);
        match relation.state {
            _ if self.second_person == SecondPerson::NotNeeded || !opened => Carried::AsItIs,
            // It carries nothing by its kind, and whoever states the kind enters it.
            _ if relation.kind == RelationKind::NotStated => Carried::AsItIs,
            RelationState::Rejected => Carried::AsItIs,
            RelationState::Waiting | RelationState::ChangeWaiting => Carried::Undecided,
            RelationState::Confirmed if relation.terms.rights.is_empty() || ended(relation) => {
                Carried::AsItIs
            }
            RelationState::Confirmed => Carried::Waits,
        }
    }

    /// As [`Carrying::relation`], of a clearing.
    pub fn clearing<'a, K: Copy + 'a>(
        &self,
        clearing: &Clearing,
        kept: impl IntoIterator<Item = (K, &'a Clearing)>,
    ) -> Carried<K> {
        if clearing.person != self.from && clearing.relative != self.from {
            // The relation that it lets through waits.
            return Carried::AsItIs;
        }
        let carried = Clearing {
            person: self.name_of(clearing.person),
            relative: self.name_of(clearing.relative),
            ..clearing.clone()
        };
        let is_same = |other: &Clearing| {
            (other.person, other.relative) == (carried.person, carried.relative)
                && other.state != ClearingState::Rejected
        };
        match clearing.state {
            ClearingState::Rejected => return Carried::AsItIs,
            ClearingState::Waiting | ClearingState::Confirmed => {}
        }
        if let Some((same, _)) = kept.into_iter().find(|(_, other)| is_same(other)) {
            return Carried::Doubles(same);
        }
        match (self.second_person, clearing.state) {
            (SecondPerson::NotNeeded, _) | (_, ClearingState::Rejected) => Carried::AsItIs,
            (SecondPerson::Needed, ClearingState::Waiting) => Carried::Undecided,
            (SecondPerson::Needed, ClearingState::Confirmed) => Carried::Waits,
        }
    }

    /// Who is named where this one was.
    #[must_use]
    pub fn name_of(&self, person: PersonId) -> PersonId {
        if person == self.from { self.to } else { person }
    }

    /// The relation as it names the other record.
    #[must_use]
    pub fn renamed(&self, relation: &Relation) -> Relation {
        Relation {
            person: self.name_of(relation.person),
            relative: self.name_of(relation.relative),
            ..relation.clone()
        }
    }
}

/// What a relation or clearing was before a merge carried it: all that the merge has changed of it, beside
/// whom it names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Before {
    /// It was confirmed, and this account had entered it.
    Confirmed(Option<AccountId>),
    /// It stood.
    Standing,
}

/// What a merge carries: a relation or a clearing.
pub trait Carries: Sized {
    /// It waits for a second person, as entered by the account; what it was before.
    #[must_use]
    fn waiting(&self, by: Option<AccountId>) -> (Self, Before);
    /// It is what it was before. A clearing that was withdrawn stands again by its row alone.
    #[must_use]
    fn put_back(&self, before: Before) -> Self;
}

impl Carries for Relation {
    fn waiting(&self, by: Option<AccountId>) -> (Self, Before) {
        let waits = Self { state: RelationState::Waiting, entered_by: by, ..self.clone() };
        (waits, Before::Confirmed(self.entered_by))
    }

    fn put_back(&self, before: Before) -> Self {
        match before {
            Before::Confirmed(entered_by) => {
                Self { state: RelationState::Confirmed, entered_by, ..self.clone() }
            }
            Before::Standing => Self { withdrawn: false, ..self.clone() },
        }
    }
}

impl Carries for Clearing {
    fn waiting(&self, by: Option<AccountId>) -> (Self, Before) {
        let waits = Self { state: ClearingState::Waiting, entered_by: by, ..self.clone() };
        (waits, Before::Confirmed(self.entered_by))
    }

    fn put_back(&self, before: Before) -> Self {
        match before {
            Before::Confirmed(entered_by) => {
                Self { state: ClearingState::Confirmed, entered_by, ..self.clone() }
            }
            Before::Standing => self.clone(),
        }
    }
}

#[cfg(test)]
mod tests;

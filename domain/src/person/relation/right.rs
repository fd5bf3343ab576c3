//! The five rights, each by itself.

use crate::code::coded;

coded! {
    /// One right that a relation may carry over a person.
    Right("right of a relation") {
        /// See the person's record, enrolments and participations.
        See = "see",
        /// Report absence.
        ReportAbsence = "report-absence",
        /// Decide: apply, consent, choose.
        Decide = "decide",
        /// Receive notices.
        ReceiveNotices = "receive-notices",
        /// Collect the person.
        Collect = "collect",
    }
}

/// A set of rights.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct RightSet(u8);

impl RightSet {
    /// No right at all.
    pub const NONE: Self = Self(0);
    /// Every right.
    pub const ALL: Self = Self::of(Right::ALL);

    /// The set of the rights named.
    #[must_use]
    pub const fn of(rights: &[Right]) -> Self {
        let mut bits = 0;
        let mut rest = rights;
        while let [right, tail @ ..] = rest {
            bits |= 1 << *right as u8;
            rest = tail;
        }
        Self(bits)
    }

    /// Whether the right is in the set.
    #[must_use]
    pub fn has(self, right: Right) -> bool {
        self.0 & (1 << right as u8) != 0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What is in both.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What is in either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in this set and not in the other.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether every right of the other is in this set.
    #[must_use]
    pub fn covers(self, other: Self) -> bool {
        other.minus(self).is_empty()
    }

    /// The rights in it, in the order in which they are shown.
    pub fn iter(self) -> impl Iterator<Item = Right> {
        Right::ALL.iter().copied().filter(move |right| self.has(*right))
    }
}

impl FromIterator<Right> for RightSet {
    fn from_iter<I: IntoIterator<Item = Right>>(rights: I) -> Self {
        rights.into_iter().fold(Self::NONE, |set, right| set.union(Self::of(&[right])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sets() -> impl Strategy<Value = Vec<Right>> {
        proptest::collection::vec(proptest::sample::select(Right::ALL), 0..5)
    }

    proptest! {
        #[test]
        fn a_set_behaves_as_a_set(a in sets(), b in sets()) {
            let (left, right): (RightSet, RightSet) = (a.iter().copied().collect(), b.iter().copied().collect());
            for one in Right::ALL.iter().copied() {
                prop_assert_eq!(left.has(one), a.contains(&one));
                prop_assert_eq!(left.union(right).has(one), a.contains(&one) || b.contains(&one));
                prop_assert_eq!(left.intersection(right).has(one), a.contains(&one) && b.contains(&one));
                prop_assert_eq!(left.minus(right).has(one), a.contains(&one) && !b.contains(&one));
            }
            prop_assert_eq!(left.covers(right), b.iter().all(|one| a.contains(one)));
            prop_assert_eq!(left.iter().collect::<RightSet>(), left);
        }
    }
}

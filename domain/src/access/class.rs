//! Classes of information about a person.

use serde::{Deserialize, Serialize};

/// What kind of information a field holds. Each field of a person belongs to one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum InformationClass {
    /// Name, and what a class list shows.
    Basic,
    /// Address, telephone, e-mail, birth date.
    Contact,
    /// Identity numbers.
    IdentityNumber,
    /// Why somebody was absent.
    AbsenceReason,
    /// Grades and results.
    Grade,
    /// Support needs.
    SupportNeed,
    /// Health and diet.
    Health,
    /// That a person is protected, and everything about one who is.
    Protected,
}

/// A set of information classes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct ClassSet(u16);

impl ClassSet {
    /// No class at all.
    pub const NONE: Self = Self(0);

    /// The set of the classes named.
    #[must_use]
    pub const fn of(classes: &[InformationClass]) -> Self {
        let mut bits = 0;
        let mut rest = classes;
        while let [class, tail @ ..] = rest {
            bits |= 1 << *class as u16;
            rest = tail;
        }
        Self(bits)
    }

    /// Whether the class is in the set.
    #[must_use]
    pub fn has(self, class: InformationClass) -> bool {
        self.0 & (1 << class as u16) != 0
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

    /// Without the class.
    #[must_use]
    pub fn without(self, class: InformationClass) -> Self {
        Self(self.0 & !(1 << class as u16))
    }
}

//! Facts that protected identity covers, closed until somebody may see them.

use std::collections::BTreeSet;

use super::Protection;
use crate::id::PersonId;

/// A fact about one person that cannot be printed, serialised or compared unseen.
///
/// It opens for an unmarked person to those who may see its class of information, and for a
/// protected one only with a [`Grant`] besides, which stands for a recorded access.
///
/// It has no `Debug`, so that no log line can tell:
/// ```compile_fail,E0277
/// fn print(name: skolhus_domain::person::Guarded<String>) {
///     println!("{name:?}");
/// }
/// ```
/// no `Display`:
/// ```compile_fail,E0277
/// fn print(name: skolhus_domain::person::Guarded<String>) {
///     println!("{name}");
/// }
/// ```
/// no `Serialize`, so that no response or job can carry it:
/// ```compile_fail,E0277
/// fn serialise(name: skolhus_domain::person::Guarded<String>) -> serde_json::Value {
///     serde_json::to_value(name).unwrap_or_default()
/// }
/// ```
/// and no comparison, so that nobody can guess:
/// ```compile_fail,E0369
/// fn guess(a: skolhus_domain::person::Guarded<String>, b: skolhus_domain::person::Guarded<String>) -> bool {
///     a == b
/// }
/// ```
#[derive(Clone)]
pub struct Guarded<T> {
    person: PersonId,
    protection: Protection,
    value: T,
}

impl<T> Guarded<T> {
    /// Closes a fact about a person who is protected in this way.
    pub fn new(person: PersonId, protection: Protection, value: T) -> Self {
        Self { person, protection, value }
    }

    /// Opens the fact of an unmarked person.
    ///
    /// # Errors
    /// [`Closed::ClassNotPermitted`], or [`Closed::Protected`] whatever the permit says.
    pub fn open(&self, permit: ClassPermit) -> Result<&T, Closed> {
        if self.protection.is_protected() {
            return Err(Closed::Protected);
        }
        self.open_by_class(permit)
    }

    /// Opens the fact of any person for whom access has been recorded. The grant does not stand
    /// in for the permit: who may see a protected person's name may not therefore see the rest.
    ///
    /// # Errors
    /// [`Closed::Protected`] when the person is protected and the grant does not cover them;
    /// [`Closed::ClassNotPermitted`].
    pub fn open_with(&self, permit: ClassPermit, grant: &Grant) -> Result<&T, Closed> {
        if self.protection.is_protected() && !grant.covers(self.person) {
            return Err(Closed::Protected);
        }
        self.open_by_class(permit)
    }

    /// Whose fact it is.
    #[must_use]
    pub fn person(&self) -> PersonId {
        self.person
    }

    /// Whether a [`Grant`] is needed.
    #[must_use]
    pub fn needs_grant(&self) -> bool {
        self.protection.is_protected()
    }

    fn open_by_class(&self, permit: ClassPermit) -> Result<&T, Closed> {
        match permit {
            ClassPermit::MaySee => Ok(&self.value),
            ClassPermit::MayNotSee => Err(Closed::ClassNotPermitted),
        }
    }
}

/// Whether the caller may see the information class that a fact belongs to (basic, contact,
/// identity number …): the answer of the access policy, carried to where the fact is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[must_use]
pub enum ClassPermit {
    /// The caller's role covers the class.
    MaySee,
    /// It does not.
    MayNotSee,
}

impl ClassPermit {
    /// The permit that a policy's answer amounts to.
    pub fn decided(may_see: bool) -> Self {
        if may_see { Self::MaySee } else { Self::MayNotSee }
    }
}

/// Why a fact stays closed. For the program to act on: an answer to a caller must not tell
/// whether it was protection that closed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Closed {
    /// The caller may not see this class of information.
    #[error("the caller may not see this class of information")]
    ClassNotPermitted,
    /// The person is protected, and no recorded access covers them.
    #[error("the person is protected and no access has been recorded")]
    Protected,
}

/// Proof that the access to these persons, protected ones among them, was recorded in the
/// present transaction. It is neither copied nor kept: it ends with the transaction.
pub struct Grant {
    persons: BTreeSet<PersonId>,
}

impl Grant {
    /// Only for persistence's `Tx::record_access`, once the access entry is in the transaction.
    #[doc(hidden)]
    #[must_use]
    pub fn issued_by_access_record(persons: impl IntoIterator<Item = PersonId>) -> Self {
        Self { persons: persons.into_iter().collect() }
    }

    /// Whether the recorded access was to this person.
    #[must_use]
    pub fn covers(&self, person: PersonId) -> bool {
        self.persons.contains(&person)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn person(number: u128) -> PersonId {
        PersonId::from_uuid(Uuid::from_u128(number))
    }

    #[expect(clippy::disallowed_methods, reason = "the test stands in for the access record")]
    fn grant(persons: impl IntoIterator<Item = PersonId>) -> Grant {
        Grant::issued_by_access_record(persons)
    }

    fn protections() -> impl Strategy<Value = Protection> {
        proptest::sample::select(Protection::ALL.to_vec())
    }

    proptest! {
        #[test]
        fn it_opens_only_by_class_and_a_protected_one_only_with_its_grant(
            protection in protections(), may_see: bool, granted in proptest::collection::btree_set(0..4u128, 0..4),
        ) {
            let name = Guarded::new(person(1), protection, "Åsa Öberg");
            let permit = ClassPermit::decided(may_see);
            let covered = granted.contains(&1);
            let grant = grant(granted.into_iter().map(person));

            prop_assert_eq!(name.open(permit).is_ok(), may_see && !protection.is_protected());
            let opens = may_see && (covered || !protection.is_protected());
            prop_assert_eq!(name.open_with(permit, &grant).is_ok(), opens);
            prop_assert_eq!(name.needs_grant(), protection.is_protected());
        }
    }

    #[test]
    fn protection_is_told_before_the_class_so_that_a_permit_reveals_nothing() {
        let name = Guarded::new(person(1), Protection::Marked, ());
        assert_eq!(name.open(ClassPermit::MayNotSee), name.open(ClassPermit::MaySee));
    }
}

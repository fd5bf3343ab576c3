//! The kinds of relations, and what each may carry.

use super::{Right, RightSet};
use crate::access::{ClassSet, InformationClass as Class};
use crate::code::coded;

coded! {
    /// What a relation rests on.
    RelationKind("kind of relation") {
        /// Guardian (vårdnadshavare, föräldrabalken 6 kap.).
        Guardian = "guardian",
        /// A guardian whom the court has specially appointed, in place of the parents (särskilt
        /// förordnad vårdnadshavare, föräldrabalken 6 kap. 7–10 b §§).
        AppointedGuardian = "appointed-guardian",
        /// God man for a child, above all for one who came alone (lag 2005:429).
        ChildGodMan = "child-god-man",
        /// Foster home (familjehem): daily care, while custody stays with the guardians.
        FosterHome = "foster-home",
        /// Somebody to reach, or who collects, without any legal standing (kontaktperson).
        ContactOnly = "contact-only",
        /// God man for an adult (föräldrabalken 11 kap. 4 §).
        AdultGodMan = "adult-god-man",
        /// Förvaltare for an adult (föräldrabalken 11 kap. 7 §).
        Administrator = "administrator",
        /// What a grown pupil has granted.
        GrantedByAdult = "granted-by-adult",
        /// A source names a relative, and nobody has said what that rests on. It carries nothing, and
        /// is not confirmed before somebody has: neither `guardian` nor `parent` of a roster means
        /// custody (vårdnad), which a court or the population register gives.
        NotStated = "not-stated",
    }
}

impl RelationKind {
    /// Whether it concerns a child, so that it carries nothing from the start of the 18th
    /// birthday; the others carry nothing before it. A contact of an adult needs the adult's own
    /// grant, so that contacts are for children too.
    #[must_use]
    pub fn is_for_children(self) -> bool {
        match self {
            Self::Guardian
            | Self::AppointedGuardian
            | Self::ChildGodMan
            | Self::FosterHome
            | Self::ContactOnly
            | Self::NotStated => true,
            Self::AdultGodMan | Self::Administrator | Self::GrantedByAdult => false,
        }
    }

    /// Whether the law appoints those who have it.
    #[must_use]
    pub fn is_appointed(self) -> bool {
        match self {
            Self::Guardian
            | Self::AppointedGuardian
            | Self::ChildGodMan
            | Self::AdultGodMan
            | Self::Administrator => true,
            Self::FosterHome | Self::ContactOnly | Self::GrantedByAdult | Self::NotStated => false,
        }
    }

    /// The most that a relation of the kind may carry.
    ///
    /// To decide takes a legal appointment: daily care (familjehem) is not custody, and what an
    /// adult decides they do not hand over with a grant.
    #[must_use]
    pub fn may_carry(self) -> RightSet {
        match self {
            Self::NotStated => RightSet::NONE,
            _ if self.is_appointed() => RightSet::ALL,
            _ => RightSet::ALL.minus(RightSet::of(&[Right::Decide])),
        }
    }

    /// What a new relation of the kind carries unless it is said expressly: something for those
    /// whom the law appoints, nothing for the others.
    ///
    /// A god man for a child stands in the guardians' place (lag 2005:429, 2 §) but has no daily
    /// care, so that collecting is said expressly. How far a god man or förvaltare for an adult
    /// may decide stands in each order (förordnande); so that is said expressly too.
    #[must_use]
    pub fn carries_by_default(self) -> RightSet {
        match self {
            Self::Guardian | Self::AppointedGuardian => RightSet::ALL,
            Self::ChildGodMan => RightSet::ALL.minus(RightSet::of(&[Right::Collect])),
            Self::AdultGodMan | Self::Administrator => RightSet::of(&[Right::See, Right::ReceiveNotices]),
            Self::FosterHome | Self::ContactOnly | Self::GrantedByAdult | Self::NotStated => RightSet::NONE,
        }
    }

    /// The classes of information that the right to see opens.
    ///
    /// `Contact` opens the date of birth and the sex; addresses, telephone numbers and e-mail
    /// addresses never follow from a relation (see [`crate::access::Scope::shows_reach_of`]).
    /// Support needs and health wait for the capabilities that hold them: what may be withheld
    /// from guardians (offentlighets- och sekretesslagen 12 kap. 3 §) is decided there.
    #[must_use]
    pub fn classes(self) -> ClassSet {
        match self {
            Self::Guardian | Self::AppointedGuardian | Self::ChildGodMan => ClassSet::of(&[
                Class::Basic,
                Class::Contact,
                Class::IdentityNumber,
                Class::AbsenceReason,
                Class::Grade,
            ]),
            Self::FosterHome => ClassSet::of(&[Class::Basic, Class::Contact, Class::AbsenceReason]),
            Self::GrantedByAdult => ClassSet::of(&[Class::Basic, Class::AbsenceReason, Class::Grade]),
            Self::AdultGodMan | Self::Administrator => ClassSet::of(&[Class::Basic, Class::Contact]),
            Self::ContactOnly => ClassSet::of(&[Class::Basic]),
            Self::NotStated => ClassSet::of(&[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_carried_by_default_that_the_kind_may_not_carry() {
        for kind in RelationKind::ALL.iter().copied() {
            assert!(kind.may_carry().covers(kind.carries_by_default()), "{kind}");
        }
    }

    #[test]
    fn only_legally_appointed_kinds_carry_something_by_default_or_decide() {
        for kind in [RelationKind::FosterHome, RelationKind::ContactOnly, RelationKind::GrantedByAdult] {
            assert!(kind.carries_by_default().is_empty(), "{kind}");
            assert!(!kind.may_carry().has(Right::Decide), "{kind}");
        }
    }

    #[test]
    fn identity_numbers_are_for_those_in_the_guardians_place() {
        for kind in RelationKind::ALL.iter().copied() {
            let legal = matches!(
                kind,
                RelationKind::Guardian | RelationKind::AppointedGuardian | RelationKind::ChildGodMan
            );
            assert_eq!(kind.classes().has(Class::IdentityNumber), legal, "{kind}");
            assert!(!kind.classes().has(Class::Protected), "{kind}");
        }
    }
}

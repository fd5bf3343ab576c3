//! The rule that everything rests on: which rights hold on a day.

use chrono::{Months, NaiveDate};

use super::{RelationKind, RightSet, Terms};
use crate::id::PersonId;
use crate::period::Period;

/// Whether a person is of age on a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Adulthood {
    /// Below 18.
    Child,
    /// 18 or more.
    Adult,
    /// Nobody knows the date of birth.
    Unknown,
}

/// Whether somebody born on a day is of age, from the start of the 18th birthday.
///
/// Whoever was born on 29 February is of age on 28 February in a year without that day
/// (lag 1930:173, 1 §: a day that the last month lacks is its last day).
#[must_use]
pub fn adulthood(birth_date: Option<NaiveDate>, day: NaiveDate) -> Adulthood {
    match birth_date.and_then(of_age_from) {
        None => Adulthood::Unknown,
        Some(birthday) if birthday <= day => Adulthood::Adult,
        Some(_) => Adulthood::Child,
    }
}

/// The 18th birthday.
pub(super) fn of_age_from(birth_date: NaiveDate) -> Option<NaiveDate> {
    birth_date.checked_add_months(Months::new(18 * 12))
}

/// What stands around a relation, on any day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Situation<'a> {
    /// When the person over whom the rights are was born. Unknown: neither a child's nor an
    /// adult's relations carry anything, until somebody has entered it.
    pub birth_date: Option<NaiveDate>,
    /// The days of the contact bans and bars against the relative.
    pub bans: &'a [Period],
    /// Whether the person is protected.
    pub is_protected: bool,
    /// Whether the relative is cleared to know of the protected person; see [`is_cleared`].
    pub is_cleared: bool,
}

/// The rights that a relation carries on a day.
///
/// In this order: an unconfirmed relation carries nothing; nor does any against whom there is a
/// ban that day, nor one over a protected person who has not cleared the relative; nor outside
/// the period; a child's relations nothing from the start of the 18th birthday, an adult's nothing
/// before it, and neither while the date of birth is unknown. Never more than the kind may carry.
#[must_use]
pub fn rights_on(
    day: NaiveDate,
    kind: RelationKind,
    terms: &Terms,
    is_confirmed: bool,
    situation: &Situation<'_>,
) -> RightSet {
    let Situation { birth_date, bans, is_protected, is_cleared } = *situation;
    let closed = !is_confirmed
        || bans.iter().any(|ban| ban.contains(day))
        || (is_protected && !is_cleared)
        || !terms.period.contains(day);
    let of_its_age = match adulthood(birth_date, day) {
        Adulthood::Child => kind.is_for_children(),
        Adulthood::Adult => !kind.is_for_children(),
        Adulthood::Unknown => false,
    };
    if closed || !of_its_age { RightSet::NONE } else { terms.rights.intersection(kind.may_carry()) }
}

/// Whether a relative is cleared to know of a protected person.
///
/// The one place that answers it. A protected person's handling plan names who is cleared; where nobody
/// is, a protected child is seen by nobody but themselves, those who hold the separate permission,
/// and their own teachers, under another name.
#[must_use]
pub fn is_cleared(cleared: &[PersonId], relative: PersonId) -> bool {
    cleared.contains(&relative)
}

#[cfg(test)]
mod tests {
    use super::super::Right;
    use super::*;
    use proptest::prelude::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn birth_dates() -> impl Strategy<Value = Option<NaiveDate>> {
        proptest::option::weighted(
            0.9,
            (0..12_000u64).prop_map(|days| day("1990-01-01") + chrono::Days::new(days)),
        )
    }

    fn days() -> impl Strategy<Value = NaiveDate> {
        (0..14_000u64).prop_map(|days| day("2000-01-01") + chrono::Days::new(days))
    }

    fn periods() -> impl Strategy<Value = Period> {
        (days(), proptest::option::of(0..4_000u64)).prop_map(|(from, length)| {
            Period::new(from, length.map(|days| from + chrono::Days::new(days))).unwrap()
        })
    }

    fn sets() -> impl Strategy<Value = RightSet> {
        proptest::collection::vec(proptest::sample::select(Right::ALL), 0..6)
            .prop_map(|rights| rights.into_iter().collect())
    }

    proptest! {
        #[test]
        fn what_closes_closes_and_nothing_else_does(
            kind in proptest::sample::select(RelationKind::ALL), rights in sets(), period in periods(),
            bans in proptest::collection::vec(periods(), 0..3), birth_date in birth_dates(),
            on in days(), is_confirmed: bool, is_protected: bool, is_cleared: bool,
        ) {
            let terms = Terms { period, rights };
            let situation = Situation { birth_date, bans: &bans, is_protected, is_cleared };
            let held = rights_on(on, kind, &terms, is_confirmed, &situation);

            // Never more than was given, or than the kind may carry.
            prop_assert!(rights.covers(held) && kind.may_carry().covers(held));

            let banned = bans.iter().any(|ban| ban.contains(on));
            // Counted in another way than the rule counts: by whole years and the day within the year.
            let of_age = birth_date.map(|born| {
                use chrono::Datelike;
                let years = on.year() - born.year();
                let leap_day_lacks = (born.month(), born.day()) == (2, 29)
                    && NaiveDate::from_ymd_opt(on.year(), 2, 29).is_none();
                let birthday = if leap_day_lacks { (2, 28) } else { (born.month(), born.day()) };
                years > 18 || (years == 18 && (on.month(), on.day()) >= birthday)
            });
            let for_children = matches!(
                kind,
                RelationKind::Guardian | RelationKind::AppointedGuardian | RelationKind::ChildGodMan
                    | RelationKind::FosterHome | RelationKind::ContactOnly
                    | RelationKind::NotStated
            );
            let open = is_confirmed && !banned && period.contains(on) && (!is_protected || is_cleared)
                && of_age == Some(!for_children);
            if open {
                prop_assert_eq!(held, rights.intersection(kind.may_carry()));
            } else {
                prop_assert_eq!(held, RightSet::NONE);
            }
        }

        #[test]
        fn a_guardian_has_nothing_on_or_after_the_birthday(born in days(), after in 0..9_000u64, rights in sets()) {
            let birthday = of_age_from(born).unwrap();
            let terms = Terms { period: Period::new(crate::period::FIRST_DATE, None).unwrap(), rights };
            let situation = Situation { birth_date: Some(born), bans: &[], is_protected: false, is_cleared: false };
            let held = |on| rights_on(on, RelationKind::Guardian, &terms, true, &situation);
            prop_assert_eq!(held(birthday + chrono::Days::new(after)), RightSet::NONE);
            prop_assert_eq!(held(birthday.pred_opt().unwrap()), rights);
        }
    }

    #[test]
    fn who_is_born_on_a_leap_day_is_of_age_on_the_last_of_february() {
        let born = Some(day("2008-02-29"));
        assert_eq!(adulthood(born, day("2026-02-27")), Adulthood::Child);
        assert_eq!(adulthood(born, day("2026-02-28")), Adulthood::Adult);
        assert_eq!(adulthood(None, day("2026-02-28")), Adulthood::Unknown);
    }

    #[test]
    fn nobody_is_cleared_unless_named() {
        use crate::id::Id;
        let person = |number| PersonId::from_uuid(uuid::Uuid::from_u128(number));
        assert!(!is_cleared(&[], person(1)));
        assert!(is_cleared(&[person(2), person(1)], person(1)));
    }
}

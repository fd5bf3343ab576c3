use chrono::Days;
use proptest::prelude::*;

use super::*;
use crate::period::Period;
use crate::person::{AddressDraft, DataSource};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn address(street: &[&str], code: &str, city: &str) -> PostalAddress {
    PostalAddress::new(&AddressDraft {
        street_lines: street.iter().map(|line| (*line).to_owned()).collect(),
        postal_code: Some(code.to_owned()),
        city: city.to_owned(),
        country: "SE".to_owned(),
        ..AddressDraft::default()
    })
    .unwrap()
}

fn held(kind: AddressKind, address: &PostalAddress, from: &str, to: Option<&str>) -> HeldAddress {
    HeldAddress {
        kind,
        address: address.clone(),
        period: Period::new(day(from), to.map(day)).unwrap(),
        source: DataSource::Staff,
    }
}

#[test]
fn a_home_is_the_same_however_it_is_written() {
    let home = address(&["Ängsgatan 4 A", "lgh 1102"], "70210", "Örebro");
    for same in [
        address(&["ÄNGSGATAN 4A LGH 1102"], "702 10", "ÖREBRO"),
        address(&["Ängsgatan 4a,", "Lgh. 1102"], "SE-702 10", "Örebro"),
    ] {
        assert!(is_same_home(&home, &same));
    }
    for another in [
        address(&["Ängsgatan 4 A"], "702 10", "Örebro"),
        address(&["Ängsgatan 4 A", "lgh 1103"], "702 10", "Örebro"),
        address(&["Ängsgatan 4 A", "lgh 1102"], "702 11", "Örebro"),
        address(&["Angsgatan 4 A", "lgh 1102"], "702 10", "Örebro"),
        address(&["Ängsgatan 4 A", "lgh 1102"], "702 10", "Kumla"),
    ] {
        assert!(!is_same_home(&home, &another));
    }
    // Numbers are not run together, and a town is no home.
    let (one, other) = (address(&["Byn 1 11"], "70210", "Örebro"), address(&["Byn 11 1"], "70210", "Örebro"));
    assert!(!is_same_home(&one, &other));
    let town = address(&[], "70210", "Örebro");
    assert!(!is_same_home(&town, &town));
}

#[test]
fn a_child_who_moves_back_and_forth_is_shown_where_the_guardian_lives() {
    let (mine, hers) =
        (address(&["Ängsgatan 4"], "70210", "Örebro"), address(&["Åsvägen 3"], "70212", "Örebro"));
    let child = [
        held(AddressKind::Registered, &mine, "2015-01-01", Some("2020-06-30")),
        held(AddressKind::Other, &mine, "2020-07-01", None),
        held(AddressKind::Registered, &hers, "2020-07-01", None),
    ];
    let guardian = [
        held(AddressKind::Registered, &mine, "2014-01-01", Some("2026-12-31")),
        held(AddressKind::Other, &hers, "2014-01-01", None),
    ];
    let shown = shared_homes(&child, &guardian, day("2026-11-27"));
    assert_eq!(shown.len(), 1, "neither the change of kind nor the coming move is told");
    assert_eq!((shown[0].from, shown[0].to), (day("2015-01-01"), None));
    assert!(shown[0].is_on(day("2020-07-01")) && !shown[0].is_on(day("2014-12-31")));
    assert!(have_shared_a_home(&child, &guardian));
    assert_eq!(format!("{:?}", shown[0]), "SharedHome(redacted)");
}

/// One of four homes, one of two ways to write it, as one of two kinds, during some days.
fn some_address() -> impl Strategy<Value = HeldAddress> {
    (0..4usize, any::<bool>(), any::<bool>(), 0..300u64, proptest::option::of(0..200u64)).prop_map(
        |(home, loud, registered, from, length)| {
            let street = ["Ängsgatan 4 A", "Ängsgatan 4 B", "Åsvägen 3", "Box 12"][home];
            let street = if loud { street.to_uppercase() } else { street.to_owned() };
            let from = day("2026-01-01") + Days::new(from);
            HeldAddress {
                kind: if registered { AddressKind::Registered } else { AddressKind::Other },
                address: address(&[&street], "70210", "Örebro"),
                period: Period::new(from, length.map(|length| from + Days::new(length))).unwrap(),
                source: DataSource::Staff,
            }
        },
    )
}

fn some_addresses() -> impl Strategy<Value = Vec<HeldAddress>> {
    proptest::collection::vec(some_address(), 0..6)
}

proptest! {
    #[test]
    fn what_is_shown_on_a_day_is_what_both_have_that_day_and_nothing_else(
        child in some_addresses(), guardian in some_addresses(), today in 0..300u64, on in 0..300u64,
    ) {
        let today = day("2026-01-01") + Days::new(today);
        let on = (day("2026-01-01") + Days::new(on)).min(today);
        let homes = shared_homes(&child, &guardian, today);
        for own in guardian.iter().filter(|own| own.kind == AddressKind::Registered && own.period.contains(on)) {
            let shared = child
                .iter()
                .any(|held| held.period.contains(on) && is_same_home(&held.address, &own.address));
            let shown = homes.iter().any(|home| home.is_on(on) && is_same_home(&home.address, &own.address));
            prop_assert_eq!(shown, shared);
        }
        for home in homes.iter().filter(|home| home.is_on(on)) {
            let is_own = |own: &HeldAddress| {
                own.kind == AddressKind::Registered && own.period.contains(on) && own.address == home.address
            };
            prop_assert!(guardian.iter().any(is_own));
        }
        // No day to come is told.
        prop_assert!(homes.iter().all(|home| home.from <= today && home.to.is_none_or(|to| to < today)));
    }

    #[test]
    fn no_home_but_the_guardians_own_leaves_a_trace(
        child in some_addresses(), elsewhere in some_addresses(), guardian in some_addresses(), today in 0..300u64,
    ) {
        let today = day("2026-01-01") + Days::new(today);
        let own = |held: &HeldAddress| guardian.iter().any(|own| is_same_home(&own.address, &held.address));
        let there: Vec<HeldAddress> =
            child.iter().cloned().chain(elsewhere.into_iter().filter(|held| !own(held))).collect();
        prop_assert_eq!(shared_homes(&there, &guardian, today), shared_homes(&child, &guardian, today));
    }

    #[test]
    fn how_the_entries_about_a_child_are_cut_leaves_no_trace(
        child in some_addresses(), guardian in some_addresses(), cut in 0..300u64, today in 0..300u64,
    ) {
        let (cut, today) = (day("2026-01-01") + Days::new(cut), day("2026-01-01") + Days::new(today));
        let pieces: Vec<HeldAddress> = child
            .iter()
            .flat_map(|held| {
                let before = cut.pred_opt().filter(|_| held.period.contains(cut) && held.period.from() < cut);
                match before {
                    None => vec![held.clone()],
                    Some(before) => vec![
                        HeldAddress {
                            period: Period::new(held.period.from(), Some(before)).unwrap(),
                            kind: AddressKind::Other,
                            ..held.clone()
                        },
                        HeldAddress {
                            period: Period::new(cut, held.period.to()).unwrap(),
                            source: DataSource::Import,
                            ..held.clone()
                        },
                    ],
                }
            })
            .collect();
        prop_assert_eq!(shared_homes(&pieces, &guardian, today), shared_homes(&child, &guardian, today));
    }
}

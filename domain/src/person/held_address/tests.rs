use chrono::Days;
use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn draft(
    kind: AddressKind,
    city: &str,
    municipality: Option<&str>,
    from: &str,
    to: Option<&str>,
) -> HeldAddressDraft {
    HeldAddressDraft {
        kind,
        address: AddressDraft {
            postal_code: Some("123 45".into()),
            city: city.into(),
            country: "SE".into(),
            municipality_code: municipality.map(str::to_owned),
            ..AddressDraft::default()
        },
        from: day(from),
        to: to.map(day),
        source: DataSource::PopulationRegister,
    }
}

fn home(city: &str, municipality: &str, from: &str, to: Option<&str>) -> HeldAddressDraft {
    draft(AddressKind::Registered, city, Some(municipality), from, to)
}

#[test]
fn the_home_municipality_is_known_for_every_day() {
    let addresses = HeldAddress::new_many(&[
        home("Åmål", "1492", "2020-01-01", Some("2024-06-30")),
        home("Örebro", "1880", "2024-07-01", None),
        draft(AddressKind::Other, "Malmö", Some("1280"), "2019-01-01", None),
    ])
    .unwrap();
    let on = |text| home_municipality_on(&addresses, day(text));
    assert_eq!(on("2024-06-30"), Some("1492"));
    assert_eq!(on("2024-07-01"), Some("1880"));
    assert_eq!(on("2019-12-31"), None);
    assert_eq!(registered_on(&addresses, day("2026-06-01")).and_then(PostalAddress::region_code), Some("18"));
    assert_eq!(format!("{:?}", addresses[0]), "HeldAddress(redacted)");
}

#[test]
fn every_refused_part_is_named() {
    let refusals = HeldAddress::new_many(&[
        home("Åmål", "1492", "2020-01-01", None),
        home(" ", "149", "2020-01-01", Some("2019-01-01")),
        home("Örebro", "1880", "2024-07-01", None),
    ])
    .unwrap_err();
    let refused: Vec<_> = refusals.0.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
    assert_eq!(
        refused,
        [
            ("/1/city", Rule::Required),
            ("/1/municipalityCode", Rule::Format),
            ("/1/period/to", Rule::PeriodReversed),
            ("/2/period", Rule::Overlap),
        ]
    );
}

#[test]
fn a_new_address_ends_the_former_one_of_its_kind() {
    let present = HeldAddress::new_many(&[
        home("Åmål", "1492", "2010-01-01", Some("2019-12-31")),
        home("Örebro", "1880", "2020-01-01", None),
        draft(AddressKind::Other, "Malmö", None, "2019-01-01", None),
    ])
    .unwrap();
    let enter = |draft: &HeldAddressDraft| {
        let new = HeldAddress::new(draft).unwrap();
        succeed(&new, &present).map(|ended| {
            ended.into_iter().map(|(place, held)| (place, held.period.to().unwrap())).collect::<Vec<_>>()
        })
    };
    assert_eq!(enter(&home("Kumla", "1881", "2026-08-01", None)).unwrap(), [(1, day("2026-07-31"))]);
    // What would lose days of another is refused, or stands beside it.
    for (from, to) in [("2020-01-01", None), ("2019-06-01", None), ("2026-08-01", Some("2026-12-31"))] {
        let refused = enter(&home("Kumla", "1881", from, to)).unwrap_err();
        assert_eq!((refused.pointer.as_str(), refused.rule), ("/period", Rule::Overlap));
    }
    assert_eq!(enter(&home("Kumla", "1881", "2009-01-01", Some("2009-12-31"))).unwrap(), []);
    let other = |from, to| draft(AddressKind::Other, "Kumla", None, from, to);
    assert_eq!(enter(&other("2026-08-01", None)).unwrap(), [(2, day("2026-07-31"))]);
    assert_eq!(enter(&other("2026-08-01", Some("2026-12-31"))).unwrap(), []);
    assert_eq!(enter(&other("2018-08-01", None)).unwrap(), []);
}

#[test]
fn a_code_names_one_kind() {
    for kind in AddressKind::ALL {
        assert_eq!(AddressKind::from_code(kind.code()).unwrap(), *kind);
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
    }
}

proptest! {
    #[test]
    fn however_addresses_are_entered_registered_ones_never_share_a_day(
        entered in proptest::collection::vec((0..60u64, proptest::option::of(0..40u64), any::<bool>()), 1..12),
    ) {
        let first = day("2026-01-01");
        let mut present: Vec<HeldAddress> = Vec::new();
        for (from, length, registered) in entered {
            let from = first + Days::new(from);
            let kind = if registered { AddressKind::Registered } else { AddressKind::Other };
            let mut new = draft(kind, "Örebro", Some("1880"), "2026-01-01", None);
            new.from = from;
            new.to = length.map(|length| from + Days::new(length));
            let new = HeldAddress::new(&new).unwrap();
            let days_before = present.len();
            if let Ok(ended) = succeed(&new, &present) {
                for (place, held) in ended {
                    // No day is lost but those that the new one takes.
                    prop_assert_eq!(held.period.from(), present[place].period.from());
                    prop_assert_eq!(held.period.to().unwrap().succ_opt().unwrap(), new.period.from());
                    present[place] = held;
                }
                present.push(new);
                prop_assert_eq!(present.len(), days_before + 1);
            }
            for (at, one) in present.iter().enumerate() {
                let others = present.iter().take(at);
                prop_assert!(refuse_two_registered(one, others).is_ok());
            }
        }
    }
}

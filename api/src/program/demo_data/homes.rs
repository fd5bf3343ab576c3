//! Where the demonstration's people live, and have lived.

use chrono::NaiveDate;
use skolhus_domain::person::{AddressDraft, AddressKind, DataSource, HeldAddressDraft};

/// Postal code, postal town and municipality.
const TOWNS: [(&str, &str, &str); 6] = [
    ("702 10", "Örebro", "1880"),
    ("692 30", "Kumla", "1881"),
    ("662 31", "Åmål", "1492"),
    ("972 31", "Luleå", "2580"),
    ("391 20", "Kalmar", "0880"),
    ("593 30", "Västervik", "0883"),
];
const STREETS: [&str; 5] = ["Ängsgatan", "Åsvägen", "Östra Storgatan", "Kyrkbacken", "Sjövägen"];

/// The addresses of a person by number: everybody is registered somewhere, every fourth has moved before the
/// autumn term, and every fifth has a room at the school beside.
pub(super) fn homes(number: usize) -> Vec<HeldAddressDraft> {
    let home = |place: usize, from, to| at(AddressKind::Registered, number, place, from, to);
    let moved = number.is_multiple_of(4);
    let mut homes = vec![home(number, if moved { day(2026, 7) } else { day(2019, 3) }, None)];
    if moved {
        homes.push(home(number + 1, day(2015, 6), day(2026, 7).pred_opt()));
    }
    if number.is_multiple_of(5) {
        homes.push(HeldAddressDraft {
            address: AddressDraft {
                street_lines: vec![format!("Folkhögskolevägen 1, rum {}", 100 + number)],
                ..at(AddressKind::Other, number, 0, day(2026, 8), None).address
            },
            source: DataSource::Person,
            ..at(AddressKind::Other, number, 0, day(2026, 8), None)
        });
    }
    homes
}

/// The home of a family, by number.
pub(super) fn family_home(number: usize) -> HeldAddressDraft {
    at(AddressKind::Registered, number, 0, day(2019, 3), None)
}

fn at(
    kind: AddressKind,
    number: usize,
    place: usize,
    from: NaiveDate,
    to: Option<NaiveDate>,
) -> HeldAddressDraft {
    let (postal_code, city, municipality) =
        TOWNS.get(place % TOWNS.len()).copied().unwrap_or(("702 10", "Örebro", "1880"));
    let street = STREETS.get(place % STREETS.len()).copied().unwrap_or_default();
    HeldAddressDraft {
        kind,
        address: AddressDraft {
            care_of: None,
            street_lines: vec![format!("{street} {}", 1 + number)],
            postal_code: Some(postal_code.to_owned()),
            city: city.to_owned(),
            country: "SE".to_owned(),
            municipality_code: Some(municipality.to_owned()),
        },
        from,
        to,
        source: DataSource::PopulationRegister,
    }
}

/// The first day of a month.
fn day(year: i32, month: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, 1).unwrap_or_default()
}

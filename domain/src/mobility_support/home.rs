//! In which region somebody is at home on a day.

use chrono::NaiveDate;

use crate::code::Code;
use crate::organisation::MunicipalityCode;
use crate::period::Period;
use crate::person::{AddressKind, HeldAddress};
use crate::refusal::Refusal;

/// Days on which somebody was registered in a region (folkbokförd).
#[derive(Clone, PartialEq, Eq)]
pub struct HomePeriod {
    /// The days.
    pub period: Period,
    /// The region's code; none where the address does not tell, and for those registered outside Sweden.
    pub region: Option<Code>,
}

/// Where somebody lives is not shown.
impl std::fmt::Debug for HomePeriod {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HomePeriod(redacted)")
    }
}

/// What is known of somebody's home region on a day.
#[derive(Clone, PartialEq, Eq)]
pub enum HomeRegion {
    /// One region.
    Known(Code),
    /// None: nobody knows, or the person was registered nowhere in Sweden.
    Unknown,
    /// More than one. Nothing is guessed.
    Contradictory,
}

impl std::fmt::Debug for HomeRegion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HomeRegion(redacted)")
    }
}

/// The home region on a day, whatever the order of the periods.
#[must_use]
pub fn home_region_on(homes: &[HomePeriod], day: NaiveDate) -> HomeRegion {
    let mut there =
        homes.iter().filter(|home| home.period.contains(day)).filter_map(|home| home.region.as_ref());
    match there.next() {
        None => HomeRegion::Unknown,
        Some(region) if there.all(|other| other == region) => HomeRegion::Known(region.clone()),
        Some(_) => HomeRegion::Contradictory,
    }
}

/// The days and regions of registered addresses. Other addresses, such as a room while studying, are no home.
///
/// # Errors
/// As [`Code::new`]; none for addresses that were checked.
pub fn home_periods<'a>(
    addresses: impl IntoIterator<Item = &'a HeldAddress>,
) -> Result<Vec<HomePeriod>, Refusal> {
    let registered = addresses.into_iter().filter(|held| held.kind == AddressKind::Registered);
    registered
        .map(|held| {
            let region = held.address.region_code().map(Code::new).transpose()?;
            Ok(HomePeriod { period: held.period, region })
        })
        .collect()
}

/// The region in which a municipality lies: the two digits with which its code begins. The place of teaching is a site's
/// municipality, which need not be that of the school's seat.
///
/// # Errors
/// As [`Code::new`]; none for a code of four digits.
pub fn region_of(municipality: &MunicipalityCode) -> Result<Code, Refusal> {
    Code::new(municipality.as_str().get(..2).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::person::{AddressDraft, DataSource, HeldAddressDraft};

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap()
    }

    fn held(
        kind: AddressKind,
        municipality: Option<&str>,
        from: NaiveDate,
        to: Option<NaiveDate>,
    ) -> HeldAddress {
        let address = AddressDraft {
            care_of: None,
            street_lines: vec!["Ågatan 4".into()],
            postal_code: Some("70210".into()),
            city: "Örebro".into(),
            country: "SE".into(),
            municipality_code: municipality.map(Into::into),
        };
        HeldAddress::new(&HeldAddressDraft { kind, address, from, to, source: DataSource::Staff }).unwrap()
    }

    #[test]
    fn a_room_while_studying_is_no_home() {
        let addresses = [
            held(AddressKind::Registered, Some("1880"), day(1, 1), Some(day(8, 31))),
            held(AddressKind::Other, Some("0180"), day(1, 1), None),
            held(AddressKind::Registered, None, day(9, 1), None),
        ];
        let homes = home_periods(&addresses).unwrap();
        let known = Code::new("18").unwrap();
        assert_eq!(home_region_on(&homes, day(6, 1)), HomeRegion::Known(known.clone()));
        assert_eq!(home_region_on(&homes, day(11, 1)), HomeRegion::Unknown);
        assert_eq!(region_of(&MunicipalityCode::new("1880").unwrap()), Ok(known));
        assert!(!format!("{homes:?}").contains("18"));
    }

    #[test]
    fn two_homes_on_a_day_are_a_contradiction_unless_they_lie_in_one_region() {
        let home = |region, from| HomePeriod {
            period: Period::new(from, None).unwrap(),
            region: Some(Code::new(region).unwrap()),
        };
        let homes = [home("18", day(1, 1)), home("18", day(3, 1)), home("01", day(7, 1))];
        assert_eq!(home_region_on(&homes, day(6, 1)), HomeRegion::Known(Code::new("18").unwrap()));
        assert_eq!(home_region_on(&homes, day(8, 1)), HomeRegion::Contradictory);
    }
}

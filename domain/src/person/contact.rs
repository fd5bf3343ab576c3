//! How a person is reached.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{AddressDraft, DataSource, EmailAddress, PhoneNumber, PostalAddress, note_all, redacted};
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};

/// What an address is used for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AddressKind {
    /// Where the person is registered (folkbokföringsadress). Its municipality and county over
    /// time decide home municipality, grants and compensation between them.
    Registered,
    /// Another address to write to, while studying for example.
    Other,
}

impl AddressKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Registered, Self::Other];

    /// The stable code: `registered` or `other`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Other => "other",
        }
    }

    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// An address during a period.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldAddress {
    /// What it is used for.
    pub kind: AddressKind,
    /// The address.
    pub address: PostalAddress,
    /// The days on which it applies.
    pub period: Period,
    /// Who told us.
    pub source: DataSource,
}

/// An address during a period, as somebody entered it.
#[derive(Clone, PartialEq, Eq)]
pub struct HeldAddressDraft {
    /// What it is used for.
    pub kind: AddressKind,
    /// The address.
    pub address: AddressDraft,
    /// The first day.
    pub from: NaiveDate,
    /// The last day; none means until further notice.
    pub to: Option<NaiveDate>,
    /// Who told us.
    pub source: DataSource,
}

/// Contact details as somebody entered them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ContactDraft {
    /// E-mail addresses, the preferred one first.
    pub emails: Vec<String>,
    /// Phone numbers, the preferred one first.
    pub phones: Vec<String>,
    /// Addresses, in any order.
    pub addresses: Vec<HeldAddressDraft>,
}

/// A person's contact details. `Debug` shows nothing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct ContactDetails {
    /// E-mail addresses, the preferred one first; none twice.
    pub emails: Vec<EmailAddress>,
    /// Phone numbers, the preferred one first; none twice.
    pub phones: Vec<PhoneNumber>,
    /// Addresses over time; never two registered ones on the same day.
    pub addresses: Vec<HeldAddress>,
}

redacted!(HeldAddress, HeldAddressDraft, ContactDraft, ContactDetails);

impl ContactDetails {
    /// Checks every detail.
    ///
    /// # Errors
    /// All at once, at `/emails/0`, `/phones/0`, `/addresses/0/postalCode` and so on:
    /// as [`EmailAddress::new`], [`PhoneNumber::new`], [`PostalAddress::new`] and
    /// [`Period::new`] (below `/addresses/0/period`); [`Rule::Duplicate`] for an address or
    /// number that stands there already; [`Rule::Overlap`] for two registered addresses.
    pub fn new(draft: &ContactDraft) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        let emails = each(&draft.emails, "/emails", &mut refusals, |raw| Ok(EmailAddress::new(raw)?));
        let phones = each(&draft.phones, "/phones", &mut refusals, |raw| Ok(PhoneNumber::new(raw)?));
        let addresses = each(&draft.addresses, "/addresses", &mut refusals, HeldAddress::new);

        refuse_twice(&emails, "/emails", &mut refusals, EmailAddress::key);
        refuse_twice(&phones, "/phones", &mut refusals, |phone| {
            phone.e164().unwrap_or(phone.as_str()).to_owned()
        });
        refuse_two_registered(&addresses, &mut refusals);

        refusals.finish()?;
        Ok(Self { emails: values(emails), phones: values(phones), addresses: values(addresses) })
    }

    /// Where the person was registered on a day.
    #[must_use]
    pub fn registered_address_on(&self, day: NaiveDate) -> Option<&PostalAddress> {
        self.addresses
            .iter()
            .find(|held| held.kind == AddressKind::Registered && held.period.contains(day))
            .map(|held| &held.address)
    }
}

impl HeldAddress {
    fn new(draft: &HeldAddressDraft) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        let address = note_all(&mut refusals, "", PostalAddress::new(&draft.address));
        let period = refusals.note("/period", Period::new(draft.from, draft.to));
        match (address, period) {
            (Some(address), Some(period)) => {
                Ok(Self { kind: draft.kind, address, period, source: draft.source })
            }
            _ => Err(refusals),
        }
    }
}

/// The values that were accepted, each with its place in the input.
fn each<D, T>(
    drafts: &[D],
    pointer: &str,
    refusals: &mut Refusals,
    check: impl Fn(&D) -> Result<T, Refusals>,
) -> Vec<(usize, T)> {
    let accept =
        |(at, draft)| note_all(refusals, &format!("{pointer}/{at}"), check(draft)).map(|value| (at, value));
    drafts.iter().enumerate().filter_map(accept).collect()
}

fn refuse_twice<T>(
    accepted: &[(usize, T)],
    pointer: &str,
    refusals: &mut Refusals,
    key: impl Fn(&T) -> String,
) {
    let mut seen = Vec::new();
    for (at, value) in accepted {
        let key = key(value);
        if seen.contains(&key) {
            let refusal = Refusal::new(Rule::Duplicate, "stands there already");
            refusals.0.push(refusal.at(&format!("{pointer}/{at}")));
        }
        seen.push(key);
    }
}

fn refuse_two_registered(accepted: &[(usize, HeldAddress)], refusals: &mut Refusals) {
    let mut earlier: Vec<&HeldAddress> = Vec::new();
    for (at, held) in accepted.iter().filter(|(_, held)| held.kind == AddressKind::Registered) {
        if let Some(other) = earlier.iter().find(|other| other.period.overlaps(&held.period)) {
            let detail = format!("another registered address applies {}", other.period);
            refusals.0.push(Refusal::new(Rule::Overlap, detail).at(&format!("/addresses/{at}/period")));
        }
        earlier.push(held);
    }
}

fn values<T>(accepted: Vec<(usize, T)>) -> Vec<T> {
    accepted.into_iter().map(|(_, value)| value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn home(city: &str, from: NaiveDate, to: Option<NaiveDate>) -> HeldAddressDraft {
        HeldAddressDraft {
            kind: AddressKind::Registered,
            address: AddressDraft {
                postal_code: Some("123 45".into()),
                city: city.into(),
                country: "SE".into(),
                ..AddressDraft::default()
            },
            from,
            to,
            source: DataSource::PopulationRegister,
        }
    }

    #[test]
    fn the_registered_address_is_known_for_every_day() {
        let contact = ContactDetails::new(&ContactDraft {
            emails: vec!["asa@exempel.se".into()],
            phones: vec!["070-174 06 05".into()],
            addresses: vec![
                home("Åmål", day(2020, 1, 1), Some(day(2024, 6, 30))),
                home("Örebro", day(2024, 7, 1), None),
            ],
        })
        .unwrap();
        let city = |day| contact.registered_address_on(day).map(|address| address.city().as_str());
        assert_eq!(city(day(2024, 6, 30)), Some("Åmål"));
        assert_eq!(city(day(2024, 7, 1)), Some("Örebro"));
        assert_eq!(city(day(2019, 12, 31)), None);
        assert_eq!(format!("{contact:?}"), "ContactDetails(redacted)");
    }

    #[test]
    fn every_refused_detail_is_named() {
        let refusals = ContactDetails::new(&ContactDraft {
            emails: vec!["asa@exempel.se".into(), "åsa".into(), "ASA@exempel.se".into()],
            phones: vec!["070-174 06 05".into(), "+46701740605".into()],
            addresses: vec![
                home("Åmål", day(2020, 1, 1), None),
                home(" ", day(2020, 1, 1), Some(day(2019, 1, 1))),
                home("Örebro", day(2024, 7, 1), None),
            ],
        })
        .unwrap_err();
        let refused: Vec<_> =
            refusals.0.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
        assert_eq!(
            refused,
            [
                ("/emails/1", Rule::Format),
                ("/addresses/1/city", Rule::Required),
                ("/addresses/1/period/to", Rule::PeriodReversed),
                ("/emails/2", Rule::Duplicate),
                ("/phones/1", Rule::Duplicate),
                ("/addresses/2/period", Rule::Overlap),
            ]
        );
    }

    #[test]
    fn a_code_names_one_kind_and_is_what_json_says() {
        for kind in AddressKind::ALL {
            assert_eq!(AddressKind::from_code(kind.code()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
        }
    }
}

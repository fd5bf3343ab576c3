//! Sites (filialer): where a school unit teaches.

use chrono::NaiveDate;
use serde::Serialize;

use crate::id::SchoolUnitId;
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

/// A municipality's code (kommunkod): four digits, the first two the county, for example `1283`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
#[serde(transparent)]
pub struct MunicipalityCode(String);

impl MunicipalityCode {
    /// A code that is well written; whether there is such a municipality is a matter of a table.
    ///
    /// # Errors
    /// [`Rule::Format`].
    pub fn new(raw: &str) -> Result<Self, Refusal> {
        let raw = raw.trim();
        if raw.len() == 4 && raw.bytes().all(|byte| byte.is_ascii_digit()) {
            Ok(Self(raw.to_owned()))
        } else {
            Err(Refusal::new(Rule::Format, "a municipality code is written with four digits, such as 1283"))
        }
    }

    /// The four digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A site of a school unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// The unit that teaches there.
    pub school_unit: SchoolUnitId,
    /// Its name, 1 to 200 characters.
    pub name: Text,
    /// The municipality it lies in.
    pub municipality: MunicipalityCode,
    /// Its address as it is written on a letter, at most 500 characters, in lines.
    pub address: Option<Text>,
    /// The days on which it is in use.
    pub valid: Period,
}

/// A site as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewSite<'a> {
    /// See [`Site::school_unit`].
    pub school_unit: SchoolUnitId,
    /// 1 to 200 characters.
    pub name: &'a str,
    /// Four digits.
    pub municipality_code: &'a str,
    /// At most 500 characters, in lines.
    pub address: Option<&'a str>,
    /// First day and last day (none: until further notice).
    pub valid: (NaiveDate, Option<NaiveDate>),
}

impl NewSite<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/name`, `/municipalityCode`, `/address`, `/valid/from` and `/valid/to`.
    pub fn validate(self) -> Result<Site, Refusals> {
        let mut refusals = Refusals::default();
        let name = refusals.note("/name", Text::line(self.name, 200));
        let code = refusals.note("/municipalityCode", MunicipalityCode::new(self.municipality_code));
        let address = self.address.and_then(|raw| refusals.note("/address", Text::lines(raw, 500)));
        let valid = refusals.note("/valid", Period::new(self.valid.0, self.valid.1));
        match (name, code, valid, refusals.finish()) {
            (Some(name), Some(municipality), Some(valid), Ok(())) => {
                Ok(Site { school_unit: self.school_unit, name, municipality, address, valid })
            }
            (.., finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;

    #[test]
    fn a_site_in_another_municipality() {
        let new = NewSite {
            school_unit: SchoolUnitId::from_uuid(uuid::Uuid::from_u128(1)),
            name: "Filialen i Ängelholm",
            municipality_code: "1292",
            address: Some("Storgatan 1\n262 32 Ängelholm"),
            valid: (NaiveDate::from_ymd_opt(2024, 8, 1).unwrap(), None),
        };
        assert_eq!(new.validate().unwrap().municipality.as_str(), "1292");
        let refusals =
            NewSite { municipality_code: "Ängelholm", address: Some("\u{202E}"), ..new }.validate();
        let refusals = refusals.unwrap_err().0;
        let found: Vec<_> = refusals.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
        assert_eq!(found, [("/municipalityCode", Rule::Format), ("/address", Rule::ForbiddenCharacter)]);
    }
}

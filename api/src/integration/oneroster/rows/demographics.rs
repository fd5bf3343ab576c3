//! `demographics.csv`.

use std::fmt;

use chrono::NaiveDate;

use super::super::source::RosterFile;
use super::Record;
use super::fields::Fields;
use super::words::Sex;

/// What of `demographics.csv` Skolhus has a use for. Personal, as `User`.
#[derive(Clone, PartialEq, Eq)]
pub struct Demographics {
    /// `birthDate`.
    pub birth_date: Option<NaiveDate>,
    /// `sex`.
    pub sex: Option<Sex>,
}

impl fmt::Debug for Demographics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Demographics(…)")
    }
}

impl Record for Demographics {
    const FILE: RosterFile = RosterFile::Demographics;
    const REQUIRED: &'static [&'static str] = &[];
    const OPTIONAL: &'static [&'static str] = &[
        "birthDate",
        "sex",
        "americanIndianOrAlaskaNative",
        "asian",
        "blackOrAfricanAmerican",
        "nativeHawaiianOrOtherPacificIslander",
        "white",
        "demographicRaceTwoOrMoreRaces",
        "hispanicOrLatinoEthnicity",
        "countryOfBirthCode",
        "stateOfBirthAbbreviation",
        "cityOfBirth",
        "publicSchoolResidenceStatus",
    ];

    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let birth_date = fields.date("birthDate");
        let sex = fields.optional_word("sex");
        Some(Self { birth_date: birth_date?, sex: sex? })
    }
}

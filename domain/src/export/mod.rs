//! Lists that leave (utdrag): which columns a list may have, what opens each, and what a cell may
//! not do in the program that reads it.

mod extent;

pub use extent::weeks_of_study;

use std::borrow::Cow;

use crate::{
    access::{ClassSet, InformationClass},
    refusal::{Refusal, Refusals, Rule},
};

/// The most rows of one list; a longer one is refused, not cut.
pub const MOST_ROWS: usize = 5_000;

macro_rules! columns {
    ($($(#[$doc:meta])* $variant:ident = $code:literal, $class:ident, $term:literal;)*) => {
        /// A column of a list.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Column { $($(#[$doc])* $variant,)* }

        impl Column {
            /// Every column.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in requests.
            #[must_use]
            pub fn code(self) -> &'static str { match self { $(Self::$variant => $code,)* } }

            /// The class of information that it shows.
            #[must_use]
            pub fn class(self) -> InformationClass { match self { $(Self::$variant => InformationClass::$class,)* } }

            /// The key of the term that is its heading.
            #[must_use]
            pub fn term(self) -> &'static str { match self { $(Self::$variant => $term,)* } }
        }
    };
}

columns! {
    /// The given names.
    GivenName = "givenName", Basic, "given-name";
    /// The family name.
    FamilyName = "familyName", Basic, "family-name";
    /// The date of birth.
    BirthDate = "birthDate", Contact, "birth-date";
    /// The identity number of the day.
    IdentityNumber = "identityNumber", IdentityNumber, "identity-number";
    /// The preferred e-mail address.
    Email = "email", Contact, "email";
    /// The preferred phone number.
    Phone = "phone", Contact, "phone";
    /// The street lines of the registered address.
    Address = "address", Contact, "address";
    /// Its postal code.
    PostalCode = "postalCode", Contact, "postal-code";
    /// Its city.
    City = "city", Contact, "city";
    /// The municipality in which they are registered.
    HomeMunicipality = "homeMunicipality", Contact, "home-municipality";
    /// The title of the offering.
    CourseOffering = "courseOffering", Basic, "course-offering";
    /// The state of the participation.
    State = "state", Basic, "state";
    /// The first day of the participation.
    FirstDay = "firstDay", Basic, "first-day";
    /// The last day of the participation.
    LastDay = "lastDay", Basic, "last-day";
    /// The pace of the day, or of the first day of a participation that has not begun, in percent.
    Pace = "pace", Basic, "pace";
}

impl Column {
    /// Those that an address is needed for.
    #[must_use]
    pub fn is_of_address(self) -> bool {
        matches!(self, Self::Address | Self::PostalCode | Self::City | Self::HomeMunicipality)
    }

    /// The columns of a list of persons.
    pub const OF_PERSONS: &'static [Self] = &[
        Self::GivenName,
        Self::FamilyName,
        Self::BirthDate,
        Self::IdentityNumber,
        Self::Email,
        Self::Phone,
        Self::Address,
        Self::PostalCode,
        Self::City,
        Self::HomeMunicipality,
    ];
}

/// The columns that somebody asks for, in their order.
///
/// # Errors
/// At `/columns/0` …: [`Rule::UnknownCode`] for what such a list does not have, [`Rule::Duplicate`],
/// [`Rule::NotPermitted`] for a column of a class that is not open to the caller.
pub fn columns(asked: &[String], of: &[Column], open: ClassSet) -> Result<Vec<Column>, Refusals> {
    let mut refusals = Refusals::default();
    let mut columns = Vec::with_capacity(asked.len());
    for (place, name) in asked.iter().enumerate() {
        let column = match of.iter().find(|column| column.code() == name) {
            None => {
                let known: Vec<&str> = of.iter().map(|column| column.code()).collect();
                Err(Refusal::new(Rule::UnknownCode, format!("must be one of {}", known.join(", "))))
            }
            Some(column) if columns.contains(column) => {
                Err(Refusal::new(Rule::Duplicate, "a column stands in a list once"))
            }
            Some(column) if !open.has(column.class()) => {
                let detail = format!("{} is not open to you", column.code());
                Err(Refusal::new(Rule::NotPermitted, detail))
            }
            Some(column) => Ok(*column),
        };
        columns.extend(refusals.note(&format!("/columns/{place}"), column));
    }
    refusals.finish()?;
    Ok(columns)
}

/// A cell that no spreadsheet takes for a formula: one that begins like a formula gets an apostrophe
/// in front, which spreadsheets read as "this is text".
#[must_use]
pub fn harmless(cell: &str) -> Cow<'_, str> {
    let first = cell.trim_start().chars().next();
    let formula = matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'));
    if formula || cell.starts_with(['\t', '\r', '\n']) {
        Cow::Owned(format!("'{cell}"))
    } else {
        Cow::Borrowed(cell)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;
    use proptest::prelude::*;

    fn asked(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_column_that_is_closed_is_refused_by_name() {
        let names = asked(&["familyName", "identityNumber", "familyName", "betyg"]);
        let refused = columns(&names, Column::ALL, Role::Teacher.classes()).unwrap_err().0;
        let told: Vec<(&str, Rule)> =
            refused.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
        assert_eq!(
            told,
            [
                ("/columns/1", Rule::NotPermitted),
                ("/columns/2", Rule::Duplicate),
                ("/columns/3", Rule::UnknownCode)
            ]
        );
        let names = asked(&["identityNumber", "email"]);
        let open = columns(&names, Column::OF_PERSONS, Role::Registrar.classes()).unwrap();
        assert_eq!(open, [Column::IdentityNumber, Column::Email]);
    }

    #[test]
    fn every_heading_is_a_term() {
        for column in Column::ALL {
            assert!(crate::terminology::key(column.term()).is_some(), "{}", column.code());
        }
    }

    proptest! {
        #[test]
        fn no_cell_is_a_formula(cell in "[=+@\\-\t\r ]{0,3}\\PC{0,20}") {
            let shown = harmless(&cell);
            let first = shown.trim_start().chars().next();
            prop_assert!(!matches!(first, Some('=' | '+' | '-' | '@')), "{shown}");
            prop_assert!(shown.ends_with(&cell), "nothing is lost");
        }
    }
}

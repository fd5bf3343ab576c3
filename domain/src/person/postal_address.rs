//! Postal addresses.

use super::redacted;
use crate::refusal::{Refusal, Refusals, Rule};
use crate::text::Text;

/// The longest line of an address, in characters.
const LONGEST_LINE: usize = 100;
/// The longest foreign postal code, in characters.
const LONGEST_POSTAL_CODE: usize = 16;
/// How many lines stand between the name and the postal code.
const MOST_STREET_LINES: usize = 3;

/// An address as somebody entered it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct AddressDraft {
    /// In whose care (c/o), without the "c/o".
    pub care_of: Option<String>,
    /// Street, box or place; 0 to 3 lines.
    pub street_lines: Vec<String>,
    /// Postal code; needed in Sweden.
    pub postal_code: Option<String>,
    /// Postal town (postort).
    pub city: String,
    /// Country as two letters (ISO 3166-1 alpha-2).
    pub country: String,
    /// The municipality's code (SCB), only in Sweden.
    pub municipality_code: Option<String>,
}

/// A postal address. Two are equal where every part is. `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PostalAddress {
    care_of: Option<Text>,
    street_lines: Vec<Text>,
    postal_code: Option<Text>,
    city: Text,
    country: CountryCode,
    municipality_code: Option<String>,
}

redacted!(AddressDraft, PostalAddress);

impl PostalAddress {
    /// Checks every part. A Swedish postal code is kept as `123 45`, a foreign one as entered.
    ///
    /// # Errors
    /// All at once: as [`Text::line`] with at most 100 characters at `/careOf`,
    /// `/streetLines/…` and `/city`; [`Rule::TooLong`] at `/streetLines` above 3 lines;
    /// [`Rule::UnknownCode`] at `/country`; [`Rule::Required`] or [`Rule::Format`] at
    /// `/postalCode` and `/municipalityCode`; [`Rule::Conflict`] at `/municipalityCode`
    /// outside Sweden.
    pub fn new(draft: &AddressDraft) -> Result<Self, Refusals> {
        let mut refusals = Refusals::default();
        let care_of = refusals.note("/careOf", draft.care_of.as_deref().map(line).transpose());
        let street_lines = street_lines(&draft.street_lines, &mut refusals);
        let city = refusals.note("/city", line(&draft.city));
        let country = refusals.note("/country", CountryCode::new(&draft.country));
        // What depends on the country is only judged once the country is known.
        let (postal_code, municipality_code) = match country {
            Some(country) => (
                refusals.note("/postalCode", postal_code(draft.postal_code.as_deref(), country)),
                refusals.note("/municipalityCode", municipality(draft.municipality_code.as_deref(), country)),
            ),
            None => (None, None),
        };
        match (care_of, street_lines, postal_code, city, country, municipality_code) {
            (
                Some(care_of),
                Some(street_lines),
                Some(postal_code),
                Some(city),
                Some(country),
                Some(municipality_code),
            ) => Ok(Self { care_of, street_lines, postal_code, city, country, municipality_code }),
            _ => Err(refusals),
        }
    }

    /// In whose care (c/o).
    #[must_use]
    pub fn care_of(&self) -> Option<&Text> {
        self.care_of.as_ref()
    }

    /// Street, box or place; 0 to 3 lines.
    #[must_use]
    pub fn street_lines(&self) -> &[Text] {
        &self.street_lines
    }

    /// Postal code; `123 45` in Sweden.
    #[must_use]
    pub fn postal_code(&self) -> Option<&Text> {
        self.postal_code.as_ref()
    }

    /// Postal town.
    #[must_use]
    pub fn city(&self) -> &Text {
        &self.city
    }

    /// The country.
    #[must_use]
    pub fn country(&self) -> CountryCode {
        self.country
    }

    /// The municipality's (kommun) four digits (SCB).
    #[must_use]
    pub fn municipality_code(&self) -> Option<&str> {
        self.municipality_code.as_deref()
    }

    /// The region's (län) two digits, with which the municipality's begin.
    #[must_use]
    pub fn region_code(&self) -> Option<&str> {
        self.municipality_code().and_then(|code| code.get(..2))
    }
}

/// A country as two capital letters (ISO 3166-1 alpha-2, and XK for Kosovo).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CountryCode(&'static str);

impl CountryCode {
    /// Sweden.
    pub const SWEDEN: Self = Self("SE");

    /// The country with this code, whatever the case.
    ///
    /// # Errors
    /// [`Rule::UnknownCode`].
    pub fn new(raw: &str) -> Result<Self, Refusal> {
        COUNTRIES
            .split_ascii_whitespace()
            .find(|code| code.eq_ignore_ascii_case(raw.trim()))
            .map(Self)
            .ok_or_else(|| {
                Refusal::new(Rule::UnknownCode, "a country is two letters of ISO 3166-1, for example SE")
            })
    }

    /// The two letters.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.0
    }
}

fn line(raw: &str) -> Result<Text, Refusal> {
    Text::line(raw, LONGEST_LINE)
}

fn street_lines(raw: &[String], refusals: &mut Refusals) -> Option<Vec<Text>> {
    if raw.len() > MOST_STREET_LINES {
        let detail = format!("has {} lines; at most {MOST_STREET_LINES} are allowed", raw.len());
        return refusals.note("/streetLines", Err(Refusal::new(Rule::TooLong, detail)));
    }
    let lines: Vec<_> = raw
        .iter()
        .enumerate()
        .filter_map(|(at, raw)| refusals.note(&format!("/streetLines/{at}"), line(raw)))
        .collect();
    (lines.len() == raw.len()).then_some(lines)
}

fn postal_code(raw: Option<&str>, country: CountryCode) -> Result<Option<Text>, Refusal> {
    match raw {
        Some(raw) if country == CountryCode::SWEDEN => swedish_postal_code(raw).map(Some),
        None if country == CountryCode::SWEDEN => {
            Err(Refusal::new(Rule::Required, "a Swedish address has a postal code"))
        }
        _ => raw.map(|raw| Text::line(raw, LONGEST_POSTAL_CODE)).transpose(),
    }
}

fn swedish_postal_code(raw: &str) -> Result<Text, Refusal> {
    let entered = Text::line(raw, LONGEST_POSTAL_CODE)?;
    let bare =
        entered.as_str().trim_start_matches("SE-").trim_start_matches("S-").replace([' ', '\u{A0}'], "");
    match bare.split_at_checked(3) {
        Some((area, rest)) if is_digits(&bare, 5) && !bare.starts_with('0') => {
            Text::line(&format!("{area} {rest}"), LONGEST_POSTAL_CODE)
        }
        _ => Err(Refusal::new(Rule::Format, "a Swedish postal code has five digits, for example 123 45")),
    }
}

fn municipality(raw: Option<&str>, country: CountryCode) -> Result<Option<String>, Refusal> {
    match raw {
        None => Ok(None),
        Some(_) if country != CountryCode::SWEDEN => {
            Err(Refusal::new(Rule::Conflict, "only an address in Sweden has a municipality code"))
        }
        Some(raw) if is_digits(raw, 4) => Ok(Some(raw.to_owned())),
        Some(_) => Err(Refusal::new(Rule::Format, "a municipality code has four digits, for example 0180")),
    }
}

fn is_digits(text: &str, count: usize) -> bool {
    text.len() == count && text.chars().all(|character| character.is_ascii_digit())
}

/// ISO 3166-1 alpha-2, and XK, which the European Union uses for Kosovo.
const COUNTRIES: &str = "
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS
    BT BV BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE
    EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM
    HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC
    LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA
    NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW
    SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO
    TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW";

#[cfg(test)]
mod tests {
    use super::*;

    fn swedish() -> AddressDraft {
        AddressDraft {
            care_of: Some("Märta Öhman".into()),
            street_lines: vec!["Åsgatan 3 B".into()],
            postal_code: Some("12345".into()),
            city: "Älvsjö".into(),
            country: "se".into(),
            municipality_code: Some("0180".into()),
        }
    }

    fn refused(draft: &AddressDraft) -> Vec<(String, Rule)> {
        let refusals = PostalAddress::new(draft).unwrap_err();
        refusals.0.into_iter().map(|refusal| (refusal.pointer, refusal.rule)).collect()
    }

    #[test]
    fn a_swedish_postal_code_is_written_one_way() {
        for raw in ["12345", "123 45", "SE-123 45", "S-12345", "123\u{A0}45"] {
            let address =
                PostalAddress::new(&AddressDraft { postal_code: Some(raw.into()), ..swedish() }).unwrap();
            assert_eq!(address.postal_code().unwrap().as_str(), "123 45");
            assert_eq!(address.country(), CountryCode::SWEDEN);
        }
        for raw in ["1234", "123456", "01234", "12 3a5"] {
            let draft = AddressDraft { postal_code: Some(raw.into()), ..swedish() };
            assert_eq!(refused(&draft), [("/postalCode".to_owned(), Rule::Format)], "{raw}");
        }
    }

    #[test]
    fn a_foreign_address_is_free_but_has_no_municipality() {
        let draft = AddressDraft {
            postal_code: Some("SW1A 2AA".into()),
            country: "GB".into(),
            municipality_code: None,
            ..swedish()
        };
        assert!(PostalAddress::new(&draft).is_ok());
        assert!(PostalAddress::new(&AddressDraft { postal_code: None, ..draft.clone() }).is_ok());
        let draft = AddressDraft { municipality_code: Some("0180".into()), ..draft };
        assert_eq!(refused(&draft), [("/municipalityCode".to_owned(), Rule::Conflict)]);
    }

    #[test]
    fn every_refused_part_is_named() {
        let draft = AddressDraft {
            care_of: Some(" ".into()),
            street_lines: vec!["Åsgatan 3".into(), String::new()],
            postal_code: None,
            city: String::new(),
            country: "SE".into(),
            municipality_code: Some("180".into()),
        };
        let expected = [
            ("/careOf", Rule::Required),
            ("/streetLines/1", Rule::Required),
            ("/city", Rule::Required),
            ("/postalCode", Rule::Required),
            ("/municipalityCode", Rule::Format),
        ];
        assert_eq!(refused(&draft), expected.map(|(pointer, rule)| (pointer.to_owned(), rule)));
        let draft =
            AddressDraft { country: "Sverige".into(), street_lines: vec!["a".into(); 4], ..swedish() };
        let expected = [("/streetLines", Rule::TooLong), ("/country", Rule::UnknownCode)];
        assert_eq!(refused(&draft), expected.map(|(pointer, rule)| (pointer.to_owned(), rule)));
        assert_eq!(format!("{:?}", PostalAddress::new(&swedish()).unwrap()), "PostalAddress(redacted)");
    }

    #[test]
    fn the_list_of_countries_is_complete_and_sorted() {
        let codes: Vec<_> = COUNTRIES.split_ascii_whitespace().collect();
        assert_eq!(codes.len(), 250);
        assert!(codes.is_sorted_by(|a, b| a < b) && codes.iter().all(|code| code.len() == 2));
    }
}

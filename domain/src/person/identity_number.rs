//! Identity numbers: the population register's, and those that schools give meanwhile.
//!
//! | kind | written | check digit | issued by |
//! |---|---|---|---|
//! | personnummer | `YYMMDD-NNNC` | yes | Skatteverket (folkbokföringslagen 1991:481, 18 §) |
//! | coordination number | `YYMMDD-NNNC`, day + 60 | yes | Skatteverket (lag 2022:1697) |
//! | interim number | `YYMMDD-LNNC`, L a letter | yes, L counts as 1 | personnummer specification 3.1 |
//! | T number | `YYYYMMDD-TNNN` | no | a school unit |
//! | TF number | `YYYYMMDD-TFNN` | no | a school unit (used in SCB's collections) |
//!
//! The sex is the third character after the date in all of them: odd for men, even for
//! women (1991:481, 18 §; for T and TF numbers the instructions of IVO).

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::{redacted, sex::Sex};
use crate::refusal::{Refusal, Rule};

/// The letters of interim numbers (personnummer specification 3.1).
const INTERIM_LETTERS: &str = "TRSUWXJKLMN";
/// What a coordination number adds to the day of birth (lag 2022:1697).
const COORDINATION_DAY: u32 = 60;

/// Which rules an identity number follows.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityNumberKind {
    /// Personnummer of the population register.
    Personnummer,
    /// Coordination number (samordningsnummer), for those who are not registered.
    CoordinationNumber,
    /// Interim number: a letter in place of the first digit of the birth number.
    InterimNumber,
    /// Local T number; unique only within the school unit that issued it.
    TNumber,
    /// Local TF number; unique only within the school unit that issued it.
    TfNumber,
}

impl IdentityNumberKind {
    /// Every kind, the most telling first.
    pub const ALL: [Self; 5] =
        [Self::Personnummer, Self::CoordinationNumber, Self::InterimNumber, Self::TNumber, Self::TfNumber];

    /// The stable code, for example `coordination-number`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Personnummer => "personnummer",
            Self::CoordinationNumber => "coordination-number",
            Self::InterimNumber => "interim-number",
            Self::TNumber => "t-number",
            Self::TfNumber => "tf-number",
        }
    }

    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Whether a school unit issues it, so that it tells two persons apart only there.
    #[must_use]
    pub fn is_local(self) -> bool {
        matches!(self, Self::TNumber | Self::TfNumber)
    }

    fn has_check_digit(self) -> bool {
        !self.is_local()
    }

    /// Whether the four characters after the date are written as this kind writes them.
    fn admits(self, tail: &str) -> bool {
        let digits = |rest: &str, count: usize| {
            rest.len() == count && rest.chars().all(|character| character.is_ascii_digit())
        };
        match self {
            Self::Personnummer | Self::CoordinationNumber => digits(tail, 4),
            Self::InterimNumber => {
                tail.strip_prefix(|first| INTERIM_LETTERS.contains(first)).is_some_and(|rest| digits(rest, 3))
            }
            Self::TNumber => tail.strip_prefix('T').is_some_and(|rest| digits(rest, 3)),
            Self::TfNumber => tail.strip_prefix("TF").is_some_and(|rest| digits(rest, 2)),
        }
    }

    fn tail_rule(self) -> &'static str {
        match self {
            Self::Personnummer | Self::CoordinationNumber => "four digits",
            Self::InterimNumber => "one of the letters TRSUWXJKLMN and three digits",
            Self::TNumber => "T and three digits",
            Self::TfNumber => "TF and two digits",
        }
    }
}

/// How well the identity behind a coordination number was shown (lag 2022:1697).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityLevel {
    /// Uncertain (osäker).
    Uncertain,
    /// Probable (sannolik).
    Probable,
    /// Confirmed (styrkt).
    Confirmed,
}

impl IdentityLevel {
    /// Every level, the weakest first.
    pub const ALL: [Self; 3] = [Self::Uncertain, Self::Probable, Self::Confirmed];

    /// The stable code: `uncertain`, `probable` or `confirmed`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Uncertain => "uncertain",
            Self::Probable => "probable",
            Self::Confirmed => "confirmed",
        }
    }

    /// The level with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.code() == code)
    }
}

/// What Skatteverket says of a coordination number; it changes over time while the number stays.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
pub struct CoordinationStanding {
    /// How well the identity was shown.
    pub level: IdentityLevel,
    /// Dormant (vilande): not renewed for five calendar years (lag 2022:1697).
    pub dormant: bool,
}

/// One identity number that follows the rules of its kind.
///
/// The canonical form, which is stored and compared, has 12 characters without separator:
/// the date with its century and the four characters after it (`YYYYMMDDNNNN`,
/// `YYYYMMDDT220`, `YYYYMMDDTF10`). `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdentityNumber {
    kind: IdentityNumberKind,
    canonical: String,
}

redacted!(IdentityNumber);

impl IdentityNumber {
    /// Reads a number of a known kind in any common spelling: 10 or 12 characters, with `-`,
    /// `+` or nothing before the last four. Without a century it is the newest one whose date
    /// is not after `today`; `+` means that the person turns 100 this year or has done so
    /// (1991:481, 18 §), and says nothing where the century is written.
    ///
    /// A personnummer must hold a real date. A coordination number need not: month 00 and
    /// day 60 (unknown), and days that no calendar has, are issued officially.
    ///
    /// # Errors
    /// [`Rule::Format`] where it is written wrongly, is another kind, has no real date or
    /// birth number 000; [`Rule::CheckDigit`]; [`Rule::OutOfRange`] for a year outside 1800
    /// to 2199 or a date after `today`. No refusal repeats the number.
    pub fn parse(kind: IdentityNumberKind, raw: &str, today: NaiveDate) -> Result<Self, Refusal> {
        Self::of_spelling(kind, Spelling::read(raw)?, today)
    }

    /// Reads a number whose kind is not stated and works the kind out from how it is written.
    ///
    /// T and three digits may be an interim number or a local T number. It is taken as a
    /// T number, because that identifies less: two schools' pupils are never mistaken for one.
    ///
    /// # Errors
    /// As [`IdentityNumber::parse`].
    pub fn recognise(raw: &str, today: NaiveDate) -> Result<Self, Refusal> {
        let spelling = Spelling::read(raw)?;
        let kind = if spelling.tail.starts_with("TF") {
            IdentityNumberKind::TfNumber
        } else if spelling.tail.starts_with('T') {
            IdentityNumberKind::TNumber
        } else if spelling.tail.starts_with(|first: char| first.is_ascii_alphabetic()) {
            IdentityNumberKind::InterimNumber
        } else if spelling.day() >= COORDINATION_DAY {
            IdentityNumberKind::CoordinationNumber
        } else {
            IdentityNumberKind::Personnummer
        };
        Self::of_spelling(kind, spelling, today)
    }

    /// Takes back a number that was stored in canonical form. A date to come is not refused.
    ///
    /// # Errors
    /// As [`IdentityNumber::parse`]; [`Rule::Format`] for any other spelling.
    pub fn from_canonical(kind: IdentityNumberKind, canonical: &str) -> Result<Self, Refusal> {
        let parts = Parts::of(canonical).ok_or_else(|| {
            Refusal::new(Rule::Format, "the stored form has 12 characters without separator")
        })?;
        check_tail(kind, parts.tail)?;
        check_date(kind, &parts)?;
        check_birth_number(kind, parts.tail)?;
        if kind.has_check_digit() && !check_digit_fits(canonical) {
            return Err(Refusal::new(
                Rule::CheckDigit,
                "the check digit does not fit the other digits; one of them is probably mistyped",
            ));
        }
        Ok(Self { kind, canonical: canonical.to_owned() })
    }

    fn of_spelling(kind: IdentityNumberKind, spelling: Spelling, today: NaiveDate) -> Result<Self, Refusal> {
        let number = Self::from_canonical(kind, &spelling.canonical(today))?;
        if number.sortable_date() > sortable(today) {
            return Err(Refusal::new(Rule::OutOfRange, "the date of birth in the number is still to come"));
        }
        Ok(number)
    }

    /// The kind.
    #[must_use]
    pub fn kind(&self) -> IdentityNumberKind {
        self.kind
    }

    /// The 12 characters that are stored and compared.
    #[must_use]
    pub fn canonical(&self) -> &str {
        &self.canonical
    }

    /// For people: `YYMMDD-NNNN`, with `+` instead of `-` from the year in which the person
    /// turns 100 (1991:481, 18 §). T and TF numbers keep their century, as they are issued.
    #[must_use]
    pub fn formatted(&self, today: NaiveDate) -> String {
        let long = self.formatted_long(today);
        if self.kind.is_local() { long } else { long.chars().skip(2).collect() }
    }

    /// For people and forms that want the century: `YYYYMMDD-NNNN`, with `+` as in
    /// [`IdentityNumber::formatted`], but never in T and TF numbers.
    #[must_use]
    pub fn formatted_long(&self, today: NaiveDate) -> String {
        let (date, tail) = self.canonical.split_at_checked(8).unwrap_or_default();
        let aged = self.parts().is_some_and(|parts| today.year() - parts.year >= 100);
        let separator = if aged && !self.kind.is_local() { '+' } else { '-' };
        format!("{date}{separator}{tail}")
    }

    /// The date of birth that the number holds. None for a coordination number that holds no
    /// real date. The true date may be another day of the same month where the numbers of
    /// the day were used up (1991:481, 18 §).
    #[must_use]
    pub fn birth_date(&self) -> Option<NaiveDate> {
        self.parts().and_then(|parts| parts.calendar_date(self.kind))
    }

    /// The legal sex that the number holds.
    #[must_use]
    pub fn sex(&self) -> Sex {
        match self.canonical.chars().nth(10).and_then(|digit| digit.to_digit(10)) {
            Some(digit) if digit % 2 == 1 => Sex::Man,
            Some(_) => Sex::Woman,
            None => Sex::NotStated,
        }
    }

    fn parts(&self) -> Option<Parts<'_>> {
        Parts::of(&self.canonical)
    }

    /// The date as one number that compares by time, also where it is no real date.
    fn sortable_date(&self) -> i64 {
        self.parts().map_or(0, |parts| parts.sortable(self.kind))
    }
}

/// A number as somebody wrote it, before its century is known.
struct Spelling {
    /// Six or eight digits.
    date: String,
    plus: bool,
    /// Four letters or digits, letters in capitals.
    tail: String,
}

impl Spelling {
    fn read(raw: &str) -> Result<Self, Refusal> {
        let raw = raw.trim();
        if raw.is_empty() {
            return Err(Refusal::new(Rule::Required, "may not be blank"));
        }
        if raw.chars().any(char::is_whitespace) {
            return Err(Refusal::new(Rule::Format, "may not hold spaces"));
        }
        let parts = match raw.split_once(is_separator) {
            Some(parts) => Some(parts),
            None => raw.len().checked_sub(4).and_then(|at| raw.split_at_checked(at)),
        };
        let written = || {
            Refusal::new(
                Rule::Format,
                "is written with 10 or 12 characters, with or without - or + before the last four",
            )
        };
        let (date, tail) = parts.ok_or_else(written)?;
        if !matches!(date.len(), 6 | 8) || !date.chars().all(|digit| digit.is_ascii_digit()) {
            return Err(written());
        }
        if tail.len() != 4 || !tail.chars().all(|character| character.is_ascii_alphanumeric()) {
            return Err(written());
        }
        Ok(Self { date: date.to_owned(), plus: raw.contains('+'), tail: tail.to_ascii_uppercase() })
    }

    /// The two digits of the day as written.
    fn day(&self) -> u32 {
        trailing_number(&self.date, 100)
    }

    fn canonical(&self, today: NaiveDate) -> String {
        if self.date.len() == 8 {
            return format!("{}{}", self.date, self.tail);
        }
        let date = self.date.parse::<i64>().unwrap_or_default();
        let (short_year, month, day) = (date / 10_000, date / 100 % 100, date % 100);
        let this_year = i64::from(today.year());
        let newest = if self.plus { this_year - 100 } else { this_year };
        let year = newest - (newest - short_year).rem_euclid(100);
        let day_of_birth = day % i64::from(COORDINATION_DAY);
        let still_to_come = year * 10_000 + month * 100 + day_of_birth > sortable(today);
        let year = if still_to_come { year - 100 } else { year };
        format!("{year:04}{month:02}{day:02}{}", self.tail)
    }
}

fn is_separator(character: char) -> bool {
    // Word processors turn a hyphen into its typographic kin.
    matches!(character, '-' | '+' | '\u{2010}' | '\u{2011}' | '\u{2012}' | '\u{2013}' | '\u{2212}')
}

/// A canonical form taken apart.
struct Parts<'a> {
    year: i32,
    month: u32,
    /// As written: 60 higher in a coordination number.
    day: u32,
    tail: &'a str,
}

impl<'a> Parts<'a> {
    fn of(canonical: &'a str) -> Option<Self> {
        let (date, tail) = canonical.split_at_checked(8)?;
        if tail.len() != 4 || !date.chars().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        let number: u32 = date.parse().ok()?;
        let year = i32::try_from(number / 10_000).ok()?;
        Some(Self { year, month: number / 100 % 100, day: number % 100, tail })
    }

    fn day_of_birth(&self, kind: IdentityNumberKind) -> u32 {
        match kind {
            IdentityNumberKind::CoordinationNumber => self.day.saturating_sub(COORDINATION_DAY),
            _ => self.day,
        }
    }

    fn calendar_date(&self, kind: IdentityNumberKind) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(self.year, self.month, self.day_of_birth(kind))
    }

    fn sortable(&self, kind: IdentityNumberKind) -> i64 {
        i64::from(self.year) * 10_000 + i64::from(self.month * 100 + self.day_of_birth(kind))
    }
}

fn sortable(date: NaiveDate) -> i64 {
    i64::from(date.year()) * 10_000 + i64::from(date.month() * 100 + date.day())
}

fn trailing_number(digits: &str, modulus: u32) -> u32 {
    digits.parse::<u32>().unwrap_or_default() % modulus
}

fn check_tail(kind: IdentityNumberKind, tail: &str) -> Result<(), Refusal> {
    if kind.admits(tail) {
        Ok(())
    } else {
        let detail = format!("a {} ends with {}", kind.code(), kind.tail_rule());
        Err(Refusal::new(Rule::Format, detail))
    }
}

fn check_date(kind: IdentityNumberKind, parts: &Parts<'_>) -> Result<(), Refusal> {
    if !(1800..=2199).contains(&parts.year) {
        return Err(Refusal::new(Rule::OutOfRange, "the year of birth lies outside 1800 to 2199"));
    }
    if kind == IdentityNumberKind::CoordinationNumber {
        let days = COORDINATION_DAY..=COORDINATION_DAY + 31;
        if parts.month > 12 || !days.contains(&parts.day) {
            return Err(Refusal::new(
                Rule::Format,
                "a coordination number has a month of at most 12 and a day from 60 to 91",
            ));
        }
        return Ok(());
    }
    if parts.calendar_date(kind).is_some() {
        return Ok(());
    }
    let detail = if parts.day > COORDINATION_DAY {
        "the day is above 60, as in a coordination number"
    } else {
        "the first digits are not a date that exists"
    };
    Err(Refusal::new(Rule::Format, detail))
}

fn check_birth_number(kind: IdentityNumberKind, tail: &str) -> Result<(), Refusal> {
    if kind.has_check_digit() && tail.starts_with("000") {
        return Err(Refusal::new(Rule::Format, "birth numbers run from 001 to 999"));
    }
    Ok(())
}

/// The modulus-10 method of Skatteverket: weights 2, 1, 2 … over YYMMDDNNN, the digits of the
/// products added up; with the check digit the sum ends in 0. A letter counts as 1.
fn check_digit_fits(canonical: &str) -> bool {
    let sum: u32 = canonical
        .chars()
        .skip(2)
        .map(|character| character.to_digit(10).unwrap_or(1))
        .zip([2, 1].into_iter().cycle())
        .map(|(digit, weight)| digit * weight)
        .map(|product| product / 10 + product % 10)
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests;

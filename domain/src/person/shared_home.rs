//! What a guardian is shown of a child's addresses: the home that the two share, and nothing that
//! tells of another one.
//!
//! The answer is made of the guardian's own addresses. Of the child's it takes only the days, and
//! of those only the ones on which the child has the same home: no kind of address (a second home
//! is of another kind), no c/o, no source, no day to come, and no break where an entry about the
//! child was changed but the home stayed.

use chrono::NaiveDate;

use super::{AddressKind, HeldAddress, PostalAddress, redacted};

/// A home that a child and a guardian share during some days.
#[derive(Clone, PartialEq, Eq)]
pub struct SharedHome {
    /// The guardian's own address, as it stands with them.
    pub address: PostalAddress,
    /// The first day on which both have it.
    pub from: NaiveDate,
    /// The last day on which both had it; none while both have it today.
    pub to: Option<NaiveDate>,
}

redacted!(SharedHome);

impl SharedHome {
    /// Whether both have it on a day.
    #[must_use]
    pub fn is_on(&self, day: NaiveDate) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
}

/// Where a child's addresses equal a guardian's own registered ones, day for day up to `today`, by
/// first day.
///
/// Only where nobody in the household is protected; whether somebody is, is the caller's to ask.
#[must_use]
pub fn shared_homes(child: &[HeldAddress], guardian: &[HeldAddress], today: NaiveDate) -> Vec<SharedHome> {
    let mut homes: Vec<SharedHome> = guardian
        .iter()
        .filter(|own| own.kind == AddressKind::Registered)
        .flat_map(|own| {
            let days = child
                .iter()
                .filter(|held| is_same_home(&held.address, &own.address))
                .filter_map(|held| common_days(held, own, today));
            joined(days.collect()).into_iter().map(|(from, to)| SharedHome {
                address: own.address.clone(),
                from,
                to: Some(to).filter(|to| *to < today),
            })
        })
        .collect();
    homes.sort_by_key(|home| home.from);
    homes
}

/// Whether two persons have, or had, the same home on a day, whatever kind of address it is.
#[must_use]
pub fn have_shared_a_home(one: &[HeldAddress], other: &[HeldAddress]) -> bool {
    one.iter().any(|mine| {
        other.iter().any(|theirs| {
            mine.period.overlaps(&theirs.period) && is_same_home(&mine.address, &theirs.address)
        })
    })
}

/// Whether two addresses are the same home, however they are written: capital or small letters,
/// spaces and punctuation say nothing, nor does in whose care somebody is (c/o). Everything else
/// must be the same, the number of the apartment among it. An address without a street, box or
/// place is nobody's home: a postal town has many.
#[must_use]
pub fn is_same_home(one: &PostalAddress, other: &PostalAddress) -> bool {
    let street = |address: &PostalAddress| -> Vec<String> {
        address.street_lines().iter().flat_map(|line| words(line.as_str())).collect()
    };
    let code = |address: &PostalAddress| address.postal_code().map(|code| words(code.as_str()).concat());
    let mine = street(one);
    !mine.is_empty()
        && mine == street(other)
        && code(one) == code(other)
        && words(one.city().as_str()) == words(other.city().as_str())
        && one.country() == other.country()
}

/// The runs of letters and the runs of digits, in small letters.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = None;
    for character in text.chars().flat_map(char::to_lowercase) {
        let sort = match character {
            _ if character.is_numeric() => Some(Sort::Digit),
            _ if character.is_alphanumeric() => Some(Sort::Letter),
            _ => None,
        };
        match (sort, words.last_mut()) {
            (Some(_), Some(word)) if sort == last => word.push(character),
            (Some(_), _) => words.push(character.to_string()),
            (None, _) => {}
        }
        last = sort;
    }
    words
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Letter,
    Digit,
}

/// First and last of the days up to today on which both addresses apply.
fn common_days(one: &HeldAddress, other: &HeldAddress, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    let last = |held: &HeldAddress| held.period.to().unwrap_or(today);
    let from = one.period.from().max(other.period.from());
    let to = last(one).min(last(other)).min(today);
    (from <= to).then_some((from, to))
}

/// The same days in as few stretches as there are.
fn joined(mut stretches: Vec<(NaiveDate, NaiveDate)>) -> Vec<(NaiveDate, NaiveDate)> {
    stretches.sort_unstable();
    let mut joined: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for (from, to) in stretches {
        match joined.last_mut() {
            Some((_, last)) if last.succ_opt().is_none_or(|next| from <= next) => *last = to.max(*last),
            _ => joined.push((from, to)),
        }
    }
    joined
}

#[cfg(test)]
mod tests;

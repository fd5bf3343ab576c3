//! Finding a code on a day.

use chrono::NaiveDate;

use super::{CodeEntry, Table};
use crate::period::Period;
use crate::refusal::{Refusal, Refusals, Rule};

/// The entry of a code that is valid on a day.
///
/// # Errors
/// [`Rule::UnknownCode`] when the table has no such code (the code is not repeated: what stands
/// in the wrong field may be personal), [`Rule::OutsidePeriod`] when it is not valid that day,
/// naming when it is.
pub fn find<'a, E: AsRef<CodeEntry>>(
    table: Table,
    entries: &'a [E],
    code: &str,
    day: NaiveDate,
) -> Result<&'a E, Refusal> {
    find_called(table.noun(), entries, code, day)
}

/// As [`find`], for a table that is called so in a sentence.
///
/// # Errors
/// As [`find`].
pub fn find_called<'a, E: AsRef<CodeEntry>>(
    noun: &str,
    entries: &'a [E],
    code: &str,
    day: NaiveDate,
) -> Result<&'a E, Refusal> {
    choose(noun, entries, code, |valid| valid.contains(day), &format!("not on {day}"))
}

/// An entry of a code that is valid on some day of a period.
///
/// # Errors
/// As [`find`].
pub fn find_during<'a, E: AsRef<CodeEntry>>(
    table: Table,
    entries: &'a [E],
    code: &str,
    period: &Period,
) -> Result<&'a E, Refusal> {
    choose(table.noun(), entries, code, |valid| valid.overlaps(period), &format!("not on any day {period}"))
}

fn choose<'a, E: AsRef<CodeEntry>>(
    noun: &str,
    entries: &'a [E],
    code: &str,
    fits: impl Fn(&Period) -> bool,
    otherwise: &str,
) -> Result<&'a E, Refusal> {
    let mut periods = Vec::new();
    for candidate in entries {
        let entry = candidate.as_ref();
        if entry.code.as_str() == code.trim() {
            if fits(&entry.valid) {
                return Ok(candidate);
            }
            periods.push(entry.valid);
        }
    }
    if periods.is_empty() {
        return Err(Refusal::new(Rule::UnknownCode, format!("is not a known {noun}")));
    }
    periods.sort_by_key(Period::from);
    let when = periods.iter().map(Period::to_string).collect::<Vec<_>>().join(" and ");
    Err(Refusal::new(Rule::OutsidePeriod, format!("this {noun} is valid {when}, {otherwise}")))
}

/// Checks that no code of a table means two things on one day.
///
/// # Errors
/// [`Rule::Overlap`] at the later entry of each pair, `/0/valid` being the first entry.
pub fn no_overlapping_entries<E: AsRef<CodeEntry>>(entries: &[E]) -> Result<(), Refusals> {
    let mut refusals = Refusals::default();
    for (place, later) in entries.iter().map(AsRef::as_ref).enumerate() {
        let earlier = entries.iter().map(AsRef::as_ref).take(place);
        for entry in earlier.filter(|entry| entry.code == later.code && entry.valid.overlaps(&later.valid)) {
            let detail = format!("the code {} is already valid {}", entry.code, entry.valid);
            refusals.0.push(Refusal::new(Rule::Overlap, detail).at(&format!("/{place}/valid")));
        }
    }
    refusals.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{NewCodeEntry, seed};

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn a_withdrawn_code_says_when_it_was_valid() {
        let types: Vec<_> = seed::course_types().unwrap();
        let refusal = find(Table::CourseType, &types, "4", day(2026, 8, 17)).unwrap_err();
        assert_eq!(refusal.rule, Rule::OutsidePeriod);
        assert!(refusal.detail.contains("to 2017-12-31"), "{}", refusal.detail);
        assert!(find(Table::CourseType, &types, "4", day(2017, 8, 21)).is_ok());
    }

    #[test]
    fn an_unknown_code_is_not_repeated() {
        let types: Vec<_> = seed::course_types().unwrap();
        let refusal = find(Table::CourseType, &types, "191212121212", day(2026, 8, 17)).unwrap_err();
        assert_eq!(refusal.rule, Rule::UnknownCode);
        assert_eq!(refusal.detail, "is not a known course type");
    }

    #[test]
    fn a_code_may_get_a_new_meaning_only_after_the_old_one_ended() {
        let entry = |name: &str, from, to| {
            NewCodeEntry {
                code: "5",
                name_sv: name,
                name_en: name,
                valid: (from, to),
                verified: true,
                note: None,
            }
            .validate()
            .unwrap()
        };
        let old = entry("Öppen kurs", day(2010, 1, 1), Some(day(2019, 12, 31)));
        let new = entry("Sommarkurs", day(2020, 1, 1), None);
        let table = [old.clone(), new.clone()];
        assert!(no_overlapping_entries(&table).is_ok());
        assert_eq!(find(Table::CourseType, &table, "5", day(2015, 6, 1)).unwrap(), &old);
        assert_eq!(find(Table::CourseType, &table, "5", day(2025, 6, 1)).unwrap(), &new);
        let clash = [old, entry("Sommarkurs", day(2019, 12, 31), None)];
        let refusals = no_overlapping_entries(&clash).unwrap_err().0;
        assert_eq!((refusals[0].rule, refusals[0].pointer.as_str()), (Rule::Overlap, "/1/valid"));
    }
}

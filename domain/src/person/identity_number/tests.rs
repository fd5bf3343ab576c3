//! The published vectors, and properties that no list of vectors can show.

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use IdentityNumberKind::{CoordinationNumber, InterimNumber, Personnummer, TNumber, TfNumber};

const LIST: &str = include_str!("../../../tests/data/personnummer/list.json");
const STRUCTURED: &str = include_str!("../../../tests/data/personnummer/structured.json");
const INTERIM: &str = include_str!("../../../tests/data/personnummer/interim.json");
const PERSONNUMMER: &str = include_str!("../../../tests/data/personnummer/personnummer.txt");
const COORDINATION: &str = include_str!("../../../tests/data/personnummer/coordination-numbers.txt");

fn today() -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 11, 22).unwrap()
}

fn kind_of(code: &str) -> IdentityNumberKind {
    match code {
        "ssn" => Personnummer,
        "con" => CoordinationNumber,
        "interim" => InterimNumber,
        other => panic!("unknown type {other}"),
    }
}

/// The one known exception: ten characters without a separator do not tell the century, so
/// they mean the newest possible; the vectors take the person to be older than 100.
fn century_is_ambiguous(vector: &Value, field: &str) -> bool {
    field == "short_format" && vector["separated_format"].as_str().unwrap().contains('+')
}

/// Checks every vector; gives how many were the known exception.
fn check_listed(vectors: &str) -> usize {
    let mut exceptions = 0;
    let vectors: Vec<Value> = serde_json::from_str(vectors).unwrap();
    for vector in &vectors {
        let kind = kind_of(vector["type"].as_str().unwrap());
        for field in ["long_format", "short_format", "separated_format", "separated_long"] {
            let raw = vector[field].as_str().unwrap();
            let parsed = IdentityNumber::parse(kind, raw, today());
            assert_eq!(parsed.is_ok(), vector["valid"].as_bool().unwrap(), "{raw}: {parsed:?}");
            let Ok(number) = parsed else { continue };
            assert_eq!(number.sex() == Sex::Man, vector["isMale"].as_bool().unwrap(), "{raw}");
            assert_eq!(number.sex() == Sex::Woman, vector["isFemale"].as_bool().unwrap(), "{raw}");
            if century_is_ambiguous(vector, field) {
                assert!(number.birth_date().unwrap().year() > 2000, "{raw}");
                exceptions += 1;
                continue;
            }
            assert_eq!(number.canonical(), vector["long_format"].as_str().unwrap(), "{raw}");
            assert_eq!(number.formatted(today()), vector["separated_format"].as_str().unwrap(), "{raw}");
            assert_eq!(number.formatted_long(today()), vector["separated_long"].as_str().unwrap(), "{raw}");
        }
    }
    exceptions
}

#[test]
fn the_listed_vectors_behave_as_they_say() {
    assert_eq!(check_listed(LIST), 2);
}

#[test]
fn the_interim_vectors_behave_as_they_say() {
    assert_eq!(check_listed(INTERIM), 0);
}

#[test]
fn the_structured_vectors_behave_as_they_say() {
    let vectors: Value = serde_json::from_str(STRUCTURED).unwrap();
    for (code, kind) in [("ssn", Personnummer), ("con", CoordinationNumber)] {
        for form in ["integer", "string"] {
            for (field, valid) in [("valid", true), ("invalid", false)] {
                for raw in vectors[code][form][field].as_array().unwrap() {
                    let raw = raw.as_str().map_or_else(|| raw.to_string(), ToOwned::to_owned);
                    let parsed = IdentityNumber::parse(kind, &raw, today());
                    assert_eq!(parsed.is_ok(), valid, "{raw}");
                    assert_eq!(IdentityNumber::recognise(&raw, today()).is_ok(), valid, "{raw}");
                }
            }
        }
    }
}

#[test]
fn every_official_personnummer_is_read_in_every_spelling() {
    for canonical in PERSONNUMMER.lines() {
        let number = IdentityNumber::from_canonical(Personnummer, canonical).unwrap();
        assert!(number.birth_date().is_some());
        for spelling in [canonical.to_owned(), number.formatted(today()), number.formatted_long(today())] {
            let read = IdentityNumber::recognise(&spelling, today()).unwrap();
            assert_eq!(read, number, "{canonical}");
        }
    }
    assert_eq!(PERSONNUMMER.lines().count(), 41_129);
}

#[test]
fn every_official_coordination_number_is_read_also_where_it_is_no_date() {
    let numbers: Vec<_> = COORDINATION
        .lines()
        .map(|canonical| IdentityNumber::parse(CoordinationNumber, canonical, today()).unwrap())
        .collect();
    assert_eq!(numbers.len(), 2_264);
    for number in &numbers {
        assert_eq!(IdentityNumber::recognise(&number.formatted(today()), today()).as_ref(), Ok(number));
        assert_eq!(
            IdentityNumber::from_canonical(Personnummer, number.canonical()).unwrap_err().rule,
            Rule::Format
        );
    }
    assert_eq!(numbers.iter().filter(|number| number.birth_date().is_none()).count(), 194);
}

#[test]
fn local_numbers_have_no_check_digit_and_keep_their_century() {
    for (raw, kind, sex) in [
        ("20100228-TF10", TfNumber, Sex::Man),
        ("20100228TF20", TfNumber, Sex::Woman),
        ("20100228-t123", TNumber, Sex::Woman),
        ("100228-T113", TNumber, Sex::Man),
    ] {
        let number = IdentityNumber::recognise(raw, today()).unwrap();
        assert_eq!((number.kind(), number.sex()), (kind, sex), "{raw}");
        assert_eq!(number.canonical().len(), 12);
        assert_eq!(number.birth_date(), NaiveDate::from_ymd_opt(2010, 2, 28));
        assert!(number.formatted(today()).starts_with("20100228-T"));
        assert!(number.kind().is_local());
    }
    assert_eq!(IdentityNumber::recognise("20100230-TF10", today()).unwrap_err().rule, Rule::Format);
}

#[test]
fn t_and_three_digits_are_an_interim_number_only_when_that_is_said() {
    assert_eq!(IdentityNumber::recognise("20000101-T220", today()).unwrap().kind(), TNumber);
    assert!(IdentityNumber::parse(InterimNumber, "20000101-T220", today()).is_ok());
    let refusal = IdentityNumber::parse(InterimNumber, "20000101-T221", today()).unwrap_err();
    assert_eq!(refusal.rule, Rule::CheckDigit);
}

#[test]
fn the_separator_becomes_plus_in_the_year_of_the_hundredth_birthday() {
    let number = IdentityNumber::from_canonical(Personnummer, "190905271474").unwrap();
    let on = |year, month, day| number.formatted(NaiveDate::from_ymd_opt(year, month, day).unwrap());
    assert_eq!(on(2008, 12, 31), "090527-1474");
    assert_eq!(on(2009, 1, 1), "090527+1474");
}

#[test]
fn a_missing_century_is_the_newest_that_lies_not_ahead() {
    let read = |raw: &str, year, month, day| {
        let today = NaiveDate::from_ymd_opt(year, month, day).unwrap();
        IdentityNumber::recognise(raw, today).unwrap().canonical().to_owned()
    };
    assert_eq!(read("000405-9937", 2000, 4, 5), "200004059937");
    assert_eq!(read("000405-9937", 2000, 4, 4), "190004059937");
    assert_eq!(read("000405-9937", 2100, 4, 4), "200004059937");
}

#[test]
fn a_number_from_the_future_is_refused() {
    let eve = NaiveDate::from_ymd_opt(2000, 2, 28).unwrap();
    assert_eq!(IdentityNumber::recognise("20000229-2399", eve).unwrap_err().rule, Rule::OutOfRange);
}

#[test]
fn no_refusal_and_no_debug_repeats_the_number() {
    let number = IdentityNumber::recognise("20000229-2399", today()).unwrap();
    assert_eq!(format!("{number:?}"), "IdentityNumber(redacted)");
    for raw in ["20000229-2398", "20000230-2399", "20000229-0006", "20000289-239X", "000229-23999"] {
        let detail = IdentityNumber::recognise(raw, today()).unwrap_err().detail;
        let long_digits = detail.split(|character: char| !character.is_ascii_digit());
        assert!(long_digits.into_iter().all(|digits| digits.len() < 5), "{detail}");
    }
}

#[test]
fn codes_name_one_kind_and_one_level() {
    for kind in IdentityNumberKind::ALL {
        assert_eq!(IdentityNumberKind::from_code(kind.code()), Some(kind));
        assert_eq!(serde_json::to_value(kind).unwrap(), kind.code());
    }
    for level in IdentityLevel::ALL {
        assert_eq!(IdentityLevel::from_code(level.code()), Some(level));
        assert_eq!(serde_json::to_value(level).unwrap(), level.code());
    }
}

fn official() -> impl Strategy<Value = IdentityNumber> {
    let numbers: Vec<&'static str> = PERSONNUMMER.lines().chain(COORDINATION.lines()).collect();
    proptest::sample::select(numbers)
        .prop_map(|canonical| IdentityNumber::recognise(canonical, today()).unwrap())
}

fn days() -> impl Strategy<Value = NaiveDate> {
    (0..73_000u64).prop_map(|days| NaiveDate::from_ymd_opt(1980, 1, 1).unwrap() + chrono::Days::new(days))
}

proptest! {
    #[test]
    fn a_written_number_is_read_back(number in official(), later in 0..27_000u64) {
        // Two centuries back `+` would be ambiguous: stay within 200 years of birth.
        let day = today() + chrono::Days::new(later);
        prop_assert_eq!(IdentityNumber::recognise(&number.formatted_long(day), day), Ok(number.clone()));
        prop_assert_eq!(
            IdentityNumber::from_canonical(number.kind(), number.canonical()), Ok(number.clone()));
        if day.year() - number.parts().unwrap().year < 199 {
            prop_assert_eq!(IdentityNumber::recognise(&number.formatted(day), day), Ok(number));
        }
    }

    #[test]
    fn any_changed_digit_is_caught(number in official(), place in 2..12usize, by in 1..10u8) {
        let changed: String = number.canonical().bytes().enumerate()
            .map(|(at, byte)| if at == place { b'0' + (byte - b'0' + by) % 10 } else { byte })
            .map(char::from).collect();
        prop_assert!(!check_digit_fits(&changed));
        for kind in [Personnummer, CoordinationNumber] {
            prop_assert!(IdentityNumber::from_canonical(kind, &changed).is_err());
        }
    }

    #[test]
    fn any_text_is_read_or_refused_without_a_panic(raw in ".{0,16}", day in days()) {
        let _ = IdentityNumber::recognise(&raw, day);
        for kind in IdentityNumberKind::ALL {
            let _ = IdentityNumber::parse(kind, &raw, day);
            let _ = IdentityNumber::from_canonical(kind, &raw);
        }
    }

    #[test]
    fn what_is_almost_a_number_is_read_or_refused_without_a_panic(
        raw in "[0-9]{6,8}[-+ åT]?[0-9TFERå]{3,5}", day in days(),
    ) {
        if let Ok(number) = IdentityNumber::recognise(&raw, day) {
            prop_assert_eq!(
                IdentityNumber::from_canonical(number.kind(), number.canonical()), Ok(number));
        }
    }

    #[test]
    fn spaces_inside_are_always_refused(number in official(), at in 1..11usize) {
        let mut raw = number.canonical().to_owned();
        raw.insert(at, ' ');
        prop_assert_eq!(IdentityNumber::recognise(&raw, today()).unwrap_err().rule, Rule::Format);
    }
}

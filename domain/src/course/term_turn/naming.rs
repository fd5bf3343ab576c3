//! Names of what a turn makes.

use crate::refusal::{Refusal, Rule};
use crate::text::Text;

/// The highest number that stands for a year in a name that says no more.
const HIGHEST_YEAR: u32 = 10;

/// A name with the year in it raised by one: 7B becomes 8B, Klass 9 Åsen becomes Klass 10 Åsen. The year
/// is the first number in the name that is `year`, or the first of 0 to 10 where none is given. A name
/// without one (NA24B, Blåsippan) stays as it is.
#[must_use]
pub fn raised(name: &str, year: Option<u8>) -> String {
    let mut rest = name;
    let mut before = String::new();
    while let Some(start) = rest.find(|character: char| character.is_ascii_digit()) {
        let (head, tail) = rest.split_at(start);
        let end = tail.find(|character: char| !character.is_ascii_digit()).unwrap_or(tail.len());
        let (digits, after) = tail.split_at(end);
        before.push_str(head);
        let number: Option<u32> = digits.parse().ok().filter(|_| digits.len() < 3);
        let is_year = match year {
            Some(year) => number == Some(u32::from(year)),
            None => number.is_some_and(|number| number <= HIGHEST_YEAR),
        };
        if let (true, Some(number)) = (is_year, number) {
            return format!("{before}{}{after}", number + 1);
        }
        before.push_str(digits);
        rest = after;
    }
    name.to_owned()
}

/// The title of a copy, 1 to 200 characters. In the pattern stand
/// - `{title}` for the title of what is copied, with the new term's name in place of the old one's;
/// - `{raised}` for the same with its year raised, see [`raised`];
/// - `{term}` for the new term's name.
///
/// # Errors
/// [`Rule::Format`] for a pattern with other words in braces; as [`Text::line`].
pub fn titled(pattern: &str, title: &Text, from: &Text, to: &Text) -> Result<Text, Refusal> {
    let same = title.as_str().replace(from.as_str(), to.as_str());
    let mut made = String::new();
    let mut rest = pattern;
    while let Some((head, tail)) = rest.split_once('{') {
        let (word, after) = tail.split_once('}').unwrap_or((tail, ""));
        made.push_str(head);
        match word {
            "title" => made.push_str(&same),
            // A year in the name of the term is no year of a school.
            "raised" => made.push_str(&raised(title.as_str(), None).replace(from.as_str(), to.as_str())),
            "term" => made.push_str(to.as_str()),
            _ => {
                let detail = "in braces stand title, raised or term";
                return Err(Refusal::new(Rule::Format, detail));
            }
        }
        rest = after;
    }
    made.push_str(rest);
    Text::line(&made, 200)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_year_in_a_name_goes_up() {
        for (name, year, next) in [
            ("7B", Some(7), "8B"),
            ("9C", Some(9), "10C"),
            ("Klass 3 Åsen", Some(3), "Klass 4 Åsen"),
            ("Ö7", None, "Ö8"),
            ("0A", Some(0), "1A"),
            ("2 plan 7", Some(7), "2 plan 8"),
            ("Åk 10", None, "Åk 11"),
            ("NA24B", Some(1), "NA24B"),
            ("NA24B", None, "NA24B"),
            ("Blåsippan", Some(2), "Blåsippan"),
            ("Matematik 7, HT 2026", None, "Matematik 8, HT 2026"),
            ("", None, ""),
        ] {
            assert_eq!(raised(name, year), next, "{name}");
        }
    }

    #[test]
    fn titles_follow_the_pattern() {
        let text = |raw: &str| Text::line(raw, 200).unwrap();
        let (from, to) = (text("VT 2027"), text("HT 2027"));
        let made = |pattern: &str, title: &str| titled(pattern, &text(title), &from, &to).unwrap();
        assert_eq!(made("{title}", "Allmän kurs VT 2027").as_str(), "Allmän kurs HT 2027");
        assert_eq!(made("{raised}", "Matematik 7B, VT 2027").as_str(), "Matematik 8B, HT 2027");
        assert_eq!(made("{title} ({term})", "Skrivarlinjen").as_str(), "Skrivarlinjen (HT 2027)");
        assert_eq!(made("Ny kurs", "Skrivarlinjen").as_str(), "Ny kurs");
        for pattern in ["{titel}", "{title", "{}", "{"] {
            let refused = titled(pattern, &text("Skrivarlinjen"), &from, &to);
            // A brace that is never closed ends with the pattern.
            assert_eq!(refused.is_err(), pattern != "{title", "{pattern}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_raised_once(head in "[A-Za-zÅÄÖåäö ]{0,5}", year in 0..10u8, tail in "[A-Za-zÅÄÖåäö ]{0,5}") {
            let name = format!("{head}{year}{tail}");
            prop_assert_eq!(raised(&name, Some(year)), format!("{head}{}{tail}", year + 1));
            prop_assert_eq!(raised(&name, None), raised(&name, Some(year)));
        }

        #[test]
        fn whatever_is_written_is_taken(name in ".{0,40}", pattern in ".{1,40}", year in proptest::option::of(0..=10u8)) {
            let _ = raised(&name, year);
            let text = Text::line("VT 2027", 100).unwrap();
            if let Ok(title) = Text::line(&name, 200) {
                let _ = titled(&pattern, &title, &text, &text);
            }
        }
    }
}

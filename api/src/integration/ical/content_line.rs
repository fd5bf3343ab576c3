//! Content lines (RFC 5545, 3.1): at most 75 octets each, folded between two characters and never inside one, and ended
//! with CRLF.

/// The most octets of a line, without its end.
const LONGEST: usize = 75;

/// Writes a line, on as many lines as it needs.
pub(super) fn push(out: &mut String, line: &str) {
    let mut octets = 0;
    for character in line.chars() {
        if octets + character.len_utf8() > LONGEST {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(character);
        octets += character.len_utf8();
    }
    out.push_str("\r\n");
}

/// A value of the type TEXT (3.3.11). What no text may hold is left out.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | ';' | ',' => out.extend(['\\', character]),
            '\n' => out.push_str("\\n"),
            '\t' => out.push('\t'),
            character if character.is_control() => {}
            character => out.push(character),
        }
    }
    out
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The lines as they were before they were folded.
    pub(crate) fn unfolded(text: &str) -> Vec<String> {
        text.replace("\r\n ", "").split_terminator("\r\n").map(str::to_owned).collect()
    }

    /// The text that a value stands for.
    pub(crate) fn unescaped(value: &str) -> String {
        let mut characters = value.chars();
        let mut out = String::new();
        while let Some(character) = characters.next() {
            out.push(match character {
                '\\' => match characters.next().expect("something is escaped") {
                    'n' | 'N' => '\n',
                    other => other,
                },
                ';' | ',' => panic!("{character} is not escaped in {value:?}"),
                other => other,
            });
        }
        out
    }

    #[test]
    fn a_line_is_folded_between_characters_at_75_octets() {
        let mut out = String::new();
        push(&mut out, &format!("SUMMARY:{}", "å".repeat(60)));
        let lines: Vec<&str> = out.split_terminator("\r\n").collect();
        assert_eq!(lines.iter().map(|line| line.len()).collect::<Vec<_>>(), [74, 55]);
        assert!(lines[1].starts_with(" å"));
        let mut short = String::new();
        push(&mut short, &"x".repeat(LONGEST));
        assert_eq!(short, format!("{}\r\n", "x".repeat(LONGEST)));
    }

    proptest! {
        #[test]
        fn any_text_survives(text in r"([\PC\n\t\\;,:åäö🎓]){0,300}") {
            let mut out = String::new();
            push(&mut out, &format!("SUMMARY:{}", escaped(&text)));
            for line in out.split_terminator("\r\n") {
                prop_assert!(line.len() <= LONGEST && !line.contains(['\r', '\n']), "{line:?}");
            }
            let lines = unfolded(&out);
            prop_assert_eq!(lines.len(), 1);
            prop_assert_eq!(unescaped(lines[0].strip_prefix("SUMMARY:").unwrap()), text);
        }

        #[test]
        fn no_control_character_comes_out(text in r"(\PC|\p{Cc}){0,100}") {
            let out = escaped(&text);
            prop_assert!(out.chars().all(|character| !character.is_control() || character == '\t'), "{out:?}");
        }
    }
}

//! How names are ordered and found: our own small collation, so that every database agrees.
//!
//! A **sort key** compares byte by byte (`COLLATE "C"`, memcmp) in Swedish order. Its first
//! level holds the letters: `a`…`z` as they are, `å ä ö` as `{ | }`, which follow `z` in
//! ASCII; other alphabets follow, in their own order. Its second level, after `!`, holds what
//! only breaks ties: accents (é beside e), kin of our letters (ü beside y, æ beside ä, ø, œ and
//! ő beside ö, ß as ss, þ as th, ð and đ as d), and hyphens and apostrophes. v and w are two
//! letters. A space or hyphen ends a word and stands before every letter, so "Ek Bo" comes
//! before "Ekberg"; an apostrophe counts for nothing. Parts of a name are separated by `,`.
//!
//! A **search key** holds folded words. It is read by people's fingers rather than by the
//! alphabet: ü is found as u, while å, ä and ö stay apart from a and o.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::canonical_combining_class;

/// The version of both algorithms. Raise it with any change of what they give, and compute
/// the stored keys anew: keys of two versions do not compare.
pub const KEY_VERSION: u16 = 1;

/// No part of a sort key is longer, in bytes, so that every key fits into an index page.
const LONGEST_SORT_PART: usize = 240;
/// No search key is longer, in bytes.
const LONGEST_SEARCH_KEY: usize = 2_000;

const RING: char = '\u{30A}';
const DIAERESIS: char = '\u{308}';
const DOUBLE_ACUTE: char = '\u{30B}';
/// Stands for "kin of the letter": a stroke, a ligature, a letter of another Nordic alphabet.
const KIN: char = '\u{338}';

/// Folds what somebody typed in the way of [`super::PersonName::search_key`]: lower case,
/// accents off, words separated by one space, none at the ends. Empty if nothing is left.
///
/// For each word `w` of the result, a name is found by prefix where its search key contains
/// `" " + w`, and by substring where it contains `w`; every word must be found. The result
/// holds no `%`, `_` or `\`, so it may stand in a LIKE pattern as it is.
#[must_use]
pub fn search_key_of_query(typed: &str) -> String {
    search_words(typed).join(" ")
}

/// The sort key of any other name, such as a school's or a course's: in Swedish order,
/// compared byte by byte.
#[must_use]
pub fn sort_key_of_text(text: &str) -> String {
    sort_key_of_parts([text, "", ""])
}

/// The search key of any other name; see [`search_key_of_query`].
#[must_use]
pub fn search_key_of_text(text: &str) -> String {
    search_key_of_parts([text])
}

pub(super) fn search_key_of_parts<'a>(parts: impl IntoIterator<Item = &'a str>) -> String {
    let mut words: Vec<String> = Vec::new();
    for word in parts.into_iter().flat_map(search_words) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let key: String = words.iter().flat_map(|word| [" ", word]).collect();
    cut(key, LONGEST_SEARCH_KEY)
}

pub(super) fn sort_key_of_parts(parts: [&str; 3]) -> String {
    let mut letters = Vec::new();
    let mut ties = String::new();
    for part in parts {
        let (first, second) = sort_levels(part);
        letters.push(cut(first, LONGEST_SORT_PART));
        ties.push_str(&second);
    }
    let ties = cut(ties, LONGEST_SORT_PART);
    // What is plain to the end says nothing.
    format!("{}!{}", letters.join(","), ties.trim_end_matches(PLAIN))
}

/// The two levels of one part of a name.
fn sort_levels(part: &str) -> (String, String) {
    let (mut letters, mut ties) = (String::new(), String::new());
    for piece in pieces(part) {
        match piece {
            Piece::Letter { base, marks } => {
                for (letter, marks) in alphabetise(base, marks) {
                    letters.push(sort_letter(letter));
                    ties.push(PLAIN);
                    ties.extend(marks.into_iter().map(tie_of_mark));
                }
            }
            Piece::Break(character) => {
                letters.push('-');
                ties.push(PLAIN);
                ties.extend(tie_of_break(character));
            }
            Piece::Apostrophe => ties.push('q'),
        }
    }
    (letters, ties)
}

fn search_words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for piece in pieces(text) {
        match (piece, words.last_mut()) {
            (Piece::Letter { base: 'u', .. }, Some(word)) => word.push('u'),
            (Piece::Letter { base, marks }, Some(word)) => {
                word.extend(alphabetise(base, marks).into_iter().map(|(letter, _)| letter));
            }
            (Piece::Break(_), _) => words.push(String::new()),
            (Piece::Apostrophe, _) | (_, None) => {}
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What a name is made of once case and spelling form no longer matter.
enum Piece {
    /// A letter or digit in lower case, and the marks above and below it.
    Letter { base: char, marks: Vec<char> },
    /// The end of a word, before another one; the character that first said so.
    Break(char),
    /// A sign within a word that is not heard.
    Apostrophe,
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut pending_break = None;
    // The free-standing accents decompose into a space and a mark; people type them for '.
    let typed = text.chars().map(|character| if character == '\u{B4}' { '\'' } else { character });
    for character in typed.nfkd().flat_map(char::to_lowercase).nfkd() {
        if canonical_combining_class(character) != 0 {
            if let (None, Some(Piece::Letter { marks, .. })) = (pending_break, pieces.last_mut()) {
                marks.push(character);
            }
        } else if silent(character) {
            if pending_break.is_none() && !pieces.is_empty() {
                pieces.push(Piece::Apostrophe);
            }
        } else if character.is_alphanumeric() {
            if let Some(first) = pending_break.take().filter(|_| !pieces.is_empty()) {
                pieces.push(Piece::Break(first));
            }
            pieces.push(Piece::Letter { base: character, marks: Vec::new() });
        } else {
            pending_break = pending_break.or(Some(character));
        }
    }
    pieces
}

/// Apostrophes in their many forms, the soft hyphen and the joiners.
fn silent(character: char) -> bool {
    matches!(
        character,
        '\'' | '`' | '\u{2018}' | '\u{2019}' | '\u{2032}' | '\u{2B9}'
            ..='\u{2BF}' | '\u{AD}' | '\u{200C}' | '\u{200D}'
    )
}

/// The letters of the Swedish alphabet under which a letter stands, each with the marks that
/// the alphabet makes nothing of.
fn alphabetise(base: char, marks: Vec<char>) -> Vec<(char, Vec<char>)> {
    match base {
        'a' if marks.contains(&RING) => vec![('å', without(RING, marks))],
        'a' if marks.contains(&DIAERESIS) => vec![('ä', without(DIAERESIS, marks))],
        'o' if marks.contains(&DIAERESIS) => vec![('ö', without(DIAERESIS, marks))],
        'o' if marks.contains(&DOUBLE_ACUTE) => vec![('ö', marks)],
        'u' if marks.contains(&DIAERESIS) || marks.contains(&DOUBLE_ACUTE) => vec![('y', marks)],
        'æ' => vec![('ä', as_kin(marks))],
        'ø' | 'œ' => vec![('ö', as_kin(marks))],
        'ß' => vec![('s', Vec::new()), ('s', as_kin(marks))],
        'þ' => vec![('t', Vec::new()), ('h', as_kin(marks))],
        'ð' | 'đ' => vec![('d', as_kin(marks))],
        'ħ' => vec![('h', as_kin(marks))],
        'ı' => vec![('i', as_kin(marks))],
        'ł' => vec![('l', as_kin(marks))],
        'ŋ' => vec![('n', as_kin(marks))],
        'ŧ' => vec![('t', as_kin(marks))],
        'ə' => vec![('e', as_kin(marks))],
        _ => vec![(base, marks)],
    }
}

fn without(mark: char, mut marks: Vec<char>) -> Vec<char> {
    if let Some(at) = marks.iter().position(|other| *other == mark) {
        marks.remove(at);
    }
    marks
}

fn as_kin(mut marks: Vec<char>) -> Vec<char> {
    marks.insert(0, KIN);
    marks
}

fn sort_letter(letter: char) -> char {
    match letter {
        'å' => '{',
        'ä' => '|',
        'ö' => '}',
        _ => letter,
    }
}

/// The tie-breaker of a letter without marks, below every other.
const PLAIN: char = 'a';

fn tie_of_mark(mark: char) -> char {
    match mark {
        '\u{301}' => 'b', // acute
        '\u{300}' => 'c', // grave
        '\u{306}' => 'd', // breve
        '\u{302}' => 'e', // circumflex
        '\u{30C}' => 'f', // caron
        RING => 'g',
        DIAERESIS => 'h',
        DOUBLE_ACUTE => 'i',
        '\u{303}' => 'j', // tilde
        '\u{307}' => 'k', // dot above
        '\u{323}' => 'l', // dot below
        '\u{327}' => 'm', // cedilla
        '\u{328}' => 'n', // ogonek
        '\u{304}' => 'o', // macron
        KIN => 'p',
        _ => 'z',
    }
}

/// A space ties below a hyphen, and that below any other sign.
fn tie_of_break(character: char) -> Option<char> {
    match character {
        character if character.is_whitespace() => None,
        '-' | '\u{2010}'..='\u{2015}' => Some('r'),
        _ => Some('z'),
    }
}

/// The longest beginning of whole characters within so many bytes.
fn cut(mut key: String, longest: usize) -> String {
    while key.len() > longest {
        key.pop();
    }
    key
}

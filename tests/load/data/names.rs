//! Invented names, put together from parts. Any likeness to a living person is chance.

use skolhus_domain::person::{NameDraft, PersonName};

use crate::Failure;

const GIVEN: &[&str] = &[
    "Åsa",
    "Björn",
    "Elsa",
    "Örjan",
    "Märta",
    "Nils",
    "Ängla",
    "Ahmed",
    "Lovisa",
    "Göran",
    "Fatima",
    "Pär",
    "Tuva",
    "Sören",
    "Amina",
    "Håkan",
    "Siv",
    "Malte",
    "Yusuf",
    "Ebba",
    "Vidar",
    "Märit",
    "Olle",
    "Linnéa",
    "Jörgen",
    "Sara",
    "Mårten",
    "Hanna",
    "Åke",
    "Saga",
    "Bengt",
    "Leyla",
    "Gösta",
    "Ida",
    "Rasmus",
    "Ylva",
    "Noor",
    "Östen",
    "Klara",
    "Wilma",
    "Viggo",
    "Ängelika",
    "Åsmund",
    "Öyvind",
    "Zäta",
    "Greta",
    "Isak",
    "Tyra",
];

const FAMILY_BEGINS: &[&str] = &[
    "Å", "Ö", "Äng", "Lind", "Hägg", "Sjö", "Ek", "Björk", "Norr", "Wik", "Vik", "Zander", "Käll", "Åker",
    "Bäck", "Hav", "Lönn", "Öst", "Grön", "Rå", "Holm", "Dahl", "Näs", "Järn", "Sand", "Löf", "Hed", "Söder",
    "Stål", "Törn", "Alm", "Gård", "Rönn", "Tjäder", "Ulf", "Ås", "Berg", "Myr", "Kvarn", "Skär",
];

const FAMILY_ENDS: &[&str] = &[
    "berg", "ström", "lund", "qvist", "gren", "man", "dahl", "mark", "vall", "fors", "näs", "sjö", "löv",
    "hag", "stad", "bäck", "mo", "rot", "stig", "ås", "äng", "ö", "brink", "hammar",
];

/// A name for 64 bits of chance.
pub fn name(chance: u64) -> Result<PersonName, Failure> {
    let mut rest = chance;
    let mut one_of = |list: &[&'static str]| {
        let count = list.len() as u64;
        let place = usize::try_from(rest % count).unwrap_or_default();
        rest /= count;
        list.get(place).copied().unwrap_or_default()
    };
    let (first, second) = (one_of(GIVEN), one_of(GIVEN));
    let family = format!("{}{}", one_of(FAMILY_BEGINS), one_of(FAMILY_ENDS));
    let given = format!("{first} {second}");
    let draft = NameDraft { given, middle: None, family, preferred_given: Some(first.to_owned()) };
    PersonName::new(&draft).map_err(|_| "a name is not accepted".into())
}

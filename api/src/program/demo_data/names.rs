//! Invented names. Any likeness to a living person is chance.

/// Given names.
pub(super) const GIVEN: &[&str] = &[
    "Åsa", "Björn", "Elsa", "Örjan", "Märta", "Nils", "Ängla", "Ahmed", "Lovisa", "Göran", "Fatima", "Pär", "Tuva",
    "Sören", "Amina", "Håkan", "Siv", "Malte", "Zäta", "Yusuf", "Ebba", "Vidar", "Märit", "Olle", "Linnéa", "Jörgen",
    "Sara", "Mårten", "Hanna", "Åke", "Saga", "Bengt", "Leyla", "Gösta", "Ida", "Rasmus", "Ylva", "Noor", "Östen", "Klara",
];

/// Family names.
pub(super) const FAMILY: &[&str] = &[
    "Åberg", "Öberg", "Ängström", "Lindqvist", "Hägglund", "Sjöström", "Ek", "Björk", "Nordén", "Wik", "Vik", "Zander",
    "Källström", "Åkerlund", "Bäckman", "Haddad", "Lönnroth", "Östlund", "Grönwall", "Rääf", "Holmér", "Dahlström",
    "Näslund", "Mäkinen", "Järvinen", "Sandström", "Löfgren", "Hedlöf", "Söderlund", "Ståhl", "Törnqvist", "Ahlén",
    "Yıldız", "Nguyễn", "Fältskog", "Gårdh", "Rönn", "Tjäder", "Ulfsdotter", "Åsén",
];

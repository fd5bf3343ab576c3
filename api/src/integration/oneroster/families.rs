//! What a run would change for families, in plain words.
//!
//! A row of the report keeps the facts by identifiers, never a name; the words are made when somebody
//! reads it, in their language. What concerns a protected person is never among them.

use serde::{Deserialize, Serialize};
use skolhus_domain::{person::Evidence, terminology::Language};
use uuid::Uuid;

use crate::integration::jobs::FamilyChanges;

/// One thing that a run would change for a family, or that somebody should look at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Family {
    /// A relation that the source names would wait in the list.
    Waits {
        /// The source's identifier of the person over whom it is.
        child: String,
        /// That of the relative.
        relative: String,
        /// The rights that the relative would gain, were it confirmed as a guardian's.
        as_guardian: Vec<String>,
    },
    /// The source names a relation about which people have decided before: it is not raised again.
    DecidedBefore {
        /// The relation.
        relation: Uuid,
    },
    /// A relation that stands is no longer named. It stays.
    NoLongerNamed {
        /// The relation.
        relation: Uuid,
    },
    /// A relation that waits untouched is no longer named. It goes from the list.
    ProposalGone {
        /// The relation.
        relation: Uuid,
    },
    /// The source gives another date of birth of somebody over whom a relation has been confirmed. It
    /// decides until when that carries rights, and stays until a person changes it.
    BirthDateKept,
    /// A new person is likely somebody who is in the register already.
    LikelyDuplicate {
        /// Who is in the register.
        person: Uuid,
        /// What speaks for it, and against it.
        evidence: Vec<String>,
    },
}

/// How a person of the set is called in the words: by identifier, or by name where names may be shown.
pub type Naming<'n> = &'n dyn Fn(&str) -> String;

impl Family {
    /// In words; `naming` says how the set's persons are called.
    #[must_use]
    pub fn words(&self, language: Language, naming: Naming<'_>) -> String {
        match (self, language) {
            (Self::Waits { child, relative, as_guardian }, Language::Swedish) => {
                let (child, relative) = (naming(child), naming(relative));
                let gains = if as_guardian.is_empty() {
                    "inget i dag (barnet är myndigt, eller födelsedatum saknas)".to_owned()
                } else {
                    listed(as_guardian, Language::Swedish)
                };
                format!(
                    "{relative} väntar på besked som anhörig till {child} och får ingenting förrän någon har \
                     bekräftat det. Bekräftad som vårdnadshavare: {gains}. Bekräftad som kontaktperson: inget."
                )
            }
            (Self::Waits { child, relative, as_guardian }, Language::English) => {
                let (child, relative) = (naming(child), naming(relative));
                let gains = if as_guardian.is_empty() {
                    "nothing today (the child is of age, or the date of birth is missing)".to_owned()
                } else {
                    listed(as_guardian, Language::English)
                };
                format!(
                    "{relative} waits for a decision as a relative of {child} and gets nothing until somebody has \
                     confirmed it. Confirmed as a guardian: {gains}. Confirmed as a contact: nothing."
                )
            }
            (Self::DecidedBefore { relation }, Language::Swedish) => format!(
                "Källan anger en relation som har avslagits, avslutats eller tagits bort här. Den tas inte upp igen: {relation}"
            ),
            (Self::DecidedBefore { relation }, Language::English) => format!(
                "The source names a relation that was rejected, ended or withdrawn here. It is not raised again: {relation}"
            ),
            (Self::NoLongerNamed { relation }, Language::Swedish) => format!(
                "Källan anger inte längre en relation som gäller här. Den ligger kvar tills någon ändrar den: {relation}"
            ),
            (Self::NoLongerNamed { relation }, Language::English) => format!(
                "The source no longer names a relation that stands here. It stays until somebody changes it: {relation}"
            ),
            (Self::ProposalGone { relation }, Language::Swedish) => {
                format!("Källan anger inte längre en relation som väntar. Den lämnar listan: {relation}")
            }
            (Self::ProposalGone { relation }, Language::English) => {
                format!("The source no longer names a relation that waits. It leaves the list: {relation}")
            }
            (Self::BirthDateKept, Language::Swedish) => {
                "Källan anger ett annat födelsedatum. Det avgör hur länge anhöriga får se barnet, och ligger kvar \
                 tills en människa ändrar det."
                    .to_owned()
            }
            (Self::BirthDateKept, Language::English) => {
                "The source gives another date of birth. It decides how long relatives may see the child, and stays \
                 until a person changes it."
                    .to_owned()
            }
            (Self::LikelyDuplicate { person, evidence }, Language::Swedish) => format!(
                "Den nya personen är troligen densamma som {person} i registret ({}). Den läggs in ändå.",
                evidence.join(", ")
            ),
            (Self::LikelyDuplicate { person, evidence }, Language::English) => format!(
                "The new person is likely the same as {person} in the register ({}). It is entered all the same.",
                evidence.join(", ")
            ),
        }
    }

    /// The same in English and by identifiers, as it stands in the report.
    #[must_use]
    pub fn in_report(&self) -> String {
        self.words(Language::English, &|id| id.to_owned())
    }

    /// The identifiers of the set's persons that the words call by name.
    pub fn named(&self) -> impl Iterator<Item = &str> {
        let both = match self {
            Self::Waits { child, relative, .. } => [Some(child), Some(relative)],
            _ => [None, None],
        };
        both.into_iter().flatten().map(String::as_str)
    }
}

/// What speaks for a likeness, as it is stored.
pub(super) fn codes(evidence: &[Evidence]) -> Vec<String> {
    evidence.iter().map(|kind| kind.code().to_owned()).collect()
}

fn listed(rights: &[String], language: Language) -> String {
    let word = |right: &String| match (right.as_str(), language) {
        ("see", Language::Swedish) => "se uppgifter",
        ("report-absence", Language::Swedish) => "anmäla frånvaro",
        ("decide", Language::Swedish) => "besluta",
        ("receive-notices", Language::Swedish) => "få meddelanden",
        ("collect", Language::Swedish) => "hämta",
        ("see", Language::English) => "see records",
        ("report-absence", Language::English) => "report absence",
        ("decide", Language::English) => "decide",
        ("receive-notices", Language::English) => "receive notices",
        ("collect", Language::English) => "collect",
        _ => "?",
    };
    rights.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// What a run would change for families, summed up, a line each.
#[must_use]
pub fn summary(changes: &FamilyChanges, language: Language) -> Vec<String> {
    let FamilyChanges {
        children_with_waiting,
        relatives_waiting,
        relations_waiting,
        would_gain_as_guardian,
        proposals_gone,
        no_longer_named,
        decided_before,
        birth_dates_kept,
        contact_details,
        protection_not_stated,
        likely_duplicates,
    } = changes;
    match language {
        Language::Swedish => vec![
            "Det här skulle importen ändra för familjer. Ingen vårdnadshavare får se mer eller mindre förrän en människa har bekräftat det.".to_owned(),
            format!("Barn som får anhöriga på listan att bekräfta: {children_with_waiting} (relationer: {relations_waiting}, vuxna: {relatives_waiting})."),
            format!("Relationer som ger rättigheter om de bekräftas som vårdnad: {would_gain_as_guardian}."),
            format!("Väntande relationer som lämnar listan, eftersom källan inte längre anger dem: {proposals_gone}."),
            format!("Gällande relationer som källan inte längre anger, och som ligger kvar: {no_longer_named}."),
            format!("Relationer som källan anger fast de har avslagits, avslutats eller tagits bort, och som inte tas upp igen: {decided_before}."),
            format!("Barn vars födelsedatum källan anger annorlunda, och som ligger kvar eftersom anhörigas rättigheter beror på det: {birth_dates_kept}."),
            format!("Personer vars kontaktuppgifter ändras: {contact_details}."),
            format!("Nya personer utan uppgift om skyddade personuppgifter, att kontrollera: {protection_not_stated}. Källan kan varken sätta eller häva ett skydd."),
            format!("Nya personer som troligen redan finns: {likely_duplicates}."),
        ],
        Language::English => vec![
            "This is what the import would change for families. No guardian may see more or less before a person has confirmed it.".to_owned(),
            format!("Children who get relatives in the list to confirm: {children_with_waiting} (relations: {relations_waiting}, adults: {relatives_waiting})."),
            format!("Relations that give rights if they are confirmed as custody: {would_gain_as_guardian}."),
            format!("Waiting relations that leave the list, because the source no longer names them: {proposals_gone}."),
            format!("Relations that stand, are no longer named by the source, and stay: {no_longer_named}."),
            format!("Relations that the source names although they were rejected, ended or withdrawn, and that are not raised again: {decided_before}."),
            format!("Children of whom the source gives another date of birth, which stays because relatives' rights follow from it: {birth_dates_kept}."),
            format!("Persons whose contact details change: {contact_details}."),
            format!("New persons of whom nobody has said whether their identity is protected, to be checked: {protection_not_stated}. The source can neither set nor lift a protection."),
            format!("New persons who are likely there already: {likely_duplicates}."),
        ],
    }
}

//! The terms that every organiser begins with. An old word stands with the term that took its place; what a
//! word means elsewhere in the program never depends on this list.

use std::collections::BTreeMap;

use super::{Language, NewWording, Term};
use crate::refusal::Refusals;

/// A label, its plural, and old words.
type Words = (&'static str, Option<&'static str>, &'static [&'static str]);

/// A built-in term.
pub(super) struct TermSeed {
    pub(super) key: &'static str,
    swedish: Words,
    english: Words,
}

impl TermSeed {
    /// The term, through the same checks as any other.
    pub(super) fn term(&self) -> Result<Term, Refusals> {
        let Self { key, swedish, english } = self;
        let mut wordings = BTreeMap::new();
        for (language, (label, plural, aliases)) in
            [(Language::Swedish, swedish), (Language::English, english)]
        {
            let new = NewWording { label, plural: *plural, aliases: aliases.to_vec() };
            wordings.insert(language, new.validate()?);
        }
        Ok(Term { key, wordings })
    }
}

const fn term(key: &'static str, swedish: Words, english: Words) -> TermSeed {
    TermSeed { key, swedish, english }
}

/// Every term, by key.
#[rustfmt::skip]
pub(super) const TERMS: &[TermSeed] = &[
    term("adapted-adult-education", ("Anpassad utbildning i komvux", None, &["särvux", "lärvux", "särskild utbildning för vuxna"]), ("Adapted adult education", None, &["special education for adults"])),
    term("adapted-compulsory-school", ("Anpassad grundskola", Some("Anpassade grundskolor"), &["grundsärskola", "särskola", "obligatorisk särskola"]), ("Adapted compulsory school", Some("Adapted compulsory schools"), &["compulsory school for pupils with intellectual disabilities"])),
    term("adapted-upper-secondary-school", ("Anpassad gymnasieskola", Some("Anpassade gymnasieskolor"), &["gymnasiesärskola", "särskola"]), ("Adapted upper secondary school", Some("Adapted upper secondary schools"), &["upper secondary school for pupils with intellectual disabilities"])),
    term("address", ("Adress", Some("Adresser"), &["gatuadress"]), ("Address", Some("Addresses"), &["street"])),
    term("admission", ("Antagning", Some("Antagningar"), &["intagning"]), ("Admission", Some("Admissions"), &[])),
    term("application", ("Ansökan", Some("Ansökningar"), &[]), ("Application", Some("Applications"), &[])),
    term("birth-date", ("Födelsedatum", None, &["född"]), ("Date of birth", None, &["birth date"])),
    term("city", ("Postort", None, &["ort"]), ("City", None, &["town"])),
    term("class", ("Klass", Some("Klasser"), &[]), ("Class", Some("Classes"), &["form"])),
    term("controller", ("Personuppgiftsansvarig", Some("Personuppgiftsansvariga"), &["pua", "registeransvarig"]), ("Controller", Some("Controllers"), &["data controller"])),
    term("course", ("Kurs", Some("Kurser"), &["ämne"]), ("Course", Some("Courses"), &["subject"])),
    term("course-offering", ("Kurstillfälle", Some("Kurstillfällen"), &["kursomgång"]), ("Course offering", Some("Course offerings"), &["course instance"])),
    term("day-off", ("Lovdag", Some("Lovdagar"), &["lov", "studiedag"]), ("Day off", Some("Days off"), &["holiday"])),
    term("duty", ("Tjänst", Some("Tjänster"), &["tjänstgöring"]), ("Duty", Some("Duties"), &["position"])),
    term("email", ("E-post", None, &["mejl", "epostadress"]), ("E-mail", None, &["email"])),
    term("enrolment", ("Inskrivning", Some("Inskrivningar"), &[]), ("Enrolment", Some("Enrolments"), &["enrollment"])),
    term("family-name", ("Efternamn", None, &[]), ("Family name", None, &["last name", "surname"])),
    term("first-day", ("Första dag", None, &["från och med", "startdatum"]), ("First day", None, &["start date"])),
    term("funding", ("Finansiering", None, &[]), ("Funding", None, &[])),
    term("general-course", ("Allmän kurs", Some("Allmänna kurser"), &[]), ("General course", Some("General courses"), &[])),
    term("given-name", ("Förnamn", None, &["tilltalsnamn"]), ("Given name", None, &["first name"])),
    term("group", ("Grupp", Some("Grupper"), &[]), ("Group", Some("Groups"), &[])),
    term("guardian", ("Vårdnadshavare", Some("Vårdnadshavare"), &["målsman"]), ("Guardian", Some("Guardians"), &["parent"])),
    term("home-municipality", ("Hemkommun", None, &["folkbokföringskommun", "kommunkod"]), ("Home municipality", None, &["municipality of residence"])),
    term("identity-number", ("Personnummer", Some("Personnummer"), &["samordningsnummer"]), ("Identity number", Some("Identity numbers"), &["personal identity number"])),
    term("independent-school", ("Fristående skola", Some("Fristående skolor"), &["friskola", "privatskola"]), ("Independent school", Some("Independent schools"), &["free school"])),
    term("interruption", ("Avbrott", Some("Avbrott"), &["studieavbrott"]), ("Interruption", Some("Interruptions"), &["drop-out"])),
    term("last-day", ("Sista dag", None, &["till och med", "slutdatum"]), ("Last day", None, &["end date"])),
    term("mentor", ("Mentor", Some("Mentorer"), &["klassföreståndare"]), ("Mentor", Some("Mentors"), &["form tutor"])),
    term("mobility-support", ("Mobilitetsstöd", None, &["landstingsbidrag", "regionbidrag"]), ("Mobility support", None, &["county council grant"])),
    term("organiser", ("Huvudman", Some("Huvudmän"), &["skolhuvudman"]), ("Organiser", Some("Organisers"), &["principal organiser", "provider"])),
    term("pace", ("Studietakt", None, &["takt"]), ("Pace of study", None, &["pace"])),
    term("participant", ("Deltagare", Some("Deltagare"), &["studerande", "kursdeltagare"]), ("Participant", Some("Participants"), &["student"])),
    term("participation", ("Deltagande", Some("Deltaganden"), &[]), ("Participation", Some("Participations"), &[])),
    term("person", ("Person", Some("Personer"), &[]), ("Person", Some("Persons"), &[])),
    term("phone", ("Telefon", None, &["mobilnummer"]), ("Telephone", None, &["phone", "mobile"])),
    term("postal-code", ("Postnummer", None, &[]), ("Postal code", None, &["zip code"])),
    term("programme", ("Program", Some("Program"), &["studieväg"]), ("Programme", Some("Programmes"), &["study path"])),
    term("protected-identity", ("Skyddade personuppgifter", None, &["skyddad identitet", "sekretessmarkering", "skyddad folkbokföring", "kvarskrivning"]), ("Protected personal data", None, &["protected identity"])),
    term("pupil", ("Elev", Some("Elever"), &["skolbarn"]), ("Pupil", Some("Pupils"), &["student"])),
    term("school-type", ("Skolform", Some("Skolformer"), &[]), ("School type", Some("School types"), &[])),
    term("school-unit", ("Skolenhet", Some("Skolenheter"), &["skola"]), ("School unit", Some("School units"), &["school"])),
    term("school-year", ("Årskurs", Some("Årskurser"), &[]), ("School year", Some("School years"), &["grade"])),
    term("site", ("Filial", Some("Filialer"), &["plats", "undervisningsställe"]), ("Site", Some("Sites"), &["branch"])),
    term("special-course", ("Särskild kurs", Some("Särskilda kurser"), &["profilkurs"]), ("Special course", Some("Special courses"), &[])),
    term("state", ("Status", None, &["tillstånd"]), ("State", None, &["status"])),
    term("study-break", ("Studieuppehåll", Some("Studieuppehåll"), &[]), ("Study break", Some("Study breaks"), &["leave of absence"])),
    term("study-certificate", ("Studieintyg", Some("Studieintyg"), &["intyg om studier"]), ("Study certificate", Some("Study certificates"), &[])),
    term("teacher", ("Lärare", Some("Lärare"), &["kursledare"]), ("Teacher", Some("Teachers"), &[])),
    term("term", ("Termin", Some("Terminer"), &["läsperiod"]), ("Term", Some("Terms"), &["semester"])),
];

//! What the code tables hold in a new installation. The rows are loaded once into the database,
//! where they are kept from then on; nothing in the program depends on a particular row.

use chrono::NaiveDate;

use super::{CodeEntry, CourseDays, CourseType, NewCodeEntry};
use crate::period::FIRST_DATE;
use crate::refusal::Refusals;

/// A row of a built-in table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CodeSeed {
    /// The code.
    pub code: &'static str,
    /// Its name in Swedish.
    pub name_sv: &'static str,
    /// Its name in English.
    pub name_en: &'static str,
    /// The first day of use; [`FIRST_DATE`] where no source states one.
    pub valid_from: NaiveDate,
    /// The last day of use; none while it is in use.
    pub valid_to: Option<NaiveDate>,
    /// Whether one public source states it and none contradicts.
    pub verified: bool,
    /// Source and doubts; empty when there is nothing to say.
    pub note: &'static str,
}

impl CodeSeed {
    /// The row as an entry, through the same checks as any other.
    ///
    /// # Errors
    /// As [`NewCodeEntry::validate`]; none for the tables of this module, as a test shows.
    pub fn entry(&self) -> Result<CodeEntry, Refusals> {
        let Self { code, name_sv, name_en, valid_from, valid_to, verified, note } = *self;
        let note = (!note.is_empty()).then_some(note);
        NewCodeEntry { code, name_sv, name_en, valid: (valid_from, valid_to), verified, note }.validate()
    }
}

/// A row of the table of course types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CourseTypeSeed {
    /// Code, names and validity.
    pub seed: CodeSeed,
    /// The bounds on the number of course days, where the source states them.
    pub days: CourseDays,
}

/// The entries of [`SCHOOL_TYPES`].
///
/// # Errors
/// As [`CodeSeed::entry`].
pub fn school_types() -> Result<Vec<CodeEntry>, Refusals> {
    SCHOOL_TYPES.iter().map(CodeSeed::entry).collect()
}

/// The entries of [`COURSE_TYPES`].
///
/// # Errors
/// As [`CodeSeed::entry`].
pub fn course_types() -> Result<Vec<CourseType>, Refusals> {
    COURSE_TYPES.iter().map(|row| Ok(CourseType { entry: row.seed.entry()?, days: row.days })).collect()
}

/// The entries of [`SCHOOL_UNIT_CODE_KINDS`].
///
/// # Errors
/// As [`CodeSeed::entry`].
pub fn school_unit_code_kinds() -> Result<Vec<CodeEntry>, Refusals> {
    SCHOOL_UNIT_CODE_KINDS.iter().map(CodeSeed::entry).collect()
}

/// The entries of [`FUNDING_SOURCES`].
///
/// # Errors
/// As [`CodeSeed::entry`].
pub fn funding_sources() -> Result<Vec<CodeEntry>, Refusals> {
    FUNDING_SOURCES.iter().map(CodeSeed::entry).collect()
}

/// A date in a table; an impossible one becomes a date that no check lets pass.
pub(crate) const fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => NaiveDate::MIN,
    }
}

pub(super) const fn row(code: &'static str, name_sv: &'static str, name_en: &'static str) -> CodeSeed {
    CodeSeed { code, name_sv, name_en, valid_from: FIRST_DATE, valid_to: None, verified: true, note: "" }
}

impl CodeSeed {
    const fn since(mut self, first: NaiveDate) -> Self {
        self.valid_from = first;
        self
    }

    const fn until(mut self, last: NaiveDate) -> Self {
        self.valid_to = Some(last);
        self
    }

    const fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    const fn doubtful(mut self, note: &'static str) -> Self {
        self.verified = false;
        self.note = note;
        self
    }
}

/// The day the adapted school types got their present names.
const ADAPTED: NaiveDate = date(2023, 7, 2);
const ADAPTED_NOTE: &str = "Used by Skolverket's open data, not by SS 12000 version 2.1. The year 2023 is public; \
                            the day is not checked.";

/// School types (skolformer): the values of `SchoolTypesEnum` in SS 12000 version 2.1 with its
/// Swedish names, and the four that Skolverket's open data uses since 2023. English names are ours.
pub const SCHOOL_TYPES: &[CodeSeed] = &[
    row("FS", "Förskola", "Preschool"),
    row("FKLASS", "Förskoleklass", "Preschool class"),
    row("FTH", "Fritidshem", "School-age educare"),
    row("OPPFTH", "Öppen fritidsverksamhet", "Open leisure-time activity"),
    row("GR", "Grundskola", "Compulsory school"),
    row("GRS", "Grundsärskola", "Compulsory school for pupils with intellectual disabilities")
        .note("Now called anpassad grundskola, see GRAN; SS 12000 keeps this code."),
    row("GRAN", "Anpassad grundskola", "Adapted compulsory school").since(ADAPTED).doubtful(ADAPTED_NOTE),
    row("TR", "Träningsskolan", "Training school"),
    row("SP", "Specialskola", "Special school"),
    row("SAM", "Sameskola", "Sámi school"),
    row("GY", "Gymnasieskola", "Upper secondary school"),
    row("GYS", "Gymnasiesärskola", "Upper secondary school for pupils with intellectual disabilities")
        .note("Now called anpassad gymnasieskola, see GYAN; SS 12000 keeps this code."),
    row("GYAN", "Anpassad gymnasieskola", "Adapted upper secondary school")
        .since(ADAPTED)
        .doubtful(ADAPTED_NOTE),
    row("VUX", "Kommunal vuxenutbildning", "Municipal adult education"),
    row(
        "VUXSFI",
        "Kommunal vuxenutbildning i svenska för invandrare",
        "Municipal adult education in Swedish for immigrants",
    ),
    row(
        "VUXGR",
        "Kommunal vuxenutbildning på grundläggande nivå",
        "Municipal adult education at basic level",
    ),
    row(
        "VUXGY",
        "Kommunal vuxenutbildning på gymnasial nivå",
        "Municipal adult education at upper secondary level",
    ),
    row(
        "VUXSARGR",
        "Kommunal vuxenutbildning som särskild utbildning på grundläggande nivå",
        "Municipal adult education as special education at basic level",
    )
    .note("Now called anpassad utbildning, see VUXGRAN; SS 12000 keeps this code."),
    row(
        "VUXGRAN",
        "Kommunal vuxenutbildning som anpassad utbildning på grundläggande nivå",
        "Municipal adult education as adapted education at basic level",
    )
    .since(ADAPTED)
    .doubtful(ADAPTED_NOTE),
    row(
        "VUXSARTR",
        "Kommunal vuxenutbildning som särskild utbildning som motsvarar träningsskolan",
        "Municipal adult education as special education equivalent to training school",
    ),
    row(
        "VUXSARGY",
        "Kommunal vuxenutbildning som särskild utbildning på gymnasial nivå",
        "Municipal adult education as special education at upper secondary level",
    )
    .note("Now called anpassad utbildning, see VUXGYAN; SS 12000 keeps this code."),
    row(
        "VUXGYAN",
        "Kommunal vuxenutbildning som anpassad utbildning på gymnasial nivå",
        "Municipal adult education as adapted education at upper secondary level",
    )
    .since(ADAPTED)
    .doubtful(ADAPTED_NOTE),
    row("SFI", "Utbildning i svenska för invandrare", "Swedish for immigrants"),
    row("SARVUX", "Särskild utbildning för vuxna", "Special education for adults"),
    row(
        "SARVUXGR",
        "Särskild utbildning för vuxna på grundläggande nivå",
        "Special education for adults, basic level",
    ),
    row(
        "SARVUXGY",
        "Särskild utbildning för vuxna på gymnasial nivå",
        "Special education for adults, upper secondary level",
    ),
    row("KU", "Kulturskola", "School of arts and culture"),
    row("YH", "Yrkeshögskola", "Higher vocational education"),
    row("FHS", "Folkhögskola", "Folk high school"),
    row("STF", "Studieförbund", "Adult education association"),
    row("KKU", "Konst- och kulturutbildning", "Arts and culture education"),
    row("HS", "Högskola", "Higher education institution"),
    row("ABU", "Arbetsmarknadsutbildning", "Labour market training"),
    row("AU", "Annan undervisning", "Other education"),
];

/// The first day of the list of variables «fr.o.m. jan 2019».
const LISTED: NaiveDate = date(2019, 1, 1);
const LISTED_NOTE: &str = "SCB, variabelförteckning från januari 2019; use before that is not checked.";

const fn listed(code: &'static str, name_sv: &'static str, name_en: &'static str) -> CourseTypeSeed {
    CourseTypeSeed {
        seed: row(code, name_sv, name_en).since(LISTED).note(LISTED_NOTE),
        days: CourseDays { min: None, max: None },
    }
}

impl CourseTypeSeed {
    const fn days(mut self, min: u32, max: Option<u32>) -> Self {
        self.days = CourseDays { min: Some(min), max };
        self
    }

    const fn replaced(mut self, seed: CodeSeed) -> Self {
        self.seed = seed;
        self
    }
}

const fn ended_2017(code: &'static str, name_sv: &'static str, name_en: &'static str) -> CourseTypeSeed {
    let base = listed(code, name_sv, name_en);
    base.replaced(
        row(code, name_sv, name_en)
            .until(date(2017, 12, 31))
            .note("Discontinued in January 2018 according to SCB; the first day is not stated."),
    )
}

const fn in_conflict(code: &'static str, name_sv: &'static str, name_en: &'static str) -> CourseTypeSeed {
    let base = listed(code, name_sv, name_en);
    base.replaced(base.seed.doubtful(
        "Sources conflict: SCB's page says discontinued from the autumn term of 2018, the list from January \
         2019 still shows it.",
    ))
}

/// Course types (kurstyp) of the folk high schools' statistics report to SCB, after the list of
/// variables from January 2019. Code 10 is not used. Where a type states how long its courses are,
/// the bounds are in course days. What a type counts for (state grant, mobility support, student
/// finance) belongs to the dated rule sets of the reports.
pub const COURSE_TYPES: &[CourseTypeSeed] = &[
    listed("1", "Allmän kurs, 15 dagar eller längre", "General course, 15 days or longer").days(15, None),
    listed("2", "Särskild kurs, 15 dagar eller längre", "Special course, 15 days or longer").days(15, None),
    listed("3", "Korta kurser, 1–14 dagar", "Short courses, 1 to 14 days").days(1, Some(14)),
    ended_2017("4", "Extra platser, allmän kurs", "Extra places, general course"),
    listed(
        "7",
        "Uppdrag från Arbetsförmedlingen eller Försäkringskassan",
        "Commissioned by the Public Employment Service or the Social Insurance Agency",
    ),
    listed(
        "8",
        "Uppdrag från landsting, kommun eller Migrationsverket",
        "Commissioned by a region, a municipality or the Migration Agency",
    ),
    listed("9", "Uppdrag, övrigt", "Commissioned, other"),
    listed("11", "Kulturprogram", "Cultural programme"),
    listed("15", "Studiemotiverande folkhögskolekurs, 16–24 år", "Study motivation course, ages 16 to 24"),
    listed(
        "16",
        "Studiemotiverande folkhögskolekurs, 25 år och äldre",
        "Study motivation course, age 25 and over",
    ),
    listed("21", "Etableringskurs", "Introduction course for new arrivals"),
    ended_2017("22", "Extra platser, särskild kurs", "Extra places, special course"),
    listed("23", "Yrkeshögskolekurs", "Higher vocational education course"),
    in_conflict(
        "24",
        "Introduktionsprogram, gymnasieskolan",
        "Introductory programme of upper secondary school",
    ),
    listed("25", "Bristyrkeskurs", "Course for an occupation in shortage"),
    listed("26", "Svenska från dag ett, lång kurs", "Swedish from day one, long course"),
    listed("27", "Svenska från dag ett, kort kurs", "Swedish from day one, short course"),
    in_conflict(
        "28",
        "Svenska för invandrare i egen regi",
        "Swedish for immigrants under the school's own name",
    ),
];

/// The kind of code that is Skolverket's school unit code (skolenhetskod): eight digits.
pub const SCHOOL_UNIT_CODE: &str = "school-unit-code";

/// Kinds of code that a school unit has with others. Only the form of the school unit code is
/// public; the others are kept as text.
pub const SCHOOL_UNIT_CODE_KINDS: &[CodeSeed] = &[
    row(SCHOOL_UNIT_CODE, "Skolenhetskod", "School unit code")
        .note("Eight digits, given by Skolverket's register of school units."),
    row("scb-school-code", "Skolkod hos SCB", "School code with Statistics Sweden")
        .note("Given by SCB to each folk high school. How it is written is not public."),
    row("csn-school-code", "Skolkod hos CSN", "School code with the Board of Student Finance")
        .doubtful("Asked for on CSN's forms. How it is written is not public."),
    row("local-code", "Huvudmannens egen kod", "The organiser's own code"),
];

const OUR_WORDS: &str = "Our own list; no public code list was found.";

/// Who pays for a place. The list is our own: no authority publishes one.
pub const FUNDING_SOURCES: &[CodeSeed] = &[
    row("state-grant", "Statsbidrag", "State grant").doubtful(OUR_WORDS),
    row("municipality", "Kommun", "Municipality").doubtful(OUR_WORDS),
    row("region", "Region", "Region").doubtful(OUR_WORDS),
    row("employment-service", "Arbetsförmedlingen", "Public Employment Service").doubtful(OUR_WORDS),
    row("social-insurance", "Försäkringskassan", "Social Insurance Agency").doubtful(OUR_WORDS),
    row("migration-agency", "Migrationsverket", "Migration Agency").doubtful(OUR_WORDS),
    row("commission", "Annan uppdragsgivare", "Another commissioning body").doubtful(OUR_WORDS),
    row("own-fee", "Egen avgift", "Participant's own fee").doubtful(OUR_WORDS),
    row("other", "Annan finansiering", "Other funding").doubtful(OUR_WORDS),
];

/// Reasons for absence (frånvaroorsaker), as coarse as a school can use them: none says which illness or which visit. No
/// authority has such a list; municipalities keep lists of their own.
pub const ABSENCE_REASONS: &[CodeSeed] = &[
    row("illness", "Sjukdom", "Illness").doubtful(OUR_WORDS),
    row("care-visit", "Läkar- eller tandläkarbesök", "Visit to a doctor or dentist").doubtful(OUR_WORDS),
    row("family", "Familjeskäl", "Family reasons").doubtful(OUR_WORDS),
    row("transport", "Försenad eller inställd resa", "Delayed or cancelled transport").doubtful(OUR_WORDS),
    row("other", "Annan orsak", "Another reason").doubtful(OUR_WORDS),
];

/// Education backgrounds (utbildningsbakgrund) of participants, as the folk high schools' statistics name them. The
/// table joins [`Table`](super::Table) with the migration that fills it.
pub const EDUCATION_BACKGROUNDS: &[CodeSeed] = &[
    row("compulsory-incomplete", "Ej slutförd grundskola", "Compulsory school not completed")
        .doubtful(OUR_CODES),
    row("compulsory", "Med grundskola", "Compulsory school completed").doubtful(OUR_CODES),
    row("upper-secondary-incomplete", "Ej slutfört gymnasium", "Upper secondary school not completed")
        .doubtful(OUR_CODES),
    row("upper-secondary-two-year", "Med tvåårigt gymnasium", "Two-year upper secondary school")
        .doubtful(OUR_CODES),
    row(
        "upper-secondary-three-year",
        "Med treårigt gymnasium eller mer",
        "Three-year upper secondary school or more",
    )
    .doubtful(OUR_CODES),
];

const OUR_CODES: &str = "The five labels are those of Folkbildningsrådet's statistics; the codes are our own: which \
                         codes SCB takes is not public.";

/// The entries of [`EDUCATION_BACKGROUNDS`].
///
/// # Errors
/// As [`CodeSeed::entry`].
pub fn education_backgrounds() -> Result<Vec<CodeEntry>, Refusals> {
    EDUCATION_BACKGROUNDS.iter().map(CodeSeed::entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::code::{Table, find, no_overlapping_entries};

    #[test]
    fn every_built_in_row_passes_the_checks_and_means_one_thing_a_day() {
        for table in Table::ALL {
            let entries: Vec<_> = table.seeds().into_iter().map(|row| row.entry().unwrap()).collect();
            assert!(!entries.is_empty());
            no_overlapping_entries(&entries).unwrap();
            assert_eq!(Table::from_word(table.word()).unwrap(), table);
        }
        assert!(Table::from_word("course").is_err());
    }

    #[test]
    fn education_backgrounds_pass_the_checks_and_are_not_verified() {
        let entries = education_backgrounds().unwrap();
        no_overlapping_entries(&entries).unwrap();
        assert!(entries.len() == 5 && entries.iter().all(|entry| !entry.verified));
    }

    #[test]
    fn what_the_sources_contradict_is_marked() {
        let types = course_types().unwrap();
        let doubtful: Vec<_> =
            types.iter().filter(|row| !row.entry.verified).map(|row| row.entry.code.as_str()).collect();
        assert_eq!(doubtful, ["24", "28"]);
        assert!(types.iter().all(|row| row.entry.code.as_str() != "10"));
    }

    #[test]
    fn a_folk_high_school_finds_its_words() {
        let day = date(2026, 8, 17);
        let types = school_types().unwrap();
        assert_eq!(find(Table::SchoolType, &types, "FHS", day).unwrap().name_sv.as_str(), "Folkhögskola");
        let types = course_types().unwrap();
        let general = find(Table::CourseType, &types, "1", day).unwrap();
        assert!(general.days.admits(175) && !general.days.admits(14));
        let short = find(Table::CourseType, &types, "3", day).unwrap();
        assert!(short.days.admits(14) && !short.days.admits(15) && !short.days.admits(0));
    }
}

//! A code table as the interface shows it.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use skolhus_domain::{
    access::Scope,
    code::{CodeEntry, CourseType, Table},
    terminology::{Term, holds_one_of, names_for},
    text::Text,
};
use skolhus_persistence::DatabaseConnection;
use utoipa::{IntoParams, ToSchema};

use crate::{
    http::{period::PeriodDocument, problem::Problem, words::words},
    terminology::own_terms,
};

/// Which entries.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct EntriesAsked {
    /// Only entries that may be used on this day.
    #[param(example = "2026-09-15")]
    pub valid_on: Option<NaiveDate>,
    /// Only entries whose code or name holds this, or a newer or older word for it: `särskola` finds Anpassad
    /// grundskola too.
    #[param(example = "särskola", max_length = 200)]
    pub search: Option<String>,
}

words! {
    /// The stable word for a code table.
    CodeTableWord("CodeTableName") = Table::ALL.iter().map(|table| table.word()).collect();
}

/// A code table: what short codes mean that others decide, and when each may be used.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CodeTable)]
pub struct CodeTableDocument {
    /// The stable word for the table.
    #[schema(value_type = CodeTableWord, example = "course-type")]
    pub table: String,
    /// Its entries, by code and first day.
    pub entries: Vec<CodeEntryDocument>,
}

/// One meaning of a code, during a period.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CodeEntry)]
pub struct CodeEntryDocument {
    /// The code. It means one thing on any one day.
    #[schema(example = "1")]
    pub code: String,
    /// What it is called in Swedish.
    #[schema(example = "Allmän kurs, 15 dagar eller längre")]
    pub name_sv: String,
    /// What it is called in English.
    #[schema(example = "General course, 15 days or longer")]
    pub name_en: String,
    /// The days on which it may be used.
    pub valid: PeriodDocument,
    /// Whether the entry follows one public source that no other contradicts.
    #[schema(example = true)]
    pub verified: bool,
    /// Where the entry comes from, and what is uncertain about it.
    #[schema(example = "SCB, variabelförteckning från januari 2019; use before that is not checked.")]
    pub note: Option<String>,
    /// Course types only: the fewest course days that a course of the type has.
    #[schema(example = 15, minimum = 0)]
    pub least_course_days: Option<u32>,
    /// Course types only: the most course days that a course of the type has.
    #[schema(example = 14, minimum = 0)]
    pub most_course_days: Option<u32>,
}

impl EntriesAsked {
    /// The names that are searched for, in the organiser's words too; one empty name, which everything holds, where
    /// nothing is.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn names(&self, connection: &mut DatabaseConnection, scope: &Scope) -> Result<Vec<String>, Problem> {
        let Some(search) = self.search.as_deref() else { return Ok(vec![String::new()]) };
        let terms: Vec<Term> = own_terms(connection, scope)?.into_iter().map(|(term, ..)| term).collect();
        Ok(names_for(&terms, search))
    }
}

impl CodeTableDocument {
    /// The document of a table, with the entries that may be used on a day, or all of them, and of these the ones
    /// that hold one of the names; see [`EntriesAsked::names`].
    #[must_use]
    pub fn of(table: Table, entries: Vec<CourseType>, asked: &EntriesAsked, names: &[String]) -> Self {
        let EntriesAsked { valid_on, search: _ } = asked;
        let wanted = |row: &CourseType| {
            let entry = &row.entry;
            valid_on.is_none_or(|day| entry.valid.contains(day))
                && [entry.code.as_str(), entry.name_sv.as_str(), entry.name_en.as_str()]
                    .iter()
                    .any(|text| holds_one_of(text, names))
        };
        Self {
            table: table.word().to_owned(),
            entries: entries.into_iter().filter(wanted).map(CodeEntryDocument::of).collect(),
        }
    }
}

impl CodeEntryDocument {
    fn of(row: CourseType) -> Self {
        let CourseType { entry, days } = row;
        let CodeEntry { code, name_sv, name_en, valid, verified, note } = entry;
        Self {
            code: code.as_str().to_owned(),
            name_sv: name_sv.into_string(),
            name_en: name_en.into_string(),
            valid: PeriodDocument::of(valid),
            verified,
            note: note.map(Text::into_string),
            least_course_days: days.min,
            most_course_days: days.max,
        }
    }
}

//! An organiser's own words for things.

use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::{Map, Value, json};
use skolhus_domain::{
    access::Scope,
    terminology::{Language, Wording, Wordings},
    text::Text,
};

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        record::record,
        tx::Tx,
        types::{Json, Uid},
    },
    schema::terminology_overrides,
};

record! {
    /// A row of own words; it is there once they have been saved, and withdrawn while the shared
    /// words are used.
    pub(crate) struct TerminologyOverrideRow in terminology_overrides as "terminology override" {
        term_key: String,
        wordings: Json,
    }
}

/// An organiser's own words for a term, now or before.
#[derive(Clone, Debug)]
pub struct Override {
    /// The version: 0 if nothing was ever saved.
    pub version: i64,
    /// The words; none while the shared ones are used.
    pub wordings: Option<Wordings>,
    row: Option<TerminologyOverrideRow>,
}

/// The organiser's own words, by the term's key, with those it once had.
///
/// # Errors
/// A failure of the database.
pub fn all(connection: &mut DatabaseConnection, scope: &Scope) -> Result<BTreeMap<String, Override>, Error> {
    let rows: Vec<TerminologyOverrideRow> = terminology_overrides::table
        .filter(terminology_overrides::organiser_id.eq(Uid::of(scope.organiser())))
        .select(TerminologyOverrideRow::as_select())
        .load(connection)?;
    rows.into_iter().map(|row| Ok((row.term_key.clone(), row.into_override()?))).collect()
}

/// The organiser's own words for one term.
///
/// # Errors
/// A failure of the database.
pub fn find(connection: &mut DatabaseConnection, scope: &Scope, key: &str) -> Result<Override, Error> {
    let organiser = Uid::of(scope.organiser());
    let row: Option<TerminologyOverrideRow> = terminology_overrides::table
        .find((organiser, id_of(organiser, key)))
        .select(TerminologyOverrideRow::as_select())
        .first(connection)
        .optional()?;
    row.map_or_else(
        || Ok(Override { version: 0, wordings: None, row: None }),
        TerminologyOverrideRow::into_override,
    )
}

/// Saves own words for a term, or goes back to the shared ones.
///
/// # Errors
/// [`Error::Stale`] when they have changed meanwhile; a failure of the database.
pub fn save(
    tx: &mut Tx<'_>,
    scope: &Scope,
    key: &str,
    before: Override,
    wordings: Option<&Wordings>,
) -> Result<Override, Error> {
    let (organiser, now) = (Uid::of(scope.organiser()), tx.now());
    let saved = match (before.row, wordings) {
        (None, None) => return Ok(Override { version: 0, wordings: None, row: None }),
        (None, Some(wordings)) => {
            let row = TerminologyOverrideRow {
                organiser_id: organiser,
                id: id_of(organiser, key),
                version: 1,
                created_at: now,
                modified_at: now,
                withdrawn_at: None,
                term_key: key.to_owned(),
                wordings: document(wordings),
            };
            // Who saves at the same time comes second.
            tx.insert(std::slice::from_ref(&row))
                .map_err(|error| error.raced("terminology_overrides_pkey"))?;
            row
        }
        (Some(old), wordings) => {
            let new = TerminologyOverrideRow {
                withdrawn_at: match wordings {
                    Some(_) => None,
                    None => old.withdrawn_at.or(Some(now)),
                },
                wordings: wordings.map_or_else(|| old.wordings.clone(), document),
                ..old.clone()
            };
            tx.update(&old, new)?
        }
    };
    saved.into_override()
}

fn id_of(organiser: Uid, key: &str) -> Uid {
    Uid::derived("terminology_overrides", organiser, &[key.as_bytes()])
}

fn document(wordings: &Wordings) -> Json {
    let mut languages = Map::new();
    for (language, Wording { label, plural, aliases }) in wordings {
        let words = json!({
            "label": label.as_str(),
            "plural": plural.as_ref().map(Text::as_str),
            "aliases": aliases.iter().map(Text::as_str).collect::<Vec<_>>(),
        });
        languages.insert(language.tag().to_owned(), words);
    }
    Json(Value::Object(languages))
}

fn read(document: &Value) -> Option<Wordings> {
    let mut wordings = Wordings::new();
    for language in Language::ALL {
        let Some(words) = document.get(language.tag()) else { continue };
        let new = skolhus_domain::terminology::NewWording {
            label: words.get("label")?.as_str()?,
            plural: words.get("plural").and_then(Value::as_str),
            aliases: words.get("aliases")?.as_array()?.iter().map(Value::as_str).collect::<Option<_>>()?,
        };
        wordings.insert(language, new.validate().ok()?);
    }
    Some(wordings)
}

impl TerminologyOverrideRow {
    fn into_override(self) -> Result<Override, Error> {
        let wordings = match self.withdrawn_at {
            Some(_) => None,
            None => Some(read(&self.wordings.0).ok_or_else(|| Error::Inconsistent {
                table: "terminology_overrides",
                id: self.id.0.to_string(),
                detail: "the words cannot be read".to_owned(),
            })?),
        };
        Ok(Override { version: self.version, wordings, row: Some(self) })
    }
}

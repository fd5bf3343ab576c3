//! What was done with a person's records, as the interface shows it.

use serde::Serialize;
use serde_json::{Map, Value};
use skolhus_domain::id::Id;
use skolhus_persistence::change::person_trail::{Details, PersonChange};
use utoipa::ToSchema;
use uuid::Uuid;

use super::change_document::ChangeDocument;
use crate::http::body::camel_case;

/// What was done with a record about a person: who, when, from where and why, and what stood there before and after.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PersonChange)]
pub struct PersonChangeDocument {
    /// Who did what, and when.
    #[serde(flatten)]
    pub change: ChangeDocument,
    /// Who it was, in words: the address of the account or the name of the client. Null for the program itself, and for
    /// somebody whose identity is protected.
    #[schema(required, example = "registrator@exempel.se")]
    pub actor_label: Option<String>,
    /// The person behind the account; null like `actorLabel`, and where the account has none.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000b1")]
    pub actor_person_id: Option<Uuid>,
    /// What they were logged in on, as their program called itself; null where it did not.
    #[schema(required, example = "Firefox på Windows")]
    pub device: Option<String>,
    /// Why, in the words of whoever did it; null where nothing had to be said.
    #[schema(required, example = "Kallelse till antagningssamtal, ärende 2026-114")]
    pub reason: Option<String>,
    /// Whether what it says is still kept: purging leaves who did what and when.
    #[schema(example = true)]
    pub details_kept: bool,
    /// The fields that changed; empty where something was only opened.
    pub fields: Vec<ChangedField>,
}

/// A field before and after.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangedField {
    /// Its name.
    #[schema(example = "familyName")]
    pub name: String,
    /// What stood there, as text; null where nothing did.
    #[schema(required, example = "Öberg")]
    pub before: Option<String>,
    /// What stands there since; null where nothing does. A secret shows a mark that only tells one from another.
    #[schema(required, example = "Öberg-Lind")]
    pub after: Option<String>,
}

impl PersonChangeDocument {
    /// The document.
    #[must_use]
    pub fn of(change: PersonChange) -> Self {
        let PersonChange { fact, details, actor_label, actor_person, device } = change;
        let (details_kept, reason, fields) = match details {
            Some(Details { before, after, reason }) => (true, reason, fields(&before, &after)),
            None => (false, None, Vec::new()),
        };
        Self {
            change: ChangeDocument::of(fact),
            actor_label,
            actor_person_id: actor_person.map(Id::uuid),
            device,
            reason,
            details_kept,
            fields,
        }
    }
}

/// The fields in which the two differ, in the order of the record.
fn fields(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<ChangedField> {
    let only_before = before.keys().filter(|name| !after.contains_key(*name));
    let names = after.keys().chain(only_before);
    let field = |name: &String| ChangedField {
        name: camel_case(name),
        before: before.get(name).and_then(as_text),
        after: after.get(name).and_then(as_text),
    };
    names.map(field).filter(|field| field.before != field.after).collect()
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_shown_and_under_the_interface_s_names() {
        let (before, after) = (
            json!({ "family_name": "Öberg", "is_protected": false, "birth_date": null }),
            json!({ "family_name": "Öberg-Lind", "is_protected": false, "birth_date": "2008-10-10" }),
        );
        let shown = fields(before.as_object().unwrap(), after.as_object().unwrap());
        let field = |name: &str, before: Option<&str>, after: &str| ChangedField {
            name: name.to_owned(),
            before: before.map(str::to_owned),
            after: Some(after.to_owned()),
        };
        let wanted =
            [field("familyName", Some("Öberg"), "Öberg-Lind"), field("birthDate", None, "2008-10-10")];
        assert_eq!(shown, wanted);
    }
}

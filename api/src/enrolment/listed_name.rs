//! A person's name as lists show it.

use serde::Serialize;
use skolhus_domain::{person::PersonName, text::Text};
use utoipa::ToSchema;

/// The name of a person, as lists show it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListedName {
    /// All given names (förnamn).
    #[schema(example = "Åsa Märta")]
    pub given_name: String,
    /// The name the person is called by (tilltalsnamn), where it is told.
    #[schema(required, example = "Märta")]
    pub preferred_given_name: Option<String>,
    /// Family name (efternamn).
    #[schema(example = "Öberg")]
    pub family_name: String,
}

impl ListedName {
    /// The name as lists show it.
    #[must_use]
    pub fn of(name: &PersonName) -> Self {
        Self {
            given_name: name.given().as_str().to_owned(),
            preferred_given_name: name.preferred_given().map(Text::as_str).map(str::to_owned),
            family_name: name.family().as_str().to_owned(),
        }
    }
}

//! Where a fact about a person comes from.

use serde::{Deserialize, Serialize};

/// Who told us. A later fact from the population register outweighs the others.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataSource {
    /// The population register (folkbokföringen, through Navet or SPAR).
    PopulationRegister,
    /// A member of staff entered it.
    Staff,
    /// The person, or a guardian, stated it.
    Person,
    /// Another system delivered it.
    Import,
}

impl DataSource {
    /// Every value, in a fixed order.
    pub const ALL: [Self; 4] = [Self::PopulationRegister, Self::Staff, Self::Person, Self::Import];

    /// The stable code: `population-register`, `staff`, `person` or `import`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::PopulationRegister => "population-register",
            Self::Staff => "staff",
            Self::Person => "person",
            Self::Import => "import",
        }
    }

    /// The value with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|source| source.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_names_one_source_and_is_what_json_says() {
        for source in DataSource::ALL {
            assert_eq!(DataSource::from_code(source.code()), Some(source));
            assert_eq!(serde_json::to_value(source).unwrap(), source.code());
        }
    }
}

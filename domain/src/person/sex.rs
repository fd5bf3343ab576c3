//! A person's legal sex, as the population register and the statistics state it.

use serde::{Deserialize, Serialize};

/// Legal sex. It follows the identity number (folkbokföringslagen 1991:481, 18 §:
/// the birth number is odd for men and even for women), or is stated for those without one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sex {
    /// Woman (kvinna).
    Woman,
    /// Man.
    Man,
    /// Not stated.
    #[default]
    NotStated,
}

impl Sex {
    /// Every value, in a fixed order.
    pub const ALL: [Self; 3] = [Self::Woman, Self::Man, Self::NotStated];

    /// The stable code: `woman`, `man` or `not-stated`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Woman => "woman",
            Self::Man => "man",
            Self::NotStated => "not-stated",
        }
    }

    /// The value with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sex| sex.code() == code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_names_one_sex_and_is_what_json_says() {
        for sex in Sex::ALL {
            assert_eq!(Sex::from_code(sex.code()), Some(sex));
            assert_eq!(serde_json::to_value(sex).unwrap(), sex.code());
        }
        assert_eq!(Sex::from_code("kvinna"), None);
    }
}

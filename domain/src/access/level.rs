//! How surely we know who is calling.

use serde::{Deserialize, Serialize};

/// The level of a login. Three classes of function need three levels: pedagogy,
/// pedagogical administration, and the exercise of authority (protected identity,
/// grades, admission decisions).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Something known or remembered, such as an app that stays logged in; a code in a text message, which whoever
    /// has the phone or takes over its number reads.
    Basic,
    /// A fresh login with a password, or a client's secret.
    Substantial,
    /// An e-identification or two factors.
    High,
}

impl Level {
    /// All levels, lowest first.
    pub const ALL: [Self; 3] = [Self::Basic, Self::Substantial, Self::High];

    /// 1 to 3, as written on the command line.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Basic => 1,
            Self::Substantial => 2,
            Self::High => 3,
        }
    }

    /// The level with this number, if there is one.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.number() == number)
    }

    /// The `acr` value in tokens and in step-up challenges (RFC 9470).
    #[must_use]
    pub fn acr(self) -> &'static str {
        match self {
            Self::Basic => "urn:skolhus:level:basic",
            Self::Substantial => "urn:skolhus:level:substantial",
            Self::High => "urn:skolhus:level:high",
        }
    }

    /// The level an `acr` value names.
    #[must_use]
    pub fn from_acr(acr: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.acr() == acr)
    }
}

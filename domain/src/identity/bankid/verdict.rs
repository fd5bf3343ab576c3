//! Whom a completed order lets in.

use serde::{Deserialize, Serialize};

/// How likely BankID finds it that somebody is being deceived.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// Low.
    Low,
    /// Moderate.
    Moderate,
    /// High.
    High,
}

impl Risk {
    /// Every one, lowest first.
    pub const ALL: [Self; 3] = [Self::Low, Self::Moderate, Self::High];

    /// The word, as BankID says it and as it stands in rows.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Moderate => "moderate",
            Self::High => "high",
        }
    }

    /// The risk of that word. BankID may leave it out.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|risk| risk.code() == code)
    }
}

/// What follows from a completed order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict<T> {
    /// The risk is higher than is taken here.
    RiskTooHigh,
    /// Nobody.
    NoAccount,
    /// This one.
    LogIn(T),
    /// The person chooses among these, two at the least.
    Choose(Vec<T>),
}

/// Whom a completed order lets in, of the accounts in use of persons who hold the number. The risk is looked at first, so that
/// the answer to a risky login tells nothing of who has an account.
#[must_use]
pub fn verdict<T>(risk: Option<Risk>, high_is_refused: bool, mut accounts: Vec<T>) -> Verdict<T> {
    if high_is_refused && risk == Some(Risk::High) {
        return Verdict::RiskTooHigh;
    }
    match accounts.pop() {
        None => Verdict::NoAccount,
        Some(only) if accounts.is_empty() => Verdict::LogIn(only),
        Some(last) => {
            accounts.push(last);
            Verdict::Choose(accounts)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn one_is_let_in_and_several_are_asked(
            accounts in prop::collection::vec(0..100_u8, 0..6),
            risk in prop::option::of(prop::sample::select(Risk::ALL.to_vec())),
            refused in any::<bool>(),
        ) {
            let expected = match accounts.as_slice() {
                _ if refused && risk == Some(Risk::High) => Verdict::RiskTooHigh,
                [] => Verdict::NoAccount,
                [only] => Verdict::LogIn(*only),
                _ => Verdict::Choose(accounts.clone()),
            };
            prop_assert_eq!(verdict(risk, refused, accounts), expected);
        }
    }

    #[test]
    fn risks_are_read_as_bankid_writes_them() {
        for risk in Risk::ALL {
            assert_eq!(Risk::from_code(risk.code()), Some(risk));
        }
        assert_eq!(Risk::from_code("hög"), None);
    }
}

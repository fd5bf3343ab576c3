//! The states of an order.

/// What may still be done with an order.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum OrderState {
    /// BankID is asked how it goes.
    Pending,
    /// The person is known, has several accounts, and has yet to choose one.
    Choosing,
    /// It has given a session: never another.
    Used,
    /// It has failed or was cancelled.
    Failed,
}

impl OrderState {
    /// Every state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Choosing, Self::Used, Self::Failed];

    /// The code, as in rows.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Choosing => "choosing",
            Self::Used => "used",
            Self::Failed => "failed",
        }
    }

    /// The state with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }

    /// Whether nothing can become of it any more.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Used | Self::Failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_found_by_their_codes() {
        for state in OrderState::ALL {
            assert_eq!(OrderState::from_code(state.code()), Some(state));
        }
        assert_eq!(OrderState::from_code("klar"), None);
        assert_eq!(OrderState::ALL.map(OrderState::is_over), [false, false, true, true]);
    }
}

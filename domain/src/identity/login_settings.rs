//! Which ways in an organiser opens besides passwords and e-identification.

/// What an organiser has decided about logins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LoginSettings {
    /// Whether people may log in with a code in a text message (sms-kod).
    pub sms_codes: bool,
    /// Whether protected persons may, too: the number then goes to whoever carries the message.
    pub sms_codes_for_protected: bool,
}

impl LoginSettings {
    /// What holds until somebody has decided: nothing is open.
    pub const UNLESS_DECIDED: Self = Self { sms_codes: false, sms_codes_for_protected: false };

    /// Whether a person may be sent text messages at all.
    #[must_use]
    pub fn permits_messages(self, is_protected: bool) -> bool {
        !is_protected || self.sms_codes_for_protected
    }

    /// Whether an account may be sent a code to log in with. One with a second factor may not: whoever asked for two
    /// factors is not to be had with one.
    #[must_use]
    pub fn permits_code(self, is_protected: bool, has_second_factor: bool) -> bool {
        self.sms_codes && self.permits_messages(is_protected) && !has_second_factor
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_open_that_nobody_has_opened(protected in any::<bool>(), factor in any::<bool>(), both in any::<bool>()) {
            prop_assert!(!LoginSettings::UNLESS_DECIDED.permits_code(protected, factor));
            let off = LoginSettings { sms_codes: false, sms_codes_for_protected: both };
            prop_assert!(!off.permits_code(protected, factor));
            let on = LoginSettings { sms_codes: true, sms_codes_for_protected: both };
            prop_assert_eq!(on.permits_code(protected, factor), !factor && (both || !protected));
        }
    }
}

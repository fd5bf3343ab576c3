//! Six digits, as people type them.

use crate::refusal::{Refusal, Rule};

/// How many digits there are.
const DIGITS: usize = 6;
/// How many numbers have so many digits.
pub(super) const SIX_DIGIT_NUMBERS: u32 = 1_000_000;

/// The number that six digits say; they are often shown in two groups.
///
/// # Errors
/// [`Rule::Format`].
pub(super) fn six_digits(raw: &str) -> Result<u32, Refusal> {
    let digits: String = raw.chars().filter(|character| *character != ' ').collect();
    let six = digits.len() == DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = if six { digits.parse().ok() } else { None };
    number.ok_or_else(|| Refusal::new(Rule::Format, "a code has six digits, as in 287082"))
}

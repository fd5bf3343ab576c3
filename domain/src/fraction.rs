//! Exact fractions: participant weeks, year places and shares of money are never rounded on the way, so that they add
//! up however they are divided.

use std::num::NonZeroU32;
use std::ops::{Add, Mul, Sub};

use crate::refusal::{Refusal, Rule};

/// An exact number: a numerator over a denominator, in lowest terms, the denominator above zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Fraction {
    numerator: i128,
    denominator: i128,
}

impl Fraction {
    /// Nothing.
    pub const ZERO: Self = Self::whole(0);

    /// A whole number.
    #[must_use]
    pub const fn whole(number: i64) -> Self {
        Self { numerator: number as i128, denominator: 1 }
    }

    /// A numerator over a denominator.
    #[must_use]
    pub fn of(numerator: i64, denominator: NonZeroU32) -> Self {
        Self::whole(numerator).over(denominator)
    }

    /// So many hundredths: a percentage as a share.
    #[must_use]
    pub fn hundredths(percent: i64) -> Self {
        Self::of(percent, HUNDRED)
    }

    /// The number divided by a whole one.
    #[must_use]
    pub fn over(self, divisor: NonZeroU32) -> Self {
        Self::lowest(self.numerator, self.denominator * i128::from(divisor.get()))
    }

    /// The number as it was stored.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] for a denominator that is not above zero.
    pub fn from_parts(numerator: i64, denominator: i64) -> Result<Self, Refusal> {
        if denominator < 1 {
            return Err(Refusal::new(Rule::OutOfRange, "a denominator is at least 1"));
        }
        Ok(Self::lowest(numerator.into(), denominator.into()))
    }

    /// Numerator and denominator in lowest terms, to be stored.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] for a number that does not fit.
    pub fn to_parts(self) -> Result<(i64, i64), Refusal> {
        match (self.numerator.try_into(), self.denominator.try_into()) {
            (Ok(numerator), Ok(denominator)) => Ok((numerator, denominator)),
            _ => Err(Refusal::new(Rule::OutOfRange, "the number is too large to be kept exactly")),
        }
    }

    /// Whether it is nothing.
    #[must_use]
    pub fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// The nearest whole number; a half goes away from zero.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] for a number that does not fit.
    pub fn rounded(self) -> Result<i64, Refusal> {
        self.nearest().try_into().map_err(|_| Refusal::new(Rule::OutOfRange, "the number is too large"))
    }

    /// As people read it, with so many decimals, at most 9; a half goes away from zero. Only for showing: sum first.
    #[must_use]
    pub fn to_decimal(self, places: u8) -> String {
        let scale = 10_i128.pow(u32::from(places.min(9)));
        let scaled = Self::lowest(self.numerator * scale, self.denominator).nearest();
        let sign = if scaled < 0 { "-" } else { "" };
        let (whole, decimals) = (scaled.abs() / scale, scaled.abs() % scale);
        if places == 0 {
            format!("{sign}{whole}")
        } else {
            format!("{sign}{whole}.{decimals:0width$}", width = usize::from(places.min(9)))
        }
    }

    fn nearest(self) -> i128 {
        let doubled = 2 * self.numerator.abs() + self.denominator;
        self.numerator.signum() * (doubled / (2 * self.denominator))
    }

    /// In lowest terms; the denominator is above zero.
    fn lowest(numerator: i128, denominator: i128) -> Self {
        let divisor = common_divisor(numerator, denominator);
        Self { numerator: numerator / divisor, denominator: denominator / divisor }
    }
}

/// The greatest common divisor; the second number is above zero, and so is the answer.
fn common_divisor(one: i128, other: i128) -> i128 {
    let (mut one, mut other) = (one.abs(), other);
    while one != 0 {
        (one, other) = (other % one, one);
    }
    other
}

impl Default for Fraction {
    fn default() -> Self {
        Self::ZERO
    }
}

impl Add for Fraction {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let divisor = common_divisor(self.denominator, other.denominator);
        let (mine, theirs) = (other.denominator / divisor, self.denominator / divisor);
        Self::lowest(self.numerator * mine + other.numerator * theirs, self.denominator * mine)
    }
}

impl Sub for Fraction {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + Self { numerator: -other.numerator, ..other }
    }
}

impl Mul for Fraction {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        Self::lowest(self.numerator * other.numerator, self.denominator * other.denominator)
    }
}

impl std::iter::Sum for Fraction {
    fn sum<I: Iterator<Item = Self>>(numbers: I) -> Self {
        numbers.fold(Self::ZERO, Add::add)
    }
}

impl Ord for Fraction {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.numerator * other.denominator).cmp(&(other.numerator * self.denominator))
    }
}

impl PartialOrd for Fraction {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Exactly, as `84/5` or `17`.
impl std::fmt::Display for Fraction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.denominator == 1 {
            self.numerator.fmt(f)
        } else {
            write!(f, "{}/{}", self.numerator, self.denominator)
        }
    }
}

/// A whole percentage, 0 to 100.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Percent(u8);

impl Percent {
    /// So many percent.
    ///
    /// # Errors
    /// [`Rule::OutOfRange`] outside 0 to 100.
    pub fn new(percent: i32) -> Result<Self, Refusal> {
        match u8::try_from(percent) {
            Ok(value @ 0..=100) => Ok(Self(value)),
            _ => Err(Refusal::new(Rule::OutOfRange, "is 0 to 100 percent")),
        }
    }

    /// The number.
    #[must_use]
    pub fn percent(self) -> u8 {
        self.0
    }

    /// The share of the whole that it is.
    #[must_use]
    pub fn share(self) -> Fraction {
        Fraction::hundredths(self.0.into())
    }
}

const HUNDRED: NonZeroU32 = match NonZeroU32::new(100) {
    Some(hundred) => hundred,
    None => NonZeroU32::MIN,
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(numerator: i64, denominator: u32) -> Fraction {
        Fraction::of(numerator, NonZeroU32::new(denominator).unwrap())
    }

    fn fractions() -> impl Strategy<Value = Fraction> {
        (-1_000_000..1_000_000i64, 1..100_000u32)
            .prop_map(|(numerator, denominator)| of(numerator, denominator))
    }

    #[test]
    fn numbers_are_written_and_rounded_as_people_do() {
        assert_eq!(of(84, 5).to_string(), "84/5");
        assert_eq!(of(85, 5).to_string(), "17");
        let decimals: Vec<_> = [of(84, 5), of(1, 8), of(-1, 8), of(2, 3)]
            .map(|number| number.to_decimal(2))
            .into_iter()
            .chain([of(5, 2).to_decimal(0), of(-5, 2).to_decimal(0)])
            .collect();
        assert_eq!(decimals, ["16.80", "0.13", "-0.13", "0.67", "3", "-3"]);
        assert_eq!(of(-7, 2).rounded(), Ok(-4));
        assert_eq!(Fraction::from_parts(1, 0).unwrap_err().rule, Rule::OutOfRange);
        assert_eq!(Percent::new(101).unwrap_err().rule, Rule::OutOfRange);
        assert_eq!(Percent::new(75).unwrap().share(), of(3, 4));
    }

    proptest! {
        #[test]
        fn they_add_and_multiply_exactly(a in fractions(), b in fractions(), c in fractions()) {
            prop_assert_eq!((a + b) + c, c + (b + a));
            prop_assert_eq!((a + b) * c, a * c + b * c);
            prop_assert_eq!(a + b - b, a);
            prop_assert_eq!(a < b, a - b < Fraction::ZERO);
            let (numerator, denominator) = a.to_parts().unwrap();
            prop_assert_eq!(Fraction::from_parts(numerator, denominator).unwrap(), a);
        }

        #[test]
        fn rounding_is_off_by_half_at_most(a in fractions()) {
            let off = a - Fraction::whole(a.rounded().unwrap());
            prop_assert!(off <= of(1, 2) && off >= of(-1, 2));
        }
    }
}

//! Numbers that a rule may hold, each within its limits from the moment it is made.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A finite number that is not negative.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Amount(f64);

/// How sure a verdict must be: more than 0 and less than 1.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Confidence(f64);

/// Why a number is none of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAllowed(&'static str);

impl Amount {
    pub const ZERO: Amount = Amount(0.0);
    pub(super) const QUARTER: Amount = Amount(0.25);
    pub(super) const HALF: Amount = Amount(0.5);
    pub(super) const ONE: Amount = Amount(1.0);
    pub(super) const THREE: Amount = Amount(3.0);

    pub fn get(self) -> f64 {
        self.0
    }
}

impl Confidence {
    pub(super) const USUAL: Confidence = Confidence(0.98);

    pub fn get(self) -> f64 {
        self.0
    }

    /// Returns how likely chance alone may call a side high, and how likely low.
    pub(super) fn chance_each_side(self) -> f64 {
        (1.0 - self.0) / 2.0
    }
}

impl TryFrom<f64> for Amount {
    type Error = NotAllowed;

    fn try_from(number: f64) -> Result<Amount, NotAllowed> {
        let is_amount = number.is_finite() && number >= 0.0;
        if is_amount { Ok(Amount(number)) } else { Err(NotAllowed("it must be zero or more")) }
    }
}

impl TryFrom<f64> for Confidence {
    type Error = NotAllowed;

    fn try_from(number: f64) -> Result<Confidence, NotAllowed> {
        // Beyond this the arithmetic could not tell it from certainty.
        let is_share = number > 0.0 && number <= 1.0 - 1e-9;
        if is_share { Ok(Confidence(number)) } else { Err(NotAllowed("it must be more than 0 and less than 1")) }
    }
}

impl From<Amount> for f64 {
    fn from(amount: Amount) -> f64 {
        amount.0
    }
}

impl From<Confidence> for f64 {
    fn from(confidence: Confidence) -> f64 {
        confidence.0
    }
}

impl fmt::Display for NotAllowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NotAllowed {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_number_of_its_kind_is_refused() {
        for wrong in [f64::NAN, f64::INFINITY, -0.1] {
            assert!(Amount::try_from(wrong).is_err(), "{wrong}");
            assert!(Confidence::try_from(wrong).is_err(), "{wrong}");
        }
        for wrong in [0.0, 1.0, 98.0] {
            assert!(Confidence::try_from(wrong).is_err(), "{wrong}");
        }
        assert_eq!(Amount::try_from(0.0).map(Amount::get), Ok(0.0));
        assert_eq!(Confidence::try_from(0.98), Ok(Confidence::USUAL));
    }
}

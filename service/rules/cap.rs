//! Arithmetic caps: at most, or at least, so much of one option for each of another.

use super::Values;
use crate::catalogue::amount::Measure;
use crate::catalogue::{Catalogue, Fault, Key, Kind, Opt, Value, unknown};
use crate::trims::Statement;

/// `cores <= 16 * gpus`. Whole numbers only: nothing is rounded the wrong way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cap {
    /// The right side.
    pub of: Key,
    /// How much of the left side's smallest unit…
    pub factor: i64,
    /// … for so many of the right side's.
    pub per: i64,
    /// `<=`; else `>=`.
    pub at_most: bool,
}

impl Cap {
    /// Reads a cap; returns the option it limits as well.
    ///
    /// # Errors
    /// The fault, at `at`, that says what would be right.
    pub(super) fn read(text: &str, at: &str, catalogue: &Catalogue) -> Result<(Key, Self), Fault> {
        let fault = |why: String| Fault::new(at, "cap", why).with_value(text);
        let sides = [("<=", true), (">=", false)]
            .into_iter()
            .find_map(|(sign, at_most)| text.split_once(sign).map(|(left, right)| (left, right, at_most)));
        let Some((left, right, at_most)) = sides else {
            return Err(fault("write it like “cores <= 16 * gpus” or “memory >= 1GB * cores”".to_owned()));
        };
        let option = |name: &str| {
            let key = Key::try_from(name).map_err(|refused| fault(refused.to_string()))?;
            let known = catalogue.options.keys();
            catalogue.options.get(&key).ok_or_else(|| unknown(at, "option", &key, known))
        };
        let left = option(left.trim())?;
        let parts: Vec<&str> = right.split('*').map(str::trim).collect();
        let (factor, of) = match parts[..] {
            [of] => (None, option(of)?),
            [one, other] => match catalogue.options.contains_key(one) {
                true => (Some(other), option(one)?),
                false => (Some(one), option(other)?),
            },
            _ => return Err(fault("multiply one option by one number".to_owned())),
        };
        let (measure, counted) = (measure_of(left), measure_of(of));
        let (Some(measure), Some(counted)) = (measure, counted) else {
            let odd = if measure.is_none() { left } else { of };
            return Err(fault(format!("“{}” is no number", odd.key)));
        };
        // Of the same measure the factor is a plain number: `memory <= 2 * swap`.
        let unit = if counted == measure { Measure::Integer } else { measure };
        if !matches!(counted, Measure::Integer | Measure::Decimal) && counted != measure {
            return Err(fault(format!("“{}” is neither a count nor of the kind of “{}”", of.key, left.key)));
        }
        let factor = match factor {
            Some(factor) => unit.parse(factor).map_err(|refused| fault(format!("“{factor}”: {refused}")))?,
            None if unit == Measure::Integer => 1,
            None => return Err(fault(format!("say how much “{}” for each of “{}”", left.key, of.key))),
        };
        let per = if counted == Measure::Decimal && measure != Measure::Decimal { 1_000_000 } else { 1 };
        Ok((left.key.clone(), Self { of: of.key.clone(), factor, per, at_most }))
    }

    /// The bound it sets for `values`; none where the right side has no value.
    pub fn statement(&self, values: &Values) -> Option<Statement> {
        let Value::Amount(amount) = values.get(&self.of)? else { return None };
        let bound = self.bound(*amount);
        Some(match self.at_most {
            true => Statement::Bounds { min: None, max: Some(bound) },
            false => Statement::Bounds { min: Some(bound), max: None },
        })
    }

    /// What `amount` of the right side allows of the left: rounded so that it never allows more.
    pub fn bound(&self, amount: i64) -> i64 {
        let (product, per) = (i128::from(self.factor) * i128::from(amount), i128::from(self.per));
        let whole = if self.at_most { product.div_euclid(per) } else { -(-product).div_euclid(per) };
        // Beyond what an option can hold, more is as good as the most.
        i64::try_from(whole).unwrap_or(if whole < 0 { i64::MIN } else { i64::MAX })
    }
}

fn measure_of(opt: &Opt) -> Option<Measure> {
    match opt.kind {
        Kind::Amount { measure, .. } => Some(measure),
        _ => None,
    }
}

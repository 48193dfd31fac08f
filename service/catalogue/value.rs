//! The value of one option, checked against its type.

use serde_json::Value as Json;

use super::amount::Measure;
use super::pattern::Pattern;

/// What an option can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// One of a few, in the site's order: value and label.
    Choice(Vec<Choice>),
    /// A number of something, from `min` to `max` in steps counted from `min`.
    Amount {
        measure: Measure,
        unit: Option<String>,
        min: i64,
        max: i64,
        step: i64,
    },
    Flag,
    /// Text that matches the whole pattern.
    Text {
        pattern: Pattern,
        longest: usize,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub label: String,
}

/// A value of the right type; whether it is allowed is asked of [`super::Allowed`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    Text(String),
    Amount(i64),
    Flag(bool),
}

impl Kind {
    /// Reads a value as JSON or as a form posts it (always text).
    ///
    /// # Errors
    /// A sentence that says how to write it.
    pub fn read(&self, json: &Json) -> Result<Value, String> {
        match (self, json) {
            (Self::Choice(_), Json::String(text)) => Ok(Value::Text(text.clone())),
            (Self::Choice(_), Json::Number(number)) => Ok(Value::Text(number.to_string())),
            (Self::Choice(_), _) => Err("choose one of the values offered".to_owned()),
            (Self::Amount { measure, .. }, Json::String(text)) => {
                measure.parse(text).map(Value::Amount).map_err(|refused| refused.to_string())
            }
            (Self::Amount { measure, .. }, Json::Number(number)) => {
                measure.parse_number(number).map(Value::Amount).map_err(|refused| refused.to_string())
            }
            (Self::Amount { measure, .. }, _) => Err(match measure {
                Measure::Integer | Measure::Decimal => "write a number".to_owned(),
                Measure::Duration => "write a time, for example 8h".to_owned(),
                Measure::Memory => "write a size, for example 64GB".to_owned(),
            }),
            (Self::Flag, Json::Bool(on)) => Ok(Value::Flag(*on)),
            (Self::Flag, Json::String(text)) if text == "true" => Ok(Value::Flag(true)),
            (Self::Flag, Json::String(text)) if text == "false" => Ok(Value::Flag(false)),
            (Self::Flag, _) => Err("write true or false".to_owned()),
            (Self::Text { .. }, Json::String(text)) => Ok(Value::Text(text.clone())),
            (Self::Text { .. }, _) => Err("write a text".to_owned()),
        }
    }

    /// The value as the API and the database write it: counts as numbers, the rest as words.
    pub fn json(&self, value: &Value) -> Json {
        match (self, value) {
            (Self::Amount { measure: Measure::Integer, .. }, Value::Amount(count)) => Json::from(*count),
            (_, Value::Flag(on)) => Json::from(*on),
            _ => Json::from(self.word(value)),
        }
    }

    /// The value as a form posts it and a template inserts it.
    pub fn word(&self, value: &Value) -> String {
        match (self, value) {
            (Self::Amount { measure, .. }, Value::Amount(amount)) => measure.word(*amount),
            (_, Value::Amount(amount)) => amount.to_string(),
            (_, Value::Flag(on)) => on.to_string(),
            (_, Value::Text(text)) => text.clone(),
        }
    }

    /// The value for people: the choice's label, the amount with its unit.
    pub fn label(&self, value: &Value) -> String {
        match (self, value) {
            (Self::Choice(choices), Value::Text(text)) => choices
                .iter()
                .find(|choice| choice.value == *text)
                .map_or_else(|| text.clone(), |choice| choice.label.clone()),
            (Self::Amount { measure, unit, .. }, Value::Amount(amount)) => match unit {
                // One core, two cores: a plural loses its s.
                Some(unit) if measure.label(*amount) == "1" => {
                    format!("1 {}", unit.strip_suffix('s').unwrap_or(unit))
                }
                Some(unit) => format!("{} {unit}", measure.label(*amount)),
                None => measure.label(*amount),
            },
            (Self::Flag, Value::Flag(on)) => if *on { "yes" } else { "no" }.to_owned(),
            _ => self.word(value),
        }
    }
}

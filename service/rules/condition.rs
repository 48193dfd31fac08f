//! Conditions: what the value of an option must be for a rule to say something.

use serde_json::Value as Json;

use super::Values;
use crate::catalogue::fault::below;
use crate::catalogue::{Allowed, Fault, Key, Kind, Opt, Value};
use crate::trims::Statement;
use crate::trims::written::{read_bounds, read_list};

/// What one option must hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    pub option: Key,
    pub test: Test,
}

/// A test of one value.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// It is one of these; of a multi: one of its items is.
    OneOf(Vec<Value>),
    /// It is none of these; of a multi: none of its items is.
    NoneOf(Vec<Value>),
    /// An amount within these bounds, both included.
    Between { min: Option<i64>, max: Option<i64> },
}

impl Test {
    /// What would be left of an option of one value if it had to hold.
    pub(super) fn statement(&self) -> Statement {
        match self {
            Self::OneOf(values) => Statement::Only(values.clone()),
            Self::NoneOf(values) => Statement::Except(values.clone()),
            Self::Between { min, max } => Statement::Bounds { min: *min, max: *max },
        }
    }
}

impl Condition {
    /// Reads `partition: gpu`, `partition: [gpu, fat]`, `cores: {min: 8}` or `partition: {not: gpu}`.
    ///
    /// # Errors
    /// The fault, at its place.
    pub(super) fn read(opt: &Opt, at: &str, json: &Json) -> Result<Self, Fault> {
        let test = match json {
            Json::Object(map) => {
                let odd = map.keys().find(|key| !matches!(key.as_str(), "min" | "max" | "not"));
                match (odd, map.get("not")) {
                    (Some(odd), _) => {
                        let why =
                            format!("“{odd}” is not understood here; write a value, a list, min, max or not");
                        return Err(Fault::new(below(at, odd), "unknown-member", why));
                    }
                    (None, Some(_)) if map.len() > 1 => {
                        return Err(Fault::new(at, "contradiction", "write either not, or min and max"));
                    }
                    (None, Some(not)) => Test::NoneOf(listed(opt, &below(at, "not"), not)?),
                    (None, None) if map.is_empty() => {
                        return Err(Fault::new(at, "empty", "write a value, a list, min, max or not"));
                    }
                    (None, None) => match read_bounds(opt, at, map.get("min"), map.get("max"))? {
                        Statement::Bounds { min, max } => Test::Between { min, max },
                        _ => Test::Between { min: None, max: None },
                    },
                }
            }
            json => Test::OneOf(listed(opt, at, json)?),
        };
        Ok(Self { option: opt.key.clone(), test })
    }

    /// Whether it holds; an option without a value fulfils nothing.
    pub fn holds(&self, values: &Values) -> bool {
        let Some(value) = values.get(&self.option) else { return false };
        match (&self.test, value) {
            (Test::OneOf(wanted), value) => is_one_of(wanted, value),
            (Test::NoneOf(unwanted), value) => !is_one_of(unwanted, value),
            (Test::Between { min, max }, Value::Amount(amount)) => {
                min.is_none_or(|min| *amount >= min) && max.is_none_or(|max| *amount <= max)
            }
            (Test::Between { .. }, _) => false,
        }
    }

    /// Whether any value of `allowed` fulfils it.
    pub fn can_hold(&self, kind: &Kind, allowed: &Allowed) -> bool {
        match &self.test {
            Test::OneOf(wanted) => match (allowed, kind) {
                (Allowed::Subset { .. }, _) => {
                    allowed.only(kind, wanted).is_some_and(|left| left.count() > 0)
                }
                _ => wanted.iter().any(|value| allowed.contains(kind, value)),
            },
            Test::NoneOf(unwanted) => allowed.except(kind, unwanted).is_some(),
            Test::Between { min, max } => allowed.within(*min, *max).is_some(),
        }
    }
}

fn is_one_of(wanted: &[Value], value: &Value) -> bool {
    match value {
        Value::List(items) => items
            .iter()
            .any(|item| wanted.iter().any(|list| matches!(list, Value::List(names) if names.contains(item)))),
        value => wanted.contains(value),
    }
}

fn listed(opt: &Opt, at: &str, json: &Json) -> Result<Vec<Value>, Fault> {
    match json {
        Json::Array(list) => read_list(opt, at, list),
        one => read_list(opt, at, std::slice::from_ref(one))
            .map_err(|fault| Fault { pointer: at.to_owned(), ..fault }),
    }
}

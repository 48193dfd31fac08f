//! The value of one option, checked against its type.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value as Json;

use super::Key;
use super::amount::Measure;
use super::pattern::Pattern;

/// The text of a value: copies share it.
pub type SharedText = Arc<str>;

/// What an option can hold.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// One of a few, in the site's order.
    Choice(Vec<Choice>),
    /// Any number of a few, always in the site's order.
    Several(Several),
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
        /// Whether it stands in a job script, where it has to stay one word.
        in_script: bool,
    },
}

/// What may be chosen, and how much of it at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Several {
    pub choices: Vec<Choice>,
    /// How many at most.
    pub most: usize,
    /// Environment modules: what one needs is loaded before it, and some cannot be loaded together.
    pub modules: bool,
}

/// One of the values of a choice, a multi or a list of modules.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    pub value: SharedText,
    pub label: String,
    pub help: Option<String>,
    /// Only people in one of these groups may choose it; empty: everybody.
    pub groups: Vec<Key>,
    /// What it was called before: saved values of that name mean this one.
    pub was: Vec<SharedText>,
    /// Means that nothing is chosen: not enough where the option is required.
    pub nothing: bool,
    /// Modules that are loaded before this one.
    pub needs: Vec<SharedText>,
    /// Modules that cannot be loaded beside this one.
    pub conflicts: Vec<SharedText>,
}

/// A value of the right type; whether it is allowed is asked of [`super::Allowed`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Value {
    Text(SharedText),
    Amount(i64),
    Flag(bool),
    /// Of a multi or of modules: in the site's order, each once.
    List(Arc<[SharedText]>),
}

impl Kind {
    /// Reads a value as JSON or as a form posts it (text, or a list of texts). What a choice was called before
    /// is read as what it is called now.
    ///
    /// # Errors
    /// A sentence that says how to write it.
    pub fn read(&self, json: &Json) -> Result<Value, String> {
        match (self, json) {
            (Self::Choice(choices), Json::String(text)) => Ok(Value::Text(today(choices, text))),
            (Self::Choice(_), Json::Number(number)) => Ok(Value::Text(number.to_string().into())),
            (Self::Choice(_), _) => Err("choose one of the values offered".to_owned()),
            (Self::Several(several), Json::Array(items)) => several.read(items),
            (Self::Several(_), Json::String(text)) if text.is_empty() => Ok(Value::List(Arc::default())),
            (Self::Several(several), Json::String(_)) => several.read(std::slice::from_ref(json)),
            (Self::Several(_), _) => Err("write a list of the values offered".to_owned()),
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
            (Self::Text { .. }, Json::String(text)) => Ok(Value::Text(text.as_str().into())),
            (Self::Text { .. }, _) => Err("write a text".to_owned()),
        }
    }

    /// The value as the API and the database write it: counts as numbers, lists as lists, the rest as words.
    pub fn json(&self, value: &Value) -> Json {
        match (self, value) {
            (Self::Amount { measure: Measure::Integer, .. }, Value::Amount(count)) => Json::from(*count),
            (_, Value::Flag(on)) => Json::from(*on),
            (_, Value::List(items)) => items.iter().map(|item| Json::from(&**item)).collect(),
            _ => Json::from(self.word(value)),
        }
    }

    /// The value as a form posts it and a template inserts it.
    pub fn word(&self, value: &Value) -> String {
        match (self, value) {
            (Self::Amount { measure, .. }, Value::Amount(amount)) => measure.word(*amount),
            (_, Value::Amount(amount)) => amount.to_string(),
            (_, Value::Flag(on)) => on.to_string(),
            (_, Value::Text(text)) => text.to_string(),
            (_, Value::List(items)) => items.join(" "),
        }
    }

    /// The value for people: the choice's label, the amount with its unit.
    pub fn label<'v>(&'v self, value: &'v Value) -> Cow<'v, str> {
        let words = match (self, value) {
            (Self::Choice(_), Value::Text(text)) => return Cow::Borrowed(self.item_label(text)),
            (Self::Text { .. }, Value::Text(text)) => return Cow::Borrowed(text),
            (Self::Several(_), Value::List(items)) if items.is_empty() => return Cow::Borrowed("nothing"),
            (Self::Flag, Value::Flag(on)) => return Cow::Borrowed(if *on { "yes" } else { "no" }),
            (Self::Several(_), Value::List(items)) => {
                let labels: Vec<&str> = items.iter().map(|item| self.item_label(item)).collect();
                labels.join(", ")
            }
            (Self::Amount { .. }, Value::Amount(amount)) => self.amount_label(*amount),
            _ => self.word(value),
        };
        Cow::Owned(words)
    }

    /// An amount for people, with its unit.
    pub fn amount_label(&self, amount: i64) -> String {
        let Self::Amount { measure, unit, .. } = self else { return amount.to_string() };
        let (label, Some(unit)) = (measure.label(amount), unit) else { return measure.label(amount) };
        // One core, two cores: a plural loses its s.
        let unit = if label == "1" { unit.strip_suffix('s').unwrap_or(unit) } else { unit };
        format!("{label} {unit}")
    }

    /// What people call `item`, one of the values to choose from.
    pub fn item_label<'v>(&'v self, item: &'v str) -> &'v str {
        let choice = self.choices().iter().find(|choice| *choice.value == *item);
        choice.map_or(item, |choice| &choice.label)
    }

    /// What the site file calls it.
    pub fn type_word(&self) -> &'static str {
        match self {
            Self::Choice(_) => "choice",
            Self::Several(Several { modules: true, .. }) => "modules",
            Self::Several(_) => "multi",
            Self::Amount { measure: Measure::Integer, .. } => "integer",
            Self::Amount { measure: Measure::Decimal, .. } => "decimal",
            Self::Amount { measure: Measure::Duration, .. } => "duration",
            Self::Amount { measure: Measure::Memory, .. } => "memory",
            Self::Flag => "boolean",
            Self::Text { .. } => "text",
        }
    }

    /// What a number counts.
    pub fn unit(&self) -> Option<&str> {
        match self {
            Self::Amount { unit, .. } => unit.as_deref(),
            _ => None,
        }
    }

    /// One of the values to choose from, by itself.
    pub fn item(&self, value: &SharedText) -> Value {
        match self {
            Self::Several(_) => Value::List([value.clone()].into()),
            _ => Value::Text(value.clone()),
        }
    }

    /// The values to choose from, where they are listed.
    pub fn choices(&self) -> &[Choice] {
        match self {
            Self::Choice(choices) | Self::Several(Several { choices, .. }) => choices,
            Self::Amount { .. } | Self::Flag | Self::Text { .. } => &[],
        }
    }
}

impl Several {
    fn read(&self, items: &[Json]) -> Result<Value, String> {
        // The empty text is what a form posts so that a list without a choice is posted at all.
        let named: Option<Vec<&str>> = items.iter().map(Json::as_str).collect();
        let named =
            named.ok_or("write a list of the values offered")?.into_iter().filter(|item| !item.is_empty());
        let mut items: Vec<SharedText> = named.map(|item| today(&self.choices, item)).collect();
        let place = |item: &SharedText| self.choices.iter().position(|choice| choice.value == *item);
        items.sort_by_cached_key(|item| (place(item).unwrap_or(usize::MAX), item.clone()));
        if items.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err("name each value once".to_owned());
        }
        Ok(Value::List(items.into()))
    }

    /// Two that cannot be loaded together, among `items` and what they need.
    pub fn clash(&self, items: &[SharedText]) -> Option<(&str, &str)> {
        let all = self.in_order(items);
        self.choices.iter().filter(|choice| all.contains(&&*choice.value)).find_map(|choice| {
            let other = choice.conflicts.iter().find(|other| all.contains(&&***other))?;
            Some((&*choice.value, &**other))
        })
    }

    /// `items` and what they need, each after what it needs and once; otherwise in the site's order.
    pub fn in_order(&self, items: &[SharedText]) -> Vec<&str> {
        let mut ordered = Vec::new();
        for choice in self.choices.iter().filter(|choice| items.contains(&choice.value)) {
            self.load(choice, &mut ordered);
        }
        ordered
    }

    fn load<'a>(&'a self, choice: &'a Choice, loaded: &mut Vec<&'a str>) {
        if loaded.contains(&&*choice.value) {
            return;
        }
        // A checked catalogue has no ring of needs.
        for needed in self.choices.iter().filter(|other| choice.needs.contains(&other.value)) {
            self.load(needed, loaded);
        }
        loaded.push(&choice.value);
    }
}

/// What `value` is called today.
fn today(choices: &[Choice], value: &str) -> SharedText {
    let renamed = |choice: &&Choice| choice.was.iter().any(|was| **was == *value);
    // What is offered wins over what was: a name may come back.
    let offered = choices.iter().find(|choice| *choice.value == *value);
    offered
        .or_else(|| choices.iter().find(renamed))
        .map_or_else(|| value.into(), |choice| choice.value.clone())
}

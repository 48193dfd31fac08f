//! A set of values in words for people, and in JSON for programs.

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use super::Allowed;
use crate::catalogue::value::{Kind, Value};

impl Allowed {
    /// The set in words, to follow “choose”: `between 1 and 32 cores`, `AMD Rome or NVIDIA A100`.
    pub fn describe(&self, kind: &Kind) -> String {
        match self {
            Self::OneOf(values) => either(values.iter().map(|value| kind.label(value))),
            Self::Between { min, max, .. } if min == max => kind.amount_label(*min),
            Self::Between { min, max, .. } => {
                let most = kind.amount_label(*max);
                match kind {
                    Kind::Amount { unit: Some(_), measure, .. } => {
                        format!("between {} and {most}", measure.label(*min))
                    }
                    _ => format!("between {} and {most}", kind.amount_label(*min)),
                }
            }
            Self::Matching { filled } => match kind {
                Kind::Text { pattern, longest, in_script } => {
                    let some = if *filled { "1 to" } else { "at most" };
                    let word = if *in_script { ", in one word without quotes and the like" } else { "" };
                    format!("a text of {some} {longest} characters that matches {}{word}", pattern.as_str())
                }
                _ => "a text".to_owned(),
            },
            Self::Subset { of, least, most } => {
                let labels = of.iter().map(|item| Cow::Borrowed(kind.item_label(item)));
                let how_many = match (least, most) {
                    (0, most) if *most >= of.len() => "any of".to_owned(),
                    (0, most) => format!("at most {most} of"),
                    (least, most) if *most >= of.len() => format!("at least {least} of"),
                    (least, most) => format!("{least} to {most} of"),
                };
                if of.is_empty() { "nothing".to_owned() } else { format!("{how_many} {}", either(labels)) }
            }
        }
    }

    /// The set for programs: `{"min":…,"max":…,"step":…}`, a list of values, a pattern, or
    /// `{"items":[…],"min_items":…,"max_items":…}`.
    pub fn json(&self, kind: &Kind) -> Json {
        match self {
            Self::OneOf(values) => values.iter().map(|value| kind.json(value)).collect(),
            Self::Between { min, max, step, .. } => {
                let [min, max, step] = [min, max, step].map(|amount| kind.json(&Value::Amount(*amount)));
                json!({ "min": min, "max": max, "step": step })
            }
            Self::Matching { filled } => match kind {
                Kind::Text { pattern, longest, .. } => {
                    let mut set = json!({ "pattern": pattern.as_str(), "max_length": longest });
                    if *filled {
                        set["min_length"] = json!(1);
                    }
                    set
                }
                _ => Json::Null,
            },
            Self::Subset { of, least, most } => json!({ "items": of, "min_items": least, "max_items": most }),
        }
    }
}

/// `A, B or C`.
fn either<'a>(labels: impl ExactSizeIterator<Item = Cow<'a, str>>) -> String {
    if labels.len() == 0 {
        return "nothing".to_owned();
    }
    let last = labels.len() - 1;
    let mut words = String::with_capacity(64);
    for (n, label) in labels.enumerate() {
        words.push_str(match n {
            0 => "",
            n if n == last => " or ",
            _ => ", ",
        });
        words.push_str(&label);
    }
    words
}

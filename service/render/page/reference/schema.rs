//! JSON Schema as a reader of the reference sees it: a type in words, its limits, its fields.

use serde_json::Value as Json;

use super::prose::{Prose, prose};
use super::{list, members, text};

/// A type in words, with the name of a type of ours where it has one.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// `list of `, where a name follows.
    pub before: String,
    /// Named in the chapter of types.
    pub name: Option<String>,
    /// ` or null`
    pub after: String,
}

/// A field of an object, or a parameter.
pub struct Field {
    pub name: String,
    pub required: bool,
    pub kind: Kind,
    /// `1 to 64 characters`
    pub limits: String,
    pub about: Prose,
}

impl Field {
    /// Of a property's schema, or of a parameter, whose schema is below it.
    pub fn of(name: &str, given: &Json, required: bool) -> Self {
        let schema = given.get("schema").unwrap_or(given);
        let about = [given, schema, &schema["oneOf"][0], &schema["oneOf"][1]]
            .into_iter()
            .find_map(|place| place["description"].as_str())
            .unwrap_or_default();
        Self {
            name: name.to_owned(),
            required,
            kind: type_of(schema),
            limits: limits_of(schema),
            about: prose(about),
        }
    }
}

/// The fields of an object, those of its parts included.
pub fn fields_of(schema: &Json) -> Vec<Field> {
    let required = |name: &str| list(&schema["required"]).any(|one| one == name);
    let own = members(&schema["properties"]).map(|(name, given)| Field::of(name, given, required(name)));
    own.chain(list(&schema["allOf"]).flat_map(fields_of)).collect()
}

/// What a schema says, in words.
pub fn type_of(schema: &Json) -> Kind {
    let plain = |words: &str| Kind { before: words.to_owned(), name: None, after: String::new() };
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().map(str::to_owned);
        return Kind { before: String::new(), name, after: String::new() };
    }
    let parts = ["oneOf", "anyOf", "allOf"].iter().find_map(|key| schema[key].as_array());
    if let Some(parts) = parts {
        let (nothing, rest): (Vec<&Json>, Vec<&Json>) = parts.iter().partition(|one| one["type"] == "null");
        let named = rest.iter().find(|one| one.get("$ref").is_some());
        let mut kind = match (named, rest.as_slice()) {
            (Some(one), _) => type_of(one),
            (None, [one]) => type_of(one),
            (None, rest) => plain(&rest.iter().map(|one| words_of(one)).collect::<Vec<_>>().join(" or ")),
        };
        if !nothing.is_empty() {
            kind.after += " or null";
        }
        return kind;
    }
    if schema["type"] == "array" {
        let item = type_of(&schema["items"]);
        return Kind { before: format!("list of {}", item.before), ..item };
    }
    plain(&words_of(schema))
}

fn words_of(schema: &Json) -> String {
    let mut words: Vec<String> =
        list(&schema["enum"]).map(|word| format!("\u{201c}{}\u{201d}", text(word))).collect();
    if words.is_empty() {
        words = match &schema["type"] {
            Json::Array(kinds) => kinds.iter().map(text).collect(),
            Json::String(kind) => vec![kind.clone()],
            _ => vec!["any JSON".to_owned()],
        };
    }
    words.join(" or ")
}

fn limits_of(schema: &Json) -> String {
    let range = |least: &str, most: &str, unit: &str| {
        let (least, most) = (&schema[least], &schema[most]);
        match (least.is_number(), most.is_number()) {
            (true, true) => Some(format!("{least} to {most}{unit}")),
            (true, false) => Some(format!("at least {least}{unit}")),
            (false, true) => Some(format!("at most {most}{unit}")),
            (false, false) => None,
        }
    };
    let pattern = schema["pattern"].as_str().map(|pattern| format!("like {pattern}"));
    let default = schema.get("default").map(|default| format!("{default} if left out"));
    let limits = [
        range("minimum", "maximum", ""),
        range("minLength", "maxLength", " characters"),
        range("minItems", "maxItems", " entries"),
        pattern,
        default,
    ];
    limits.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

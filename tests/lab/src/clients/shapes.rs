//! The description read for a generator: named types, and operations with what they take and answer.

use std::collections::BTreeSet;

use serde_json::Value;

/// What a value looks like.
pub enum Shape {
    Any,
    Null,
    Text,
    Whole,
    Number,
    Truth,
    /// One of these words.
    Words(Vec<String>),
    List(Box<Shape>),
    /// Any names, to values of one shape.
    Map(Box<Shape>),
    Fields(Vec<Field>),
    Named(String),
    OneOf(Vec<Shape>),
    AllOf(Vec<Shape>),
}

/// A member of an object.
pub struct Field {
    pub name: String,
    pub about: String,
    pub required: bool,
    pub shape: Shape,
}

/// A type with a name.
pub struct Named {
    pub name: String,
    pub about: String,
    pub shape: Shape,
}

/// Where a parameter goes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Path,
    Query,
    Header,
}

pub struct Parameter {
    pub name: String,
    pub place: Place,
    pub required: bool,
    pub shape: Shape,
}

pub struct Operation {
    pub name: String,
    pub about: String,
    pub method: String,
    pub path: String,
    pub parameters: Vec<Parameter>,
    pub body: Option<Shape>,
    pub answer: Shape,
}

pub struct Api {
    pub types: Vec<Named>,
    pub operations: Vec<Operation>,
}

/// Reads a description. What it does not know becomes [`Shape::Any`].
pub fn read(document: &Value) -> Api {
    let schemas = document["components"]["schemas"].as_object();
    let types = schemas.into_iter().flatten().map(|(name, schema)| Named {
        name: name.clone(),
        about: text(&schema["description"]),
        shape: shape(schema),
    });
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().into_iter().flatten() {
        for (method, given) in item.as_object().into_iter().flatten() {
            operations.push(operation(path, method, given));
        }
    }
    Api { types: types.collect(), operations }
}

fn operation(path: &str, method: &str, given: &Value) -> Operation {
    let parameters = given["parameters"].as_array().into_iter().flatten().filter_map(|one| {
        let place = match one["in"].as_str()? {
            "path" => Place::Path,
            "query" => Place::Query,
            "header" => Place::Header,
            _ => return None,
        };
        let required = one["required"] == true;
        Some(Parameter { name: text(&one["name"]), place, required, shape: shape(&one["schema"]) })
    });
    let body = given.get("requestBody").map(|body| shape(&body["content"]["application/json"]["schema"]));
    Operation {
        name: text(&given["operationId"]),
        about: text(&given["summary"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        parameters: parameters.collect(),
        body,
        answer: answer(&given["responses"]),
    }
}

/// The shape of the first success; null without content.
fn answer(responses: &Value) -> Shape {
    let mut successes =
        responses.as_object().into_iter().flatten().filter(|(status, _)| status.starts_with('2'));
    let Some((_, success)) = successes.next() else { return Shape::Null };
    match success["content"].as_object() {
        None => Shape::Null,
        Some(content) => content.get("application/json").map_or(Shape::Text, |json| shape(&json["schema"])),
    }
}

fn shape(schema: &Value) -> Shape {
    if let Some(name) = schema["$ref"].as_str() {
        return Shape::Named(name.rsplit('/').next().unwrap_or(name).to_owned());
    }
    for (key, make) in
        [("oneOf", Shape::OneOf as fn(_) -> _), ("anyOf", Shape::OneOf), ("allOf", Shape::AllOf)]
    {
        if let Some(parts) = schema[key].as_array() {
            return make(parts.iter().map(shape).collect());
        }
    }
    if let Some(words) = schema["enum"].as_array() {
        return Shape::Words(words.iter().map(text).collect());
    }
    match &schema["type"] {
        Value::Array(kinds) => Shape::OneOf(kinds.iter().map(|kind| of_kind(&text(kind), schema)).collect()),
        Value::String(kind) => of_kind(kind, schema),
        _ => Shape::Any,
    }
}

fn of_kind(kind: &str, schema: &Value) -> Shape {
    match kind {
        "null" => Shape::Null,
        "string" => Shape::Text,
        "integer" => Shape::Whole,
        "number" => Shape::Number,
        "boolean" => Shape::Truth,
        "array" => Shape::List(Box::new(shape(&schema["items"]))),
        "object" => match (schema["properties"].as_object(), &schema["additionalProperties"]) {
            (Some(properties), _) => {
                let required: BTreeSet<&str> =
                    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
                let field = |(name, property): (&String, &Value)| Field {
                    name: name.clone(),
                    about: text(&property["description"]),
                    required: required.contains(name.as_str()),
                    shape: shape(property),
                };
                Shape::Fields(properties.iter().map(field).collect())
            }
            (None, values @ Value::Object(_)) => Shape::Map(Box::new(shape(values))),
            (None, _) => Shape::Map(Box::new(Shape::Any)),
        },
        _ => Shape::Any,
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

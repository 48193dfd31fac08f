//! Types in TypeScript: one for each schema, and what each operation takes and answers.

use super::shapes::{Api, Field, Operation, Parameter, Place, Shape};

const HEAD: &str = "\
// What the service's API takes and answers. Written by `cargo lab clients` from openapi/openapi.json: not by hand.

";

pub fn module(api: &Api) -> String {
    let mut text = HEAD.to_owned();
    for named in &api.types {
        text += &comment(&named.about, "");
        text += &format!("export type {} = {};\n\n", named.name, type_of(&named.shape, ""));
    }
    text += "/** Each operation by its name. */\nexport interface Operations {\n";
    for operation in &api.operations {
        text += &comment(&operation.about, "  ");
        text += &format!("  {}: {};\n", operation.name, operation_type(operation));
    }
    text + "}\n"
}

fn operation_type(operation: &Operation) -> String {
    let mut parts = vec![format!("method: {:?}", operation.method), format!("path: {:?}", operation.path)];
    for (name, place) in [("parameters", Place::Path), ("query", Place::Query), ("headers", Place::Header)] {
        let fields: Vec<String> =
            operation.parameters.iter().filter(|one| one.place == place).map(parameter).collect();
        if !fields.is_empty() {
            parts.push(format!("{name}: {{ {} }}", fields.join("; ")));
        }
    }
    if let Some(body) = &operation.body {
        parts.push(format!("body: {}", type_of(body, "  ")));
    }
    parts.push(format!("answer: {}", type_of(&operation.answer, "  ")));
    format!("{{\n    {};\n  }}", parts.join(";\n    "))
}

fn parameter(parameter: &Parameter) -> String {
    let mark = if parameter.required { "" } else { "?" };
    format!("{}{mark}: {}", key(&parameter.name), type_of(&parameter.shape, "  "))
}

fn type_of(shape: &Shape, indent: &str) -> String {
    let joined = |parts: &[Shape], with: &str| {
        let mut types: Vec<String> = parts.iter().map(|part| type_of(part, indent)).collect();
        types.dedup();
        types.join(with)
    };
    match shape {
        Shape::Any => "unknown".to_owned(),
        Shape::Null => "null".to_owned(),
        Shape::Text => "string".to_owned(),
        Shape::Whole | Shape::Number => "number".to_owned(),
        Shape::Truth => "boolean".to_owned(),
        Shape::Words(words) => words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(" | "),
        Shape::List(item) => format!("Array<{}>", type_of(item, indent)),
        Shape::Map(value) => format!("Record<string, {}>", type_of(value, indent)),
        Shape::Named(name) => name.clone(),
        Shape::OneOf(parts) => joined(parts, " | "),
        Shape::AllOf(parts) => joined(parts, " & "),
        Shape::Fields(fields) => {
            let inner = format!("{indent}  ");
            let fields: String = fields.iter().map(|one| field(one, &inner)).collect();
            format!("{{\n{fields}{indent}}}")
        }
    }
}

fn field(field: &Field, indent: &str) -> String {
    let mark = if field.required { "" } else { "?" };
    let about = comment(&field.about, indent);
    format!("{about}{indent}{}{mark}: {};\n", key(&field.name), type_of(&field.shape, indent))
}

fn key(name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { name.to_owned() } else { format!("{name:?}") }
}

fn comment(about: &str, indent: &str) -> String {
    let text = about.replace("*/", "* /").split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { text } else { format!("{indent}/** {text} */\n") }
}

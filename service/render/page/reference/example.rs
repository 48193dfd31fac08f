//! An example of each operation: a command to try it with, and a body made of its schema.

use serde_json::{Map, Value as Json, json};

use super::{list, members, text};

/// Deep enough for every body of ours; a type that holds itself ends here.
const DEPTH: u8 = 5;

/// The operation as `curl` calls it, with the hub's address and a token in the shell.
pub fn curl(document: &Json, method: &str, path: &str, given: &Json) -> String {
    let mut command = String::from("curl");
    if method != "GET" {
        command += &format!(" -X {method}");
    }
    command += &format!(" \"$HUB{path}\"");
    if let Some(requirement) = list(&given["security"]).next() {
        let secret =
            if requirement.get("hub").is_some() { "PRESETS_HUB_SECRET" } else { "JUPYTERHUB_API_TOKEN" };
        command += &format!(" \\\n  -H \"Authorization: Bearer ${secret}\"");
    }
    for header in list(&given["parameters"]).filter(|one| one["in"] == "header" && one["required"] == true) {
        command +=
            &format!(" \\\n  -H '{}: {}'", text(&header["name"]), plain(&example(document, header, DEPTH)));
    }
    if let Some(body) = given["requestBody"]["content"]["application/json"].get("schema") {
        let body = serde_json::to_string_pretty(&example(document, body, DEPTH)).unwrap_or_default();
        let body = body.replace('\'', "'\\''");
        command += &format!(" \\\n  -H 'Content-Type: application/json' \\\n  -d '{body}'");
    }
    command
}

fn plain(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A value that fits: the schema's own example, or the least one of its type.
fn example(document: &Json, schema: &Json, depth: u8) -> Json {
    let given = schema.get("example").or_else(|| schema["examples"].get(0)).or_else(|| schema.get("default"));
    if let Some(given) = given {
        return given.clone();
    }
    if depth == 0 {
        return Json::Null;
    }
    if let Some(inner) = schema.get("schema") {
        return example(document, inner, depth);
    }
    if let Some(name) = schema["$ref"].as_str().and_then(|name| name.rsplit('/').next()) {
        return example(document, &document["components"]["schemas"][name], depth - 1);
    }
    if let Some(first) = ["oneOf", "anyOf"].iter().find_map(|key| schema[key].get(0)) {
        return example(document, first, depth - 1);
    }
    if let Some(word) = schema["enum"].get(0) {
        return word.clone();
    }
    let kind = schema["type"].get(0).unwrap_or(&schema["type"]).as_str();
    match kind {
        Some("object") => {
            let required = |name: &str| list(&schema["required"]).any(|one| one == name);
            let fields = members(&schema["properties"]).filter(|(name, _)| required(name));
            let fields: Map<String, Json> =
                fields.map(|(name, field)| (name.clone(), example(document, field, depth - 1))).collect();
            Json::Object(fields)
        }
        Some("array") => json!([]),
        Some("integer" | "number") => {
            schema.get("maximum").or(schema.get("minimum")).cloned().unwrap_or(json!(1))
        }
        Some("boolean") => json!(true),
        Some("string") => json!("…"),
        _ => json!({}),
    }
}

//! The reference of the API: one page made of its description, that needs no script and nobody else's server.

mod example;
mod prose;
mod schema;

use askama::Template;
use serde_json::Value as Json;

use super::{Here, Shell, ShellView};
use prose::{Prose, prose};
use schema::{Field, fields_of, type_of};

#[derive(Template)]
#[template(path = "pages/reference.html", config = "frontend/askama.toml")]
struct Reference<'a> {
    shell: ShellView<'a>,
    title: String,
    version: String,
    about: Vec<Prose>,
    /// Where the description itself is served.
    description: String,
    schemes: Vec<(String, Prose)>,
    chapters: Vec<Chapter>,
    types: Vec<Type>,
}

/// The operations of one tag.
struct Chapter {
    name: String,
    about: Prose,
    operations: Vec<Operation>,
}

struct Operation {
    name: String,
    method: String,
    path: String,
    summary: Prose,
    about: Prose,
    /// One line for each way to be let in; none where anybody is.
    ways_in: Vec<Prose>,
    parameters: Vec<Parameter>,
    body: Option<schema::Kind>,
    answers: Vec<Answer>,
    curl: String,
}

struct Parameter {
    place: String,
    field: Field,
}

struct Answer {
    status: String,
    about: Prose,
    kind: Option<schema::Kind>,
    headers: Vec<(String, Prose)>,
}

/// A named shape.
struct Type {
    name: String,
    about: Prose,
    kind: schema::Kind,
    fields: Vec<Field>,
}

/// The page for an OpenAPI document.
pub fn reference(document: &Json, shell: &Shell) -> String {
    let prefix = shell.prefix.as_str();
    let root = prefix.trim_end_matches('/');
    let operations = all_operations(document, root);
    let chapters = list(&document["tags"]).filter_map(|tag| {
        let name = text(&tag["name"]);
        let of_tag = operations.iter().filter(|(of, _)| *of == name);
        let operations: Vec<Operation> = of_tag.map(|(_, make)| make()).collect();
        let about = prose(&text(&tag["description"]));
        (!operations.is_empty()).then_some(Chapter { name, about, operations })
    });
    let components = &document["components"];
    let schemes = members(&components["securitySchemes"]);
    let types = members(&components["schemas"]).map(|(name, schema)| Type {
        name: name.clone(),
        about: prose(&text(&schema["description"])),
        kind: type_of(schema),
        fields: fields_of(schema),
    });
    let page = Reference {
        shell: ShellView::of(shell, Here::Elsewhere),
        title: text(&document["info"]["title"]),
        version: text(&document["info"]["version"]),
        about: text(&document["info"]["description"]).split("\n\n").map(prose).collect(),
        description: format!("{prefix}api/v1/openapi.json"),
        schemes: schemes.map(|(name, scheme)| (name.clone(), prose(&text(&scheme["description"])))).collect(),
        chapters: chapters.collect(),
        types: types.collect(),
    };
    // Rendering into a String fails only where a `Display` of ours would.
    page.render().unwrap_or_default()
}

/// Each operation with its tag, to be made when its chapter comes.
fn all_operations<'a>(document: &'a Json, root: &'a str) -> Vec<(String, Box<dyn Fn() -> Operation + 'a>)> {
    let mut all: Vec<(String, Box<dyn Fn() -> Operation>)> = Vec::new();
    for (path, item) in members(&document["paths"]) {
        for (method, given) in members(item) {
            let make = move || operation(document, &format!("{root}{path}"), method, given);
            all.push((text(&given["tags"][0]), Box::new(make)));
        }
    }
    all
}

fn operation(document: &Json, path: &str, method: &str, given: &Json) -> Operation {
    let method = method.to_uppercase();
    let body = given["requestBody"]["content"]["application/json"].get("schema");
    let parameters = list(&given["parameters"]).map(|parameter| Parameter {
        place: text(&parameter["in"]),
        field: Field::of(&text(&parameter["name"]), parameter, parameter["required"] == true),
    });
    Operation {
        name: text(&given["operationId"]),
        curl: example::curl(document, &method, path, given),
        summary: prose(&text(&given["summary"])),
        about: prose(&text(&given["description"])),
        ways_in: list(&given["security"]).map(way_in).collect(),
        parameters: parameters.collect(),
        body: body.map(type_of),
        answers: members(&given["responses"]).map(|(status, response)| answer(status, response)).collect(),
        path: path.to_owned(),
        method,
    }
}

/// `token` with `custom:presets:read`; or `session` and `csrf`.
fn way_in(requirement: &Json) -> Prose {
    let schemes: Vec<String> = members(requirement)
        .map(|(scheme, scopes)| {
            let scopes: Vec<String> = list(scopes).map(|scope| format!("`{}`", text(scope))).collect();
            match scopes.as_slice() {
                [] => format!("`{scheme}`"),
                scopes => format!("`{scheme}` with {}", scopes.join(" or ")),
            }
        })
        .collect();
    prose(&schemes.join(" and "))
}

fn answer(status: &str, response: &Json) -> Answer {
    let schema = members(&response["content"]).next().and_then(|(_, content)| content.get("schema"));
    Answer {
        status: status.to_owned(),
        about: prose(&text(&response["description"])),
        kind: schema.map(type_of),
        headers: members(&response["headers"])
            .map(|(name, header)| (name.clone(), prose(&text(&header["description"]))))
            .collect(),
    }
}

fn text(value: &Json) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn members(value: &Json) -> impl Iterator<Item = (&String, &Json)> {
    value.as_object().into_iter().flatten()
}

//! A Python module: a `TypedDict` for each schema, and a function for each operation that makes its call.

use super::shapes::{Api, Field, Named, Operation, Parameter, Place, Shape};

const HEAD: &str = r#""""What the service's API takes and answers: types, and one function for each operation that makes its call.

Written by `cargo lab clients` from openapi/openapi.json: not by hand. A call does nothing by itself; `Session.send`
of `jupyterhub_presets.session` sends it, and so does the plugin's own client.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Dict, Generic, List, Literal, Optional, TypedDict, TypeVar, Union
from urllib.parse import quote

Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Call(Generic[Answer]):
    """A request to the service, below its prefix; `Answer` is the type of what it answers."""

    method: str
    path: str
    query: Dict[str, Any] = field(default_factory=dict)
    headers: Dict[str, str] = field(default_factory=dict)
    body: Any = None


def _given(**values: Any) -> Dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


"#;

/// The words of Python that name nothing else.
#[rustfmt::skip]
const RESERVED: [&str; 32] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not",
    "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

pub fn module(api: &Api) -> String {
    let mut text = HEAD.to_owned();
    let (objects, others): (Vec<&Named>, Vec<&Named>) =
        api.types.iter().partition(|named| matches!(named.shape, Shape::Fields(_)));
    for named in objects {
        if let Shape::Fields(fields) = &named.shape {
            text += &typed_dict(named, fields);
        }
    }
    for named in others {
        text += &comment(&named.about, "");
        text += &format!("{} = {}\n", named.name, type_of(&named.shape, true));
    }
    for operation in &api.operations {
        text += &format!("\n\n{}", function(operation));
    }
    text
}

/// In two steps where a field may be missing: `NotRequired` came with Python 3.11. What is a word of Python
/// names no attribute: those fields stand in a type of their own, which is made by a call.
fn typed_dict(named: &Named, fields: &[Field]) -> String {
    let (reserved, plain): (Vec<&Field>, Vec<&Field>) =
        fields.iter().partition(|field| RESERVED.contains(&field.name.as_str()));
    let (required, others): (Vec<&Field>, Vec<&Field>) = plain.iter().partition(|field| field.required);
    let lines = |fields: &[&Field]| {
        let lines: String = fields
            .iter()
            .map(|one| {
                format!("{}    {}: {}\n", comment(&one.about, "    "), one.name, type_of(&one.shape, false))
            })
            .collect();
        if lines.is_empty() { "    pass\n".to_owned() } else { lines }
    };
    let name = &named.name;
    let about = docstring(&named.about);
    let pairs: Vec<String> =
        reserved.iter().map(|one| format!("{:?}: {:?}", one.name, type_of(&one.shape, false))).collect();
    let total = if reserved.iter().all(|one| one.required) { "" } else { ", total=False" };
    let (base, words) = match pairs.is_empty() {
        true => ("TypedDict".to_owned(), String::new()),
        false => {
            let base = format!("_{name}Words");
            let words = format!("{base} = TypedDict({base:?}, {{{}}}{total})\n\n\n", pairs.join(", "));
            (base, words)
        }
    };
    let class = match (required.is_empty(), others.is_empty()) {
        (_, true) => format!("class {name}({base}):\n{about}{}\n\n", lines(&required)),
        (true, false) => format!("class {name}({base}, total=False):\n{about}{}\n\n", lines(&others)),
        (false, false) => format!(
            "class _{name}({base}):\n{}\n\nclass {name}(_{name}, total=False):\n{about}{}\n\n",
            lines(&required),
            lines(&others)
        ),
    };
    words + &class
}

fn function(operation: &Operation) -> String {
    let of = |place| operation.parameters.iter().filter(move |one| one.place == place);
    let mut takes: Vec<String> = of(Place::Path).map(|one| format!("{}: str", name(&one.name))).collect();
    if let Some(body) = &operation.body {
        takes.push(format!("body: {}", type_of(body, false)));
    }
    let mut keywords: Vec<&Parameter> = of(Place::Query).chain(of(Place::Header)).collect();
    keywords.sort_by_key(|one| !one.required);
    if !keywords.is_empty() {
        takes.push("*".to_owned());
    }
    takes.extend(keywords.iter().map(|one| {
        let kind = type_of(&one.shape, false);
        match (one.required, kind.starts_with("Optional")) {
            (true, _) => format!("{}: {kind}", name(&one.name)),
            (false, true) => format!("{}: {kind} = None", name(&one.name)),
            (false, false) => format!("{}: Optional[{kind}] = None", name(&one.name)),
        }
    }));
    let mut gives = vec![format!("{:?}", operation.method), path(&operation.path)];
    for (what, place) in [("query", Place::Query), ("headers", Place::Header)] {
        let pairs: Vec<String> =
            of(place).map(|one| format!("{:?}: {}", one.name, name(&one.name))).collect();
        if !pairs.is_empty() {
            gives.push(format!("{what}=_given(**{{{}}})", pairs.join(", ")));
        }
    }
    if operation.body.is_some() {
        gives.push("body=body".to_owned());
    }
    format!(
        "def {}({}) -> Call[{}]:\n{}    return Call({})\n",
        name(&operation.name),
        takes.join(", "),
        type_of(&operation.answer, false),
        docstring(&operation.about).trim_end_matches('\n').to_owned() + "\n",
        gives.join(", ")
    )
}

/// The path with what was given for its parameters, as one segment each.
fn path(pattern: &str) -> String {
    if !pattern.contains('{') {
        return format!("{pattern:?}");
    }
    let parts =
        pattern.split('/').map(|part| match part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(parameter) => format!("{{quote({}, safe='')}}", name(parameter)),
            None => part.to_owned(),
        });
    format!("f\"{}\"", parts.collect::<Vec<_>>().join("/"))
}

/// The type as Python writes it; `early` where it is read before all types are there.
fn type_of(shape: &Shape, early: bool) -> String {
    match shape {
        Shape::Any | Shape::AllOf(_) => "Any".to_owned(),
        Shape::Null => "None".to_owned(),
        Shape::Text => "str".to_owned(),
        Shape::Whole => "int".to_owned(),
        Shape::Number => "float".to_owned(),
        Shape::Truth => "bool".to_owned(),
        Shape::Words(words) => {
            format!(
                "Literal[{}]",
                words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ")
            )
        }
        Shape::List(item) => format!("List[{}]", type_of(item, early)),
        Shape::Map(value) => format!("Dict[str, {}]", type_of(value, early)),
        Shape::Fields(_) => "Dict[str, Any]".to_owned(),
        Shape::Named(name) if early => format!("{name:?}"),
        Shape::Named(name) => name.clone(),
        Shape::OneOf(parts) => {
            let mut types: Vec<String> = parts
                .iter()
                .filter(|part| !matches!(part, Shape::Null))
                .map(|part| type_of(part, early))
                .collect();
            types.dedup();
            let types =
                if types.len() == 1 { types.remove(0) } else { format!("Union[{}]", types.join(", ")) };
            if parts.iter().any(|part| matches!(part, Shape::Null)) {
                format!("Optional[{types}]")
            } else {
                types
            }
        }
    }
}

/// A name Python accepts: `If-Match` is `if_match`, `from` is `from_`.
fn name(given: &str) -> String {
    let plain = given.to_lowercase().replace('-', "_");
    if RESERVED.contains(&plain.as_str()) || plain == "list" { plain + "_" } else { plain }
}

fn docstring(about: &str) -> String {
    if about.is_empty() { String::new() } else { format!("    \"\"\"{}\"\"\"\n\n", one_line(about)) }
}

fn comment(about: &str, indent: &str) -> String {
    if about.is_empty() { String::new() } else { format!("{indent}# {}\n", one_line(about)) }
}

fn one_line(about: &str) -> String {
    about.replace('\\', "").replace('"', "'").split_whitespace().collect::<Vec<_>>().join(" ")
}

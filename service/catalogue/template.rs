//! From option values to what a spawner reads: `"{cores}"`, `"gpu:{gpus}"`, `{nvidia.com/gpu: "{gpus}"}`.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::amount::Measure;
use super::value::{Kind, Value};
use super::{Key, Opt};

/// A trait's value with places to fill in. Values go in once; what they bring is never read again.
#[derive(Debug, Clone, PartialEq)]
pub enum Template {
    /// Nothing to fill in; kept as it was written, numbers and lists included.
    Literal(Json),
    /// One place and nothing else: keeps its type, so that `"{cores}"` is a number.
    Single(Place),
    Text(Vec<Piece>),
    /// With places somewhere inside.
    List(Vec<Self>),
    Map(Vec<(String, Self)>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    Place(Place),
}

/// `{key}` or `{key:form}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub option: Key,
    pub form: Form,
}

/// How a value is written for a spawner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A number where the option is one (seconds, bytes), else its word.
    Native,
    /// The word, always as text.
    Text,
    /// The label people see.
    Label,
    /// `a,b` and `a:b`, of several.
    Commas,
    Colons,
    /// `module load a b`, each after what it needs; nothing where none is chosen.
    Load,
    /// Whole seconds, minutes or hours; what does not divide is rounded down, never up.
    Seconds,
    Minutes,
    Hours,
    /// `days-hours:minutes:seconds`, as `sbatch(1)` `--time` reads it.
    Slurm,
    Bytes,
    Kib,
    Mib,
    Gib,
}

const FORMS: [(&str, Form, Of); 13] = [
    ("text", Form::Text, Of::Everything),
    ("label", Form::Label, Of::Everything),
    ("commas", Form::Commas, Of::Several),
    ("colons", Form::Colons, Of::Several),
    ("load", Form::Load, Of::Modules),
    ("seconds", Form::Seconds, Of::Measured(Measure::Duration)),
    ("minutes", Form::Minutes, Of::Measured(Measure::Duration)),
    ("hours", Form::Hours, Of::Measured(Measure::Duration)),
    ("slurm", Form::Slurm, Of::Measured(Measure::Duration)),
    ("bytes", Form::Bytes, Of::Measured(Measure::Memory)),
    ("KiB", Form::Kib, Of::Measured(Measure::Memory)),
    ("MiB", Form::Mib, Of::Measured(Measure::Memory)),
    ("GiB", Form::Gib, Of::Measured(Measure::Memory)),
];

/// What can be written in a form.
#[derive(Clone, Copy)]
enum Of {
    Everything,
    Several,
    Modules,
    Measured(Measure),
}

impl Of {
    fn fits(self, kind: &Kind) -> bool {
        match self {
            Self::Everything => true,
            Self::Several => matches!(kind, Kind::Several(_)),
            Self::Modules => matches!(kind, Kind::Several(several) if several.modules),
            Self::Measured(wanted) => matches!(kind, Kind::Amount { measure, .. } if *measure == wanted),
        }
    }
}

impl Template {
    /// Reads a template; `{{` and `}}` are braces that mean themselves.
    ///
    /// # Errors
    /// A sentence that names the unknown option or form and the allowed ones.
    pub fn read(written: &Json, options: &BTreeMap<Key, Opt>) -> Result<Self, String> {
        let text = match written {
            Json::String(text) => text,
            Json::Array(items) => {
                return items
                    .iter()
                    .map(|item| Self::read(item, options))
                    .collect::<Result<_, _>>()
                    .map(Self::List);
            }
            Json::Object(map) => {
                let member = |(name, item): (&String, &Json)| Ok((name.clone(), Self::read(item, options)?));
                return map.iter().map(member).collect::<Result<_, _>>().map(Self::Map);
            }
            Json::Null | Json::Bool(_) | Json::Number(_) => return Ok(Self::Literal(written.clone())),
        };
        let pieces = pieces(text, options)?;
        Ok(match pieces.as_slice() {
            [Piece::Place(place)] => Self::Single(place.clone()),
            _ if pieces.iter().any(|piece| matches!(piece, Piece::Place(_))) => Self::Text(pieces),
            _ => Self::Literal(Json::from(text_of(&pieces))),
        })
    }

    /// The options this template cannot be filled without.
    pub fn options(&self) -> Vec<&Key> {
        match self {
            Self::Literal(_) => vec![],
            Self::Single(place) => vec![&place.option],
            Self::Text(pieces) => pieces
                .iter()
                .filter_map(|piece| if let Piece::Place(place) = piece { Some(&place.option) } else { None })
                .collect(),
            Self::List(items) => items.iter().flat_map(Self::options).collect(),
            Self::Map(members) => members.iter().flat_map(|(_, item)| item.options()).collect(),
        }
    }

    /// The template with `values` in its places; none where a value is missing.
    pub fn filled(&self, options: &BTreeMap<Key, Opt>, values: &BTreeMap<Key, Value>) -> Option<Json> {
        let written = |place: &Place| {
            let kind = &options.get(&place.option)?.kind;
            Some(write(kind, values.get(&place.option)?, place.form))
        };
        match self {
            Self::Literal(json) => Some(json.clone()),
            Self::Single(place) => written(place),
            Self::List(items) => items.iter().map(|item| item.filled(options, values)).collect(),
            Self::Map(members) => {
                let member =
                    |(name, item): &(String, Self)| Some((name.clone(), item.filled(options, values)?));
                members.iter().map(member).collect::<Option<serde_json::Map<_, _>>>().map(Json::Object)
            }
            Self::Text(pieces) => pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => Some(text.clone()),
                    Piece::Place(place) => written(place).map(|json| match json {
                        Json::String(text) => text,
                        other => other.to_string(),
                    }),
                })
                .collect::<Option<String>>()
                .map(Json::from),
        }
    }
}

fn write(kind: &Kind, value: &Value, form: Form) -> Json {
    if let (Kind::Several(several), Value::List(items)) = (kind, value) {
        let items = if several.modules {
            several.in_order(items)
        } else {
            items.iter().map(|item| &**item).collect()
        };
        return match form {
            Form::Native => Json::from(items),
            Form::Label => Json::from(kind.label(value)),
            Form::Commas => Json::from(items.join(",")),
            Form::Colons => Json::from(items.join(":")),
            Form::Load if items.is_empty() => Json::from(""),
            Form::Load => Json::from(format!("module load {}", items.join(" "))),
            _ => Json::from(items.join(" ")),
        };
    }
    let Value::Amount(amount) = value else {
        return match (value, form) {
            (Value::Flag(on), Form::Native) => Json::from(*on),
            (_, Form::Label) => Json::from(kind.label(value)),
            _ => Json::from(kind.word(value)),
        };
    };
    match form {
        Form::Native if matches!(kind, Kind::Amount { measure: Measure::Decimal, .. }) => {
            // Decimals keep their digits: the text `1.5` is read as a JSON number, never computed with.
            serde_json::from_str(&kind.word(value)).unwrap_or_else(|_| Json::from(kind.word(value)))
        }
        Form::Native | Form::Seconds | Form::Bytes => Json::from(*amount),
        Form::Text | Form::Commas | Form::Colons | Form::Load => Json::from(kind.word(value)),
        Form::Label => Json::from(kind.label(value)),
        Form::Minutes => Json::from(amount / 60),
        Form::Hours => Json::from(amount / 3_600),
        Form::Slurm => {
            let (days, rest) = (amount / 86_400, amount % 86_400);
            Json::from(format!("{days}-{:02}:{:02}:{:02}", rest / 3_600, rest / 60 % 60, rest % 60))
        }
        Form::Kib => Json::from(amount >> 10),
        Form::Mib => Json::from(amount >> 20),
        Form::Gib => Json::from(amount >> 30),
    }
}

fn pieces(text: &str, options: &BTreeMap<Key, Opt>) -> Result<Vec<Piece>, String> {
    let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some(at) = rest.find(['{', '}']) {
        let (before, brace) = rest.split_at(at);
        plain.push_str(before);
        if brace.starts_with("{{") || brace.starts_with("}}") {
            plain.push_str(&brace[..1]);
            rest = &brace[2..];
            continue;
        }
        let inner = brace.strip_prefix('{').and_then(|inner| inner.split_once('}')).ok_or_else(|| {
            format!("“{text}” has a single brace; write {{{{ or }}}} for a brace that means itself")
        })?;
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut plain)));
        }
        pieces.push(Piece::Place(place(inner.0, options)?));
        rest = inner.1;
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Piece::Text(plain));
    }
    Ok(pieces)
}

fn place(inner: &str, options: &BTreeMap<Key, Opt>) -> Result<Place, String> {
    let (key, form) = inner.split_once(':').map_or((inner, None), |(key, form)| (key, Some(form)));
    let (option, opt) = options.get_key_value(key).ok_or_else(|| {
        let known: Vec<&str> = options.keys().map(Key::as_str).collect();
        format!("there is no option “{key}”; the options are {}", known.join(", "))
    })?;
    let form = match form {
        None => Form::Native,
        Some(name) => FORMS
            .iter()
            .find(|(known, _, of)| *known == name && of.fits(&opt.kind))
            .map(|found| found.1)
            .ok_or_else(|| {
                let known: Vec<&str> =
                    FORMS.iter().filter(|form| form.2.fits(&opt.kind)).map(|form| form.0).collect();
                format!("“{key}” cannot be written as “{name}”; write it as {}", known.join(", "))
            })?,
    };
    Ok(Place { option: option.clone(), form })
}

fn text_of(pieces: &[Piece]) -> String {
    pieces.iter().map(|piece| if let Piece::Text(text) = piece { text.as_str() } else { "" }).collect()
}

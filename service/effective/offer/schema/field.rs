//! One option's part of the schema: every way to write each value that is allowed, and hints for a form.

use serde_json::{Value as Json, json};

use crate::catalogue::amount::Measure;
use crate::catalogue::{Allowed, Choice, Kind, Opt, Value};
use crate::effective::card::Field;

/// Sets of up to so many values are listed.
const MOST_LISTED: usize = 64;
/// Space around a number, as it is trimmed.
const SPACE: &str = r"[\s\u0085]*";

/// What may be sent for an option of which `allowed` is left.
pub fn schema(opt: &Opt, allowed: &Allowed) -> Json {
    match &opt.kind {
        // An enum has at least one value.
        Kind::Choice(_) if allowed.count() == 0 => json!({ "not": {} }),
        Kind::Choice(choices) => json!({ "enum": written(choices, allowed) }),
        Kind::Several(several) => {
            let mut items = written(&several.choices, allowed);
            // What a form posts so that a list without a choice is posted at all; it counts for nothing.
            items.push(json!(""));
            let (least, most) = match allowed {
                Allowed::Subset { least, most, .. } => (*least, *most),
                Allowed::OneOf(values) => lengths(values),
                _ => (0, several.most),
            };
            let list = json!({
                "type": "array", "items": { "enum": items },
                "contains": { "minLength": 1 }, "minContains": least, "maxContains": most,
            });
            json!({ "anyOf": [list, { "enum": items }] })
        }
        Kind::Amount { measure, .. } => amount(*measure, &opt.kind, allowed),
        Kind::Flag => {
            let both = [false, true].into_iter().filter(|on| allowed.contains(&opt.kind, &Value::Flag(*on)));
            json!({ "enum": both.flat_map(|on| [json!(on), json!(on.to_string())]).collect::<Vec<_>>() })
        }
        Kind::Text { pattern, longest, in_script } => match allowed {
            Allowed::OneOf(values) => {
                json!({ "enum": values.iter().map(|value| opt.kind.json(value)).collect::<Vec<_>>() })
            }
            _ => {
                let mut schema = json!({ "type": "string", "maxLength": longest });
                if matches!(allowed, Allowed::Matching { filled: true }) {
                    schema["minLength"] = json!(1);
                }
                if *in_script {
                    schema["not"] = json!({ "pattern": "[\\s\"'`$&|;<>()#\\\\]" });
                }
                let member = if is_portable(pattern.as_str()) { "pattern" } else { "x-pattern" };
                schema[member] = json!(format!("^(?:{})$", pattern.as_str()));
                schema
            }
        },
    }
}

/// Each way to write a value of `allowed`: its name, what it was called before, and a number where it looks like one.
fn written(choices: &[Choice], allowed: &Allowed) -> Vec<Json> {
    let mut names: Vec<Json> = Vec::new();
    for choice in choices.iter().filter(|choice| allowed.has_item(&choice.value)) {
        for name in std::iter::once(&choice.value).chain(&choice.was) {
            let number = serde_json::from_str::<serde_json::Number>(name).ok();
            let number = number.filter(|number| number.to_string() == **name).map(Json::Number);
            names.extend([Some(json!(**name)), number].into_iter().flatten());
        }
    }
    names.dedup();
    names
}

fn lengths(values: &[Value]) -> (usize, usize) {
    let lengths = || {
        values.iter().map(|value| match value {
            Value::List(items) => items.len(),
            _ => 0,
        })
    };
    (lengths().min().unwrap_or_default(), lengths().max().unwrap_or_default())
}

/// A number, or a text with one: `8`, `"8"`, `"90 min"`, `5400`. Bounds are of numbers, in the smallest unit.
fn amount(measure: Measure, kind: &Kind, allowed: &Allowed) -> Json {
    let number = if measure == Measure::Decimal { "number" } else { "integer" };
    let text = match measure {
        Measure::Integer => "[0-9]+".to_owned(),
        Measure::Decimal => r"[0-9]+(\.[0-9]{1,6})?".to_owned(),
        Measure::Duration => {
            format!("([0-9]+{SPACE}[A-Za-z]+{SPACE})+|([0-9]+-)?[0-9]+:[0-9]+(:[0-9]+)?")
        }
        Measure::Memory => format!("[0-9]+{SPACE}[A-Za-z]+"),
    };
    let mut schema = json!({ "type": [number, "string"], "pattern": format!("^{SPACE}(?:{text}){SPACE}$") });
    if let Some((min, max)) = allowed.ends() {
        let plain = |amount: i64| match measure {
            Measure::Decimal => measure.word(amount).parse::<f64>().map_or(Json::Null, Json::from),
            _ => json!(amount),
        };
        (schema["minimum"], schema["maximum"]) = (plain(min), plain(max));
        let words = [("x-minimum", min), ("x-maximum", max)];
        for (member, amount) in words {
            schema[member] = kind.json(&Value::Amount(amount));
        }
    }
    if let Allowed::Between { step, base, .. } = allowed {
        schema["x-step"] = kind.json(&Value::Amount(*step));
        // Steps count from the base; a schema's count from zero. Decimals are no multiples in binary.
        if measure != Measure::Decimal && *step > 1 && base % step == 0 {
            schema["multipleOf"] = json!(step);
        }
    }
    if let Some(values) = allowed.listed(MOST_LISTED) {
        let listed = |value: &Value| kind.json(value);
        schema["x-enum"] = values.iter().map(listed).collect();
        // A plain number has one spelling, but for zeros before it.
        if measure == Measure::Integer {
            let words: Vec<String> = values.iter().map(|value| kind.word(value)).collect();
            let text = format!("^{SPACE}0*(?:{}){SPACE}$", words.join("|"));
            let numbers: Vec<Json> = values.iter().map(listed).collect();
            schema["pattern"] = json!(text);
            schema["anyOf"] = json!([{ "enum": numbers }, { "type": "string" }]);
        }
    }
    schema
}

/// Whether every engine reads the pattern as ours does: nothing but what all of them have in common.
fn is_portable(pattern: &str) -> bool {
    let odd = ["(?", "[[", "[^[", "&&", "--", "~~"];
    let groups = pattern.replace("(?:", "(");
    if odd.iter().any(|odd| groups.contains(odd)) {
        return false;
    }
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        if c == '\\' && !chars.next().is_some_and(|next| r"^$\.*+?()[]{}|/".contains(next)) {
            return false;
        }
    }
    true
}

/// What helps to draw a field.
pub fn hints(schema: &mut Json, field: &Field<'_>, order: usize, absent: bool) {
    let (opt, kind) = (field.opt, &field.opt.kind);
    schema["title"] = json!(opt.label);
    let texts = [
        ("description", &opt.help),
        ("x-link", &opt.link),
        ("x-section", &opt.section),
        ("x-unit", &kind.unit().map(str::to_owned)),
    ];
    for (member, text) in texts {
        if let Some(text) = text {
            schema[member] = json!(text);
        }
    }
    schema["x-kind"] = json!(kind.type_word());
    schema["x-order"] = json!(order);
    let labels: serde_json::Map<String, Json> = (kind.choices().iter())
        .filter(|choice| field.allowed.has_item(&choice.value))
        .map(|choice| (choice.value.to_string(), json!(choice.label)))
        .collect();
    if !labels.is_empty() {
        schema["x-labels"] = Json::Object(labels);
    }
    if !absent && !field.absent && !field.is_missing() {
        schema["default"] = kind.json(&field.value);
    }
    for (member, is) in [
        ("readOnly", !field.editable),
        ("x-hidden", field.hidden),
        ("x-absent", field.absent),
        ("x-required", field.required),
    ] {
        if is {
            schema[member] = json!(true);
        }
    }
    let chain = field.chain();
    if !chain.is_empty() {
        schema["x-because"] = chain.iter().map(|because| json!(because.told())).collect();
    }
}

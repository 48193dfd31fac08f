//! Rules in the schema: `if`/`then` where a schema can say them, in words for programs where it cannot.

use chrono::{DateTime, Utc};
use serde_json::{Value as Json, json};

use super::field;
use crate::catalogue::amount::Measure;
use crate::catalogue::{Catalogue, Key, Kind, Value};
use crate::effective::Content;
use crate::effective::card::{Card, Field};
use crate::rules::{Cap, Condition, Effect, Rule, Test};
use crate::trims::{Speaker, Statement, Trimmed};

/// What rules say about the options of `card`: schemas, and what no schema can say.
///
/// A condition may be too seldom true here, never too often: the schema refuses nothing that starts.
pub fn said(
    content: &Content,
    card: &Card<'_>,
    before: &[Trimmed<'_>],
    now: DateTime<Utc>,
) -> (Vec<Json>, Vec<Json>) {
    let (mut schemas, mut rest) = (Vec::new(), Vec::new());
    for target in before {
        for (rule, effect) in content.rules.about(&target.opt.key).filter(|(rule, _)| rule.holds(now)) {
            match schema(content, card, target, rule, effect) {
                Some(schema) => schemas.push(schema),
                None => rest.push(in_words(&content.catalogue, target, rule, effect)),
            }
        }
    }
    (schemas, rest)
}

fn schema(
    content: &Content,
    card: &Card<'_>,
    target: &Trimmed<'_>,
    rule: &Rule,
    effect: &Effect,
) -> Option<Json> {
    let Effect::Says(statements) = effect else { return None };
    let mut left = target.clone();
    let key = target.opt.key.as_str();
    let then = match left.apply(&Speaker::NOBODY, statements) {
        Ok(()) if left.absent => json!({ "not": { "required": [key] } }),
        Ok(()) => json!({ "properties": { key: field::schema(target.opt, &left.allowed) } }),
        // Nothing is left: whatever is sent is refused, and so is nothing.
        Err(_) => return None,
    };
    let conditions: Option<Vec<Json>> =
        rule.when.iter().map(|condition| holds(content, card, condition)).collect();
    let mut schema = json!({ "if": { "allOf": conditions? }, "then": then, "x-rule": rule.key, "x-because": rule.because });
    if rule.when.is_empty() {
        schema["if"] = json!({});
    }
    if let Some(until) = &rule.until {
        schema["x-until"] = json!(until.words);
    }
    Some(schema)
}

/// A schema that is true only where the condition holds; none where that cannot be told.
fn holds(content: &Content, card: &Card<'_>, condition: &Condition) -> Option<Json> {
    let field = card.field(condition.option.as_str())?;
    // What it holds unless it is sent must not depend on the rest, and it has one name only.
    let is_settled = content.rules.about(&field.opt.key).next().is_none();
    if !is_settled || field.absent || !field.opt.was.is_empty() {
        return None;
    }
    let key = field.opt.key.as_str();
    let mut schema = json!({ "properties": { key: value(field, &condition.test)? } });
    let unsent = [(field.opt.key.clone(), field.value.clone())].into_iter().collect();
    if !condition.holds(&unsent) {
        schema["required"] = json!([key]);
    }
    Some(schema)
}

fn value(field: &Field<'_>, test: &Test) -> Option<Json> {
    let kind = &field.opt.kind;
    let listed = |values: &mut dyn Iterator<Item = &Value>| -> Json {
        json!({ "enum": values.map(|value| kind.json(value)).collect::<Vec<_>>() })
    };
    match (kind, test) {
        (Kind::Choice(_) | Kind::Flag, Test::OneOf(wanted)) => Some(listed(&mut wanted.iter())),
        (Kind::Choice(_) | Kind::Flag, Test::NoneOf(unwanted)) => {
            let others = field.allowed.listed(usize::MAX)?;
            Some(listed(&mut others.iter().filter(|value| !unwanted.contains(value))))
        }
        (Kind::Amount { measure: Measure::Integer, .. }, Test::OneOf(wanted)) => {
            Some(listed(&mut wanted.iter()))
        }
        (Kind::Amount { measure: Measure::Integer, .. }, Test::Between { min, max }) => {
            let mut schema = json!({ "type": "integer" });
            for (member, bound) in [("minimum", min), ("maximum", max)] {
                if let Some(bound) = bound {
                    schema[member] = json!(bound);
                }
            }
            Some(schema)
        }
        _ => None,
    }
}

/// The rule as data that no validator reads.
fn in_words(catalogue: &Catalogue, target: &Trimmed<'_>, rule: &Rule, effect: &Effect) -> Json {
    let inputs: Vec<&Key> = rule.inputs(effect).collect();
    let mut said =
        json!({ "rule": rule.key, "about": target.opt.key, "by": inputs, "because": rule.because });
    if let Some(until) = &rule.until {
        said["until"] = json!(until.words);
    }
    match effect {
        Effect::Says(statements) => said["says"] = statements.iter().map(|one| word(target, one)).collect(),
        Effect::Cap(cap) => said["cap"] = json!(arithmetic(catalogue, target, cap)),
        Effect::Table(_) => said["table"] = json!(true),
    }
    said
}

fn word(target: &Trimmed<'_>, statement: &Statement) -> Json {
    let kind = &target.opt.kind;
    let all = |values: &[Value]| values.iter().map(|value| kind.json(value)).collect::<Vec<_>>();
    let bound = |bound: &Option<i64>| bound.map(|amount| kind.json(&Value::Amount(amount)));
    match statement {
        Statement::Default(value) => json!({ "default": kind.json(value) }),
        Statement::Bounds { min, max } => json!({ "min": bound(min), "max": bound(max) }),
        Statement::Only(values) => json!({ "only": all(values) }),
        Statement::Except(values) => json!({ "except": all(values) }),
        Statement::Fixed(value) => json!({ "fixed": kind.json(value) }),
        Statement::Required => json!("required"),
        Statement::Hidden => json!("hidden"),
        Statement::Absent => json!("absent"),
    }
}

/// `memory <= 4GB * cores`
fn arithmetic(catalogue: &Catalogue, target: &Trimmed<'_>, cap: &Cap) -> String {
    let sign = if cap.at_most { "<=" } else { ">=" };
    let measure = |key: &Key| match catalogue.options.get(key).map(|opt| &opt.kind) {
        Some(Kind::Amount { measure, .. }) => Some(*measure),
        _ => None,
    };
    let (own, of) = (measure(&target.opt.key), measure(&cap.of));
    let factor = match own {
        Some(own) if Some(own) != of => own.word(cap.factor),
        _ => cap.factor.to_string(),
    };
    format!("{} {sign} {factor} * {}", target.opt.key, cap.of)
}

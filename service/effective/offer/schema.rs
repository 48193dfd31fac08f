//! What may be sent to start, as JSON Schema (draft 2020-12), for one card and for a whole form.
//!
//! It accepts whatever the resolver accepts, and more where rules say what a schema cannot: those stand
//! in `x-rules`. Keys that begin with `x-` are hints for whoever draws a form.

mod field;
mod rules;

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::{Offer, Wishes};
use crate::catalogue::Allowed;
use crate::effective::card::{Card, CardId, Field, State};
use crate::effective::{Content, Form};
use crate::trims::Trimmed;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";
/// The longest name a server has, in characters.
const SERVER_NAME: usize = 255;

impl Form<'_> {
    /// What may be sent to start any of its cards: one of their schemas. `default` starts where nothing is named.
    pub fn schema(&self, default: Option<&CardId>) -> Json {
        let offers = || self.cards.iter().chain(&self.put_away).filter(|offer| offer.is_usable());
        let named = |offer: &Offer<'_>| offer.branch(Some(&offer.id.to_string()));
        let mut branches: Vec<Json> = offers().map(named).collect();
        let unnamed = default.and_then(|id| offers().find(|offer| offer.id == *id));
        branches.extend(unnamed.map(|offer| offer.branch(None)));
        let mut schema =
            json!({ "$schema": DIALECT, "title": "What may be sent to start", "type": "object" });
        match branches.is_empty() {
            true => schema["not"] = json!({}),
            false => schema["oneOf"] = Json::Array(branches),
        }
        schema
    }
}

impl<'a> Offer<'a> {
    /// What may be sent to start this card.
    pub fn schema(&self) -> Json {
        self.schema_named(&self.id.to_string())
    }

    /// The same where it is called `name`, as with a version behind it.
    pub fn schema_named(&self, name: &str) -> Json {
        let mut schema = self.branch(Some(name));
        schema["$schema"] = json!(DIALECT);
        schema
    }

    /// The schema without its dialect, where the card is called `name`; none: it is what starts where none is named.
    fn branch(&self, name: Option<&str>) -> Json {
        let card: &Card<'_> = self;
        let mut branch = json!({ "title": card.title, "type": "object" });
        if let Some(description) = card.description {
            branch["description"] = json!(description);
        }
        if let State::Unavailable(why) = &card.state {
            branch["not"] = json!({});
            branch["x-unavailable"] = json!(why);
            return branch;
        }
        let preset = name.map_or_else(|| json!({ "type": "null" }), |name| json!({ "const": name }));
        // Elsewhere other values may do.
        let page = self.around.page.map(|acting| acting.context().to_string()).unwrap_or_default();
        branch["properties"] = json!({
            "preset": preset,
            "values": self.values(),
            "context": { "const": page },
            "server": { "type": "string", "maxLength": SERVER_NAME },
        });
        branch["additionalProperties"] = json!(false);
        let needs_values = branch["properties"]["values"].get("required").is_some();
        let required = [("preset", name.is_some()), ("values", needs_values)];
        let required: Vec<&str> =
            required.iter().filter(|(_, needed)| *needed).map(|(member, _)| *member).collect();
        if !required.is_empty() {
            branch["required"] = json!(required);
        }
        branch
    }

    fn values(&self) -> Json {
        // What somebody chose the last time fills in a form; it is no part of what a start means.
        let card = self.make(Wishes::default()).0;
        let content = self.around.content;
        let before = self.before_rules();
        let mut properties = Map::new();
        for (order, settled) in card.fields.iter().enumerate() {
            let before = before.iter().find(|option| option.opt.key == settled.opt.key);
            let (allowed, absent) = within_rules(content, settled, before);
            let mut schema = if absent { json!({ "not": {} }) } else { field::schema(settled.opt, &allowed) };
            field::hints(&mut schema, settled, order, absent);
            for was in &settled.opt.was {
                let mut renamed = schema.clone();
                renamed["deprecated"] = json!(true);
                properties.entry(was.as_str()).or_insert(renamed);
            }
            properties.insert(settled.opt.key.to_string(), schema);
        }
        let mut values = json!({ "type": "object", "additionalProperties": false });
        values["properties"] = Json::Object(properties);
        let missing = |field: &&Field<'_>| {
            let depends = content.rules.about(&field.opt.key).next().is_some();
            field.is_missing() && field.opt.was.is_empty() && !depends
        };
        let required: Vec<&str> =
            card.fields.iter().filter(missing).map(|field| field.opt.key.as_str()).collect();
        if !required.is_empty() {
            values["required"] = json!(required);
        }
        let (conditions, rest) = rules::said(content, &card, &before, self.around.now);
        if !conditions.is_empty() {
            values["allOf"] = Json::Array(conditions);
        }
        if !rest.is_empty() {
            values["x-rules"] = Json::Array(rest);
        }
        values
    }

    /// The options before any rule spoke: what a rule takes away depends on what is sent.
    fn before_rules(&self) -> Arc<[Trimmed<'a>]> {
        self.around.trimmed(self.profile, self.preset(), self.context()).unwrap_or_default()
    }
}

/// What may be sent for an option whatever else is sent, and whether nothing may.
fn within_rules(content: &Content, settled: &Field<'_>, before: Option<&Trimmed<'_>>) -> (Allowed, bool) {
    match before {
        Some(before) if content.rules.about(&settled.opt.key).next().is_some() => {
            (before.allowed.clone(), before.absent)
        }
        _ => (settled.allowed.clone(), settled.absent),
    }
}

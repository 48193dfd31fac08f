//! From the catalogue as written to one that holds together, or every fault in it.

mod choices;
mod scripts;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

pub(crate) use choices::unknown_groups;

use super::amount::Measure;
use super::fault::below;
use super::pattern::Pattern;
use super::text::{HELP, check_label, check_text};
use super::visible::has_odd;
use super::written::{self, OptType};
use super::{Allowed, Backend, Catalogue, Fault, Key, Kind, Opt, Profile, Template, Value};

/// Environment variables that decide who a server is or what it runs: never a site's to set.
fn is_reserved(name: &str) -> bool {
    const PREFIXES: [&str; 4] = ["JUPYTERHUB_", "JPY_", "LD_", "PYTHON"];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        || matches!(name, "PATH" | "HOME" | "USER" | "SHELL")
}

/// The largest whole number that a browser and every reader of JSON count exactly to.
const LARGEST: i64 = (1 << 53) - 1;

/// The longest text option, in characters, where the site says nothing.
const TEXT_LENGTH: usize = 200;

impl Catalogue {
    /// Checks what was written.
    ///
    /// # Errors
    /// All faults found, each with its pointer into the site file.
    pub fn check(written: &written::Catalogue) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut options = BTreeMap::new();
        for (key, option) in &written.options {
            match check_option(key, option, scripts::hold(&written.backends, key)) {
                Ok(option) => drop(options.insert(key.clone(), option)),
                Err(found) => faults.extend(found),
            }
        }
        check_renames(&options, &mut faults);
        if !faults.is_empty() {
            return Err(faults); // profiles and templates would only repeat them
        }
        let mut backends = BTreeMap::new();
        for (key, backend) in &written.backends {
            let at = below("/backends", key.as_str());
            backends.insert(key.clone(), check_backend(key, backend, &at, &options, &mut faults));
        }
        let mut profiles = Vec::new();
        for (key, profile) in &written.profiles {
            let at = below("/profiles", key.as_str());
            check_profile(profile, &at, &options, &backends, &mut faults);
            profiles.push(Profile {
                key: key.clone(),
                title: profile.title.clone(),
                backend: profile.backend.clone(),
                options: profile.options.clone(),
                open: profile.open,
            });
        }
        if faults.is_empty() { Ok(Self { options, backends, profiles }) } else { Err(faults) }
    }
}

fn check_option(key: &Key, written: &written::Opt, in_script: bool) -> Result<Opt, Vec<Fault>> {
    let at = below("/options", key.as_str());
    let mut faults = misplaced(&at, written);
    faults.extend(check_label(&below(&at, "label"), &written.label));
    for (member, label) in [("unit", &written.unit), ("section", &written.section)] {
        faults.extend(label.as_ref().and_then(|label| check_label(&below(&at, member), label)));
    }
    let help = written.help.as_deref();
    faults.extend(help.and_then(|help| check_text(&below(&at, "help"), help, HELP, true)));
    faults.extend(written.link.as_ref().and_then(|link| check_link(&below(&at, "link"), link)));
    let kind = match check_kind(&at, written, in_script) {
        Ok(kind) => kind,
        Err(fault) => {
            faults.push(fault);
            return Err(faults);
        }
    };
    let all = Allowed::all_of(&kind);
    let default = match &written.default {
        None => first_value(&kind).ok_or_else(|| {
            Fault::new(&at, "no-default", "the empty text does not match the pattern: give a default")
        }),
        Some(json) => read_allowed(&kind, &all, || below(&at, "default"), json),
    };
    match default {
        Ok(default) if faults.is_empty() => Ok(Opt {
            key: key.clone(),
            label: written.label.clone(),
            help: written.help.clone(),
            link: written.link.clone(),
            section: written.section.clone(),
            persist: written.persist,
            was: written.was.clone(),
            in_summary: written.summary.unwrap_or(written.kind != OptType::Text),
            kind,
            all,
            default,
        }),
        Ok(_) => Err(faults),
        Err(fault) => {
            faults.push(fault);
            Err(faults)
        }
    }
}

/// Members that stand beside a type they mean nothing to.
fn misplaced(at: &str, written: &written::Opt) -> Vec<Fault> {
    let numeric =
        matches!(written.kind, OptType::Integer | OptType::Decimal | OptType::Duration | OptType::Memory);
    let counted = matches!(written.kind, OptType::Integer | OptType::Decimal);
    let text = written.kind == OptType::Text;
    let several = matches!(written.kind, OptType::Multi | OptType::Modules);
    [
        ("choices", !written.choices.is_empty(), several || written.kind == OptType::Choice),
        ("most", written.most.is_some(), several),
        ("min", written.min.is_some(), numeric),
        ("max", written.max.is_some(), numeric),
        ("step", written.step.is_some(), numeric),
        ("unit", written.unit.is_some(), counted),
        ("pattern", written.pattern.is_some(), text),
        ("max_length", written.max_length.is_some(), text),
    ]
    .into_iter()
    .filter(|(_, there, fits)| *there && !fits)
    .map(|(member, ..)| {
        let kind = format!("{:?}", written.kind).to_lowercase();
        Fault::new(
            below(at, member),
            "misplaced",
            format!("“{member}” means nothing for type {kind}: remove it"),
        )
    })
    .collect()
}

fn check_kind(at: &str, written: &written::Opt, in_script: bool) -> Result<Kind, Fault> {
    match written.kind {
        OptType::Choice => choices::check(at, written).map(Kind::Choice),
        OptType::Multi | OptType::Modules => choices::check_several(at, written).map(Kind::Several),
        OptType::Boolean => Ok(Kind::Flag),
        OptType::Integer => check_amount(at, written, Measure::Integer),
        OptType::Decimal => check_amount(at, written, Measure::Decimal),
        OptType::Duration => check_amount(at, written, Measure::Duration),
        OptType::Memory => check_amount(at, written, Measure::Memory),
        OptType::Text => {
            let pattern = written.pattern.as_deref().ok_or_else(|| {
                Fault::new(at, "no-pattern", "a text needs a pattern that the whole of it must match")
            })?;
            let pattern =
                Pattern::new(pattern).map_err(|why| Fault::new(below(at, "pattern"), "pattern", why))?;
            Ok(Kind::Text { pattern, longest: written.max_length.unwrap_or(TEXT_LENGTH), in_script })
        }
    }
}

fn check_amount(at: &str, written: &written::Opt, measure: Measure) -> Result<Kind, Fault> {
    let read = |member: &str, json: &Option<Json>, missing: Option<i64>| match json {
        None => missing.ok_or_else(|| Fault::new(at, "no-bound", format!("a number needs “{member}”"))),
        Some(json) => read_amount(measure, json)
            .map_err(|why| Fault::new(below(at, member), "amount", why).with_value(json.clone())),
    };
    let least_step = if measure == Measure::Decimal { 100_000 } else { 1 };
    let (min, max) = (read("min", &written.min, None)?, read("max", &written.max, None)?);
    let step = read("step", &written.step, Some(least_step))?;
    // JSON and browsers count exactly only so far (RFC 8259 §6).
    if max > LARGEST {
        return Err(Fault::new(
            below(at, "max"),
            "too-large",
            "the maximum is larger than 9,007,199,254,740,991",
        ));
    }
    if min > max {
        return Err(Fault::new(below(at, "max"), "empty", "the maximum is below the minimum"));
    }
    if step < 1 {
        return Err(Fault::new(below(at, "step"), "step", "the step must be more than 0"));
    }
    // The last value that the steps reach is the true maximum.
    let max = max - (max - min) % step;
    Ok(Kind::Amount { measure, unit: written.unit.clone(), min, max, step })
}

/// An amount as the site file writes it.
pub(crate) fn read_amount(measure: Measure, json: &Json) -> Result<i64, String> {
    match json {
        Json::String(text) => measure.parse(text).map_err(|refused| refused.to_string()),
        Json::Number(number) => measure.parse_number(number).map_err(|refused| refused.to_string()),
        _ => Err("write a number".to_owned()),
    }
}

/// A value that must be of `kind` and within `allowed`, or the fault that says what would be.
pub(crate) fn read_allowed(
    kind: &Kind,
    allowed: &Allowed,
    at: impl Fn() -> String,
    json: &Json,
) -> Result<Value, Fault> {
    let fault = |code, detail: String| {
        Fault::new(at(), code, detail).with_value(json.clone()).with_allowed(allowed.json(kind))
    };
    let value = kind.read(json).map_err(|why| fault("wrong-type", why))?;
    if allowed.contains(kind, &value) {
        Ok(value)
    } else {
        Err(fault("not-allowed", format!("choose {}", allowed.describe(kind))))
    }
}

fn first_value(kind: &Kind) -> Option<Value> {
    match kind {
        Kind::Choice(choices) => choices.first().map(|choice| Value::Text(choice.value.clone())),
        Kind::Amount { min, .. } => Some(Value::Amount(*min)),
        Kind::Several(_) => Some(Value::List(Arc::default())),
        Kind::Flag => Some(Value::Flag(false)),
        Kind::Text { pattern, .. } => pattern.matches("").then(|| Value::Text("".into())),
    }
}

fn check_backend(
    key: &Key,
    written: &written::Backend,
    at: &str,
    options: &BTreeMap<Key, Opt>,
    faults: &mut Vec<Fault>,
) -> Backend {
    let mut templates = |at: String, pairs: Vec<(&String, Json)>| {
        let mut read = BTreeMap::new();
        for (name, json) in pairs {
            match Template::read(&json, options) {
                Ok(template) => drop(read.insert(name.clone(), template)),
                Err(why) => faults.push(Fault::new(below(&at, name), "template", why)),
            }
        }
        read
    };
    let pairs = written.traits.iter().map(|(name, json)| (name, json.clone())).collect();
    let traits = templates(below(at, "traits"), pairs);
    let pairs = written.environment.iter().map(|(name, text)| (name, Json::from(text.as_str()))).collect();
    let environment = templates(below(at, "environment"), pairs);
    for name in written.environment.keys().filter(|name| is_reserved(name) || !is_variable(name)) {
        let why = "this name is reserved, or no name of a variable (A-Z, 0-9 and _)";
        faults.push(Fault::new(below(&below(at, "environment"), name), "reserved", why));
    }
    let ends_after = written.ends_after.clone();
    if let Some(key) = &ends_after {
        let is_time = |opt: &Opt| matches!(opt.kind, Kind::Amount { measure: Measure::Duration, .. });
        let at = below(at, "ends_after");
        match options.get(key) {
            None => faults.push(unknown(&at, "option", key, options.keys())),
            Some(opt) if !is_time(opt) => {
                faults.push(Fault::new(
                    at,
                    "wrong-type",
                    format!("“{key}” is no duration: name the wall time"),
                ));
            }
            Some(_) => {}
        }
    }
    Backend { key: key.clone(), spawner: written.spawner.clone(), traits, environment, ends_after }
}

/// Old names lead to one option each, and never to one that is there under that name.
fn check_renames(options: &BTreeMap<Key, Opt>, faults: &mut Vec<Fault>) {
    let mut seen: BTreeMap<&Key, &Key> = BTreeMap::new();
    for opt in options.values() {
        for was in &opt.was {
            let at = below(&below("/options", opt.key.as_str()), "was");
            if options.contains_key(was) {
                faults.push(Fault::new(at, "taken", format!("“{was}” is an option itself")));
            } else if let Some(other) = seen.insert(was, &opt.key) {
                faults.push(Fault::new(at, "taken", format!("“{was}” is an old name of “{other}” already")));
            }
        }
    }
}

fn check_link(at: &str, link: &str) -> Option<Fault> {
    let odd = has_odd(link) || link.contains(char::is_whitespace);
    let fits = link.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && link.len() <= 500);
    (!fits || odd).then(|| Fault::new(at, "link", "write an address that begins with https://"))
}

fn is_variable(name: &str) -> bool {
    let word = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    !name.is_empty() && name.chars().all(word) && !name.starts_with(|c: char| c.is_ascii_digit())
}

fn check_profile(
    written: &written::Profile,
    at: &str,
    options: &BTreeMap<Key, Opt>,
    backends: &BTreeMap<Key, Backend>,
    faults: &mut Vec<Fault>,
) {
    faults.extend(check_label(&below(at, "title"), &written.title));
    for (n, key) in written.options.iter().enumerate() {
        if !options.contains_key(key) {
            faults.push(unknown(&below(&below(at, "options"), n.to_string()), "option", key, options.keys()));
        }
    }
    let Some(backend) = backends.get(&written.backend) else {
        faults.push(unknown(&below(at, "backend"), "backend", &written.backend, backends.keys()));
        return;
    };
    for (name, template) in backend.traits.iter().chain(&backend.environment) {
        for key in template.options().into_iter().filter(|key| !written.options.contains(key)) {
            let why = format!("“{name}” of backend “{}” needs the option “{key}”: add it here", backend.key);
            faults.push(Fault::new(below(at, "options"), "missing-option", why));
        }
    }
}

/// “There is no …; there are …”, the fault for a key that leads nowhere.
pub(crate) fn unknown<'a>(at: &str, what: &str, key: &Key, known: impl Iterator<Item = &'a Key>) -> Fault {
    let known: Vec<&str> = known.map(Key::as_str).collect();
    let known = if known.is_empty() {
        "there are none".to_owned()
    } else {
        format!("there are {}", known.join(", "))
    };
    Fault::new(at, "unknown", format!("there is no {what} “{key}”; {known}")).with_value(key.as_str())
}

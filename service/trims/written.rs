//! Trims as an administrator writes them, and their checks.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Statement, Trim, read_value};
use crate::catalogue::fault::below;
use crate::catalogue::ordered::Ordered;
use crate::catalogue::{Catalogue, Fault, Key, Kind, Opt, read_amount, unknown};

/// At most one trim an option.
pub type Trims = Ordered<Key, Written>;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<Json>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Json>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    /// Every limit has one: it is what people are told.
    pub because: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub policy: bool,
}

pub(super) fn check(
    key: &Key,
    written: &Written,
    at: &str,
    catalogue: &Catalogue,
) -> Result<Trim, Vec<Fault>> {
    let Some(opt) = catalogue.options.get(key) else {
        return Err(vec![unknown(&below(at, key.as_str()), "option", key, catalogue.options.keys())]);
    };
    let at = &below(at, key.as_str());
    let mut faults = Vec::new();
    let mut statements = Vec::new();
    let mut keep = |read: Result<Statement, Fault>| match read {
        Ok(statement) => statements.push(statement),
        Err(fault) => faults.push(fault),
    };
    if let Some(json) = &written.default {
        keep(read_value(&opt.kind, &below(at, "default"), json).map(Statement::Default));
    }
    if written.min.is_some() || written.max.is_some() {
        keep(read_bounds(opt, at, written.min.as_ref(), written.max.as_ref()));
    }
    if let Some(only) = &written.only {
        keep(read_only(opt, &below(at, "only"), only));
    }
    if let Some(json) = &written.fixed {
        keep(read_value(&opt.kind, &below(at, "fixed"), json).map(Statement::Fixed));
    }
    if written.hidden {
        keep(Ok(Statement::Hidden));
    }
    if statements.is_empty() && faults.is_empty() {
        faults.push(Fault::new(at, "empty", "say something: default, min, max, only, fixed or hidden"));
    }
    if written.because.trim().is_empty() {
        faults.push(Fault::new(
            below(at, "because"),
            "because",
            "every limit needs a reason people can be told",
        ));
    }
    if written.policy && written.default.is_some() {
        faults.push(Fault::new(
            below(at, "default"),
            "policy",
            "a policy only restricts: it cannot set a default",
        ));
    }
    if faults.is_empty() {
        Ok(Trim { option: key.clone(), statements, because: written.because.clone(), policy: written.policy })
    } else {
        Err(faults)
    }
}

/// `min` and `max` of a number.
pub(crate) fn read_bounds(
    opt: &Opt,
    at: &str,
    min: Option<&Json>,
    max: Option<&Json>,
) -> Result<Statement, Fault> {
    let Kind::Amount { measure, .. } = opt.kind else {
        return Err(Fault::new(
            at,
            "misplaced",
            format!("“{}” is no number: use only instead of min and max", opt.key),
        ));
    };
    let read = |member: &str, json: Option<&Json>| {
        json.map(|json| read_amount(measure, json))
            .transpose()
            .map_err(|why| Fault::new(below(at, member), "amount", why))
    };
    let (min, max) = (read("min", min)?, read("max", max)?);
    let allowed = crate::catalogue::Allowed::all_of(&opt.kind);
    if allowed.within(min, max).is_none() {
        let why = format!("nothing is left: “{}” allows {}", opt.key, allowed.describe(&opt.kind));
        return Err(Fault::new(at, "empty", why).with_allowed(allowed.json(&opt.kind)));
    }
    Ok(Statement::Bounds { min, max })
}

/// A list of values, each of the option's type.
pub(crate) fn read_only(opt: &Opt, at: &str, only: &[Json]) -> Result<Statement, Fault> {
    if only.is_empty() {
        return Err(Fault::new(at, "empty", "name at least one value"));
    }
    only.iter()
        .enumerate()
        .map(|(n, json)| read_value(&opt.kind, &below(at, n.to_string()), json))
        .collect::<Result<Vec<_>, _>>()
        .map(Statement::Only)
}

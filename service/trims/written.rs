//! Trims as an administrator writes them, and their checks.

use chrono::{DateTime, FixedOffset, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Statement, Trim, Until, read_value};
use crate::catalogue::fault::below;
use crate::catalogue::ordered::Ordered;
use crate::catalogue::{
    Allowed, Catalogue, Fault, Key, Kind, Opt, REASON, Value, check_text, read_amount, unknown,
};

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
    pub except: Option<Vec<Json>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Json>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub absent: bool,
    /// What members may choose beyond what everybody may; `{}`: all that the site's ceiling has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<Grant>,
    /// Every limit has one: it is what people are told.
    pub because: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub policy: bool,
    /// RFC 3339 with an offset: the trim says nothing any more from then on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

/// How much more; a missing side is the site's ceiling.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grant {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<Json>>,
}

/// What a trim or a rule says of one option, without who and why.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Says {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Vec<Json>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub except: Option<Vec<Json>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fixed: Option<Json>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hidden: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub absent: bool,
}

impl Says {
    /// The statements about `opt`, in the order they apply; faults go to `faults`.
    pub(crate) fn statements(&self, opt: &Opt, at: &str, faults: &mut Vec<Fault>) -> Vec<Statement> {
        let mut statements = Vec::new();
        let mut keep = |read: Result<Statement, Fault>| match read {
            Ok(statement) => statements.push(statement),
            Err(fault) => faults.push(fault),
        };
        if let Some(json) = &self.default {
            keep(read_value(opt, || below(at, "default"), json).map(Statement::Default));
        }
        if self.min.is_some() || self.max.is_some() {
            keep(read_bounds(opt, at, self.min.as_ref(), self.max.as_ref()));
        }
        if let Some(only) = &self.only {
            keep(read_list(opt, &below(at, "only"), only).map(Statement::Only));
        }
        if let Some(except) = &self.except {
            keep(read_except(opt, &below(at, "except"), except));
        }
        if let Some(json) = &self.fixed {
            keep(read_value(opt, || below(at, "fixed"), json).map(Statement::Fixed));
        }
        let flags = [
            (self.required, Statement::Required),
            (self.hidden, Statement::Hidden),
            (self.absent, Statement::Absent),
        ];
        flags.into_iter().filter(|(said, _)| *said).for_each(|(_, statement)| keep(Ok(statement)));
        if self.absent && (self.hidden || self.required || self.fixed.is_some() || self.default.is_some()) {
            let why = "what is absent has no value: leave default, fixed, required and hidden out";
            faults.push(Fault::new(below(at, "absent"), "contradiction", why));
        }
        statements
    }
}

impl Written {
    fn says(&self) -> Says {
        let Self { default, min, max, only, except, fixed, required, hidden, absent, .. } = self.clone();
        Says { default, min, max, only, except, fixed, required, hidden, absent }
    }
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
    let statements = written.says().statements(opt, at, &mut faults);
    let mut checked = |read: Result<_, Fault>| read.map_err(|fault| faults.push(fault)).ok();
    let grant = written.grant.as_ref().and_then(|grant| checked(read_grant(opt, &below(at, "grant"), grant)));
    let mut faults_of_time = Vec::new();
    let until = written.until.as_ref().and_then(|text| {
        read_until(&below(at, "until"), text).map_err(|fault| faults_of_time.push(fault)).ok()
    });
    faults.extend(faults_of_time);
    if statements.is_empty() && grant.is_none() && faults.is_empty() {
        let why = "say something: default, min, max, only, except, fixed, required, hidden, absent or grant";
        faults.push(Fault::new(at, "empty", why));
    }
    if written.because.trim().is_empty() {
        let why = "every limit needs a reason people can be told";
        faults.push(Fault::new(below(at, "because"), "because", why));
    } else {
        faults.extend(check_text(&below(at, "because"), &written.because, REASON, false));
    }
    let adds = [("default", written.default.is_some()), ("grant", written.grant.is_some())];
    for (member, _) in adds.into_iter().filter(|(_, said)| written.policy && *said) {
        let why = format!("a policy only restricts: it has no {member}");
        faults.push(Fault::new(below(at, member), "policy", why));
    }
    if faults.is_empty() {
        let (option, because, policy) = (key.clone(), written.because.clone(), written.policy);
        Ok(Trim { option, statements, grant, because, policy, until })
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
    let allowed = &opt.all;
    if allowed.within(min, max).is_none() {
        let why = format!("nothing is left: “{}” allows {}", opt.key, allowed.describe(&opt.kind));
        return Err(Fault::new(at, "empty", why).with_allowed(allowed.json(&opt.kind)));
    }
    Ok(Statement::Bounds { min, max })
}

/// A list of values, each of the option's type.
pub(crate) fn read_list(opt: &Opt, at: &str, list: &[Json]) -> Result<Vec<Value>, Fault> {
    if list.is_empty() {
        return Err(Fault::new(at, "empty", "name at least one value"));
    }
    let read = list.iter().enumerate().map(|(n, json)| read_value(opt, || below(at, n.to_string()), json));
    read.collect()
}

/// Values that may not be chosen; of texts and long ranges there is no list to take them from.
pub(crate) fn read_except(opt: &Opt, at: &str, list: &[Json]) -> Result<Statement, Fault> {
    let values = read_list(opt, at, list)?;
    let why = match &opt.kind {
        Kind::Text { .. } => format!("“{}” is a text: give it another pattern, or use only", opt.key),
        Kind::Amount { .. } if opt.all.listed(Allowed::MOST_LISTED).is_none() => {
            format!("“{}” has too many values: use min and max", opt.key)
        }
        kind if opt.all.except(kind, &values).is_none() => "nothing is left".to_owned(),
        _ => return Ok(Statement::Except(values)),
    };
    Err(Fault::new(at, "misplaced", why))
}

fn read_grant(opt: &Opt, at: &str, grant: &Grant) -> Result<Allowed, Fault> {
    let all = &opt.all;
    let mut more = all.clone();
    if grant.min.is_some() || grant.max.is_some() {
        let Statement::Bounds { min, max } = read_bounds(opt, at, grant.min.as_ref(), grant.max.as_ref())?
        else {
            return Ok(more);
        };
        more = more.within(min, max).unwrap_or(more);
    }
    if let Some(only) = &grant.only {
        let at = below(at, "only");
        let values = read_list(opt, &at, only)?;
        if matches!(opt.kind, Kind::Amount { .. }) && all.listed(Allowed::MOST_LISTED).is_none() {
            let why = format!("“{}” has too many values: use min and max", opt.key);
            return Err(Fault::new(at, "misplaced", why));
        }
        more = more.only(&opt.kind, &values).ok_or_else(|| Fault::new(at, "empty", "this grants nothing"))?;
    }
    Ok(more)
}

/// The end of a trim, a rule, a grant.
pub(crate) fn read_until(at: &str, text: &str) -> Result<Until, Fault> {
    let read = DateTime::<FixedOffset>::parse_from_rfc3339(text).map_err(|_| {
        let why = "write a date, a time and an offset, for example 2026-12-01T12:00:00+01:00";
        Fault::new(at, "time", why).with_value(text)
    })?;
    Ok(Until { at: read.with_timezone(&Utc), words: read.format("%Y-%m-%d %H:%M %:z").to_string() })
}

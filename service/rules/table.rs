//! Tables: which values of several options go together, as lists of what is allowed or denied.

use serde_json::Value as Json;

use super::{Values, written};
use crate::catalogue::fault::below;
use crate::catalogue::{Catalogue, Fault, Key, Opt, Value, unknown};
use crate::trims::Statement;
use crate::trims::written::read_list;

/// The most rows of one table.
const MOST_ROWS: usize = 5_000;

/// Rows over two options or more; the last one is the target.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    inputs: Vec<Key>,
    allow: Vec<Row>,
    deny: Vec<Row>,
}

/// What the inputs must hold, and the values of the target; none: all of them.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    inputs: Vec<Option<Vec<Value>>>,
    target: Option<Vec<Value>>,
}

impl Table {
    /// Reads a table; returns its target as well. Faults go to `faults`.
    pub(super) fn read(
        rule: &written::Rule,
        at: &str,
        catalogue: &Catalogue,
        faults: &mut Vec<Fault>,
    ) -> Option<(Key, Self)> {
        let before = faults.len();
        let mut options: Vec<&Opt> = Vec::new();
        for (n, key) in rule.table.iter().enumerate() {
            let at = below(&below(at, "table"), n.to_string());
            match catalogue.options.get(key) {
                None => faults.push(unknown(&at, "option", key, catalogue.options.keys())),
                Some(opt) if options.iter().any(|other| other.key == *key) => {
                    faults.push(Fault::new(at, "twice", format!("“{}” stands here twice", opt.key)));
                }
                Some(opt) => options.push(opt),
            }
        }
        if rule.table.len() < 2 {
            faults.push(Fault::new(below(at, "table"), "too-few", "name at least two options"));
        }
        if rule.allow.is_empty() == rule.deny.is_empty() {
            faults.push(Fault::new(at, "table", "a table needs either rows to allow or rows to deny"));
        }
        if rule.allow.len() + rule.deny.len() > MOST_ROWS {
            faults.push(Fault::new(at, "too-many", format!("write at most {MOST_ROWS} rows")));
        }
        if faults.len() > before {
            return None;
        }
        let mut rows = |member: &str, written: &[Vec<Json>]| {
            let at = below(at, member);
            let mut read = Vec::new();
            for (n, cells) in written.iter().enumerate() {
                match row(cells, &options, &below(&at, n.to_string())) {
                    Ok(row) => read.push(row),
                    Err(fault) => faults.push(fault),
                }
            }
            read
        };
        let (allow, deny) = (rows("allow", &rule.allow), rows("deny", &rule.deny));
        let (target, inputs) = options.split_last()?;
        let inputs = inputs.iter().map(|opt| opt.key.clone()).collect();
        (faults.len() == before).then(|| (target.key.clone(), Self { inputs, allow, deny }))
    }

    /// Whether its rows say what goes together, rather than what does not.
    pub fn allows(&self) -> bool {
        !self.allow.is_empty()
    }

    /// The options that decide.
    pub fn inputs(&self) -> &[Key] {
        &self.inputs
    }

    /// What it leaves of the target for `values`; none where that is everything, or an input has no value.
    pub fn statement(&self, values: &Values) -> Option<Statement> {
        let held: Vec<&Value> = self.inputs.iter().map(|key| values.get(key)).collect::<Option<_>>()?;
        let fits = |row: &&Row| {
            let cells = row.inputs.iter().zip(&held);
            cells.into_iter().all(|(cell, held)| cell.as_ref().is_none_or(|cell| cell.contains(held)))
        };
        let fitting = |rows: &[Row]| -> Option<Vec<Value>> {
            let mut all = Vec::new();
            for row in rows.iter().filter(fits) {
                all.extend(row.target.as_ref()?.iter().cloned());
            }
            Some(all)
        };
        if self.allow.is_empty() {
            // A row without a target denies everything: nothing may be left.
            return match fitting(&self.deny) {
                Some(denied) if denied.is_empty() => None,
                Some(denied) => Some(Statement::Except(denied)),
                None => Some(Statement::Only(vec![])),
            };
        }
        fitting(&self.allow).map(Statement::Only)
    }
}

fn row(cells: &[Json], options: &[&Opt], at: &str) -> Result<Row, Fault> {
    if cells.len() != options.len() {
        let why = format!("this row has {} cells, the table has {} options", cells.len(), options.len());
        return Err(Fault::new(at, "row", why));
    }
    let cells = cells.iter().zip(options).enumerate().map(|(n, (json, opt))| {
        let at = below(at, n.to_string());
        match json {
            Json::String(all) if all == "*" => Ok(None),
            Json::Array(list) => read_list(opt, &at, list).map(Some),
            one => read_list(opt, &at, std::slice::from_ref(one))
                .map(Some)
                .map_err(|fault| Fault { pointer: at, ..fault }),
        }
    });
    let mut inputs = cells.collect::<Result<Vec<_>, _>>()?;
    let target = inputs.pop().flatten();
    Ok(Row { inputs, target })
}

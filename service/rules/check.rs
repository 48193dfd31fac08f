//! From rules as written to rules that hold together, or every fault in them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cap, Condition, Effect, Rule, Rules, Table, order, written};
use crate::catalogue::fault::below;
use crate::catalogue::{Catalogue, Fault, Key, Kind, Profile, unknown};
use crate::trims::written::read_until;
use crate::trims::{Speaker, Trimmed};

/// The most rules of a site.
const MOST: usize = 1_000;

impl Rules {
    /// Checks what was written below `/rules`; `ceiling` is each option as far as the site ever allows it.
    pub fn check(
        written: &written::Rules,
        catalogue: &Catalogue,
        ceiling: &BTreeMap<&Key, Trimmed<'_>>,
        faults: &mut Vec<Fault>,
    ) -> Self {
        if written.len() > MOST {
            faults.push(Fault::new("/rules", "too-many", format!("write at most {MOST} rules")));
            return Self::default();
        }
        let mut rules = Self::default();
        for (key, rule) in written {
            let at = below("/rules", key.as_str());
            let before = faults.len();
            if let Some(rule) = check_rule(key, rule, &at, catalogue, faults) {
                faults.extend(never_fires(&rule, &at, catalogue, ceiling));
                faults.extend(leaves_nothing(&rule, &at, ceiling));
                if faults.len() == before {
                    rules.rules.push(rule);
                }
            }
        }
        faults.extend(rules.silenced(ceiling));
        match rules.arranged(&catalogue.profiles) {
            Ok(rules) => rules,
            Err(fault) => {
                faults.push(fault);
                Self::default()
            }
        }
    }

    /// Rules that never fire because others, which fire whenever they would, do not let them.
    fn silenced(&self, ceiling: &BTreeMap<&Key, Trimmed<'_>>) -> Vec<Fault> {
        let mut faults = Vec::new();
        for rule in &self.rules {
            for condition in &rule.when {
                let Some(before) = ceiling.get(&condition.option) else { continue };
                let others = self.rules.iter().filter(|other| {
                    other.until.is_none() && other.when.iter().all(|wanted| is_implied(wanted, rule, ceiling))
                });
                let silent = others
                    .flat_map(|other| other.effects.iter().map(move |effect| (other, effect)))
                    .find(|(_, (target, effect))| {
                        let Effect::Says(statements) = effect else { return false };
                        let mut option = before.clone();
                        let left =
                            *target != condition.option || option.apply(&Speaker::NOBODY, statements).is_ok();
                        !left || option.absent || !condition.can_hold(&option.opt.kind, &option.allowed)
                    });
                if let Some((other, _)) = silent {
                    let at =
                        below(&below(&below("/rules", rule.key.as_str()), "when"), condition.option.as_str());
                    let why = format!(
                        "this never happens: rule “{}” leaves no such “{}”",
                        other.key, condition.option
                    );
                    faults.push(Fault::new(at, "never", why));
                }
            }
        }
        faults
    }

    /// With its order and index.
    fn arranged(mut self, profiles: &[Profile]) -> Result<Self, Fault> {
        let mut edges: BTreeMap<&Key, BTreeSet<&Key>> = BTreeMap::new();
        let mut by_target: BTreeMap<Key, Vec<(usize, usize)>> = BTreeMap::new();
        for (n, rule) in self.rules.iter().enumerate() {
            for (m, (target, effect)) in rule.effects.iter().enumerate() {
                by_target.entry(target.clone()).or_default().push((n, m));
                edges.entry(target).or_default();
                for input in rule.inputs(effect) {
                    edges.entry(input).or_default().insert(target);
                }
            }
        }
        let order = order::order(&edges).map_err(|path| {
            let closes = |rule: &&Rule| {
                let (from, to) = (path[path.len() - 2], path[path.len() - 1]);
                let effects = rule.effects.iter().filter(|(target, _)| target == to);
                effects.into_iter().any(|(_, effect)| rule.inputs(effect).any(|input| input == from))
            };
            let at = self
                .rules
                .iter()
                .rev()
                .find(closes)
                .map_or_else(|| "/rules".to_owned(), |rule| below("/rules", rule.key.as_str()));
            let path: Vec<&str> = path.iter().map(|key| key.as_str()).collect();
            Fault::new(at, "ring", format!("these options decide about one another: {}", path.join(" → ")))
        })?;
        for profile in profiles {
            let places = in_order(profile, &order);
            if !places.is_sorted() {
                self.orders.insert(profile.key.clone(), places);
            }
        }
        self.by_target = by_target;
        Ok(self)
    }
}

/// Places of the options of `profile`: those in `order` change places among themselves, the others stay.
fn in_order(profile: &Profile, order: &[Key]) -> Vec<usize> {
    let rank = |place: &usize| order.iter().position(|key| *key == profile.options[*place]);
    let mut places: Vec<usize> = (0..profile.options.len()).collect();
    let mentioned: Vec<usize> = places.iter().copied().filter(|place| rank(place).is_some()).collect();
    let mut sorted = mentioned.clone();
    sorted.sort_by_key(rank);
    for (slot, place) in mentioned.into_iter().zip(sorted) {
        places[slot] = place;
    }
    places
}

fn check_rule(
    key: &Key,
    written: &written::Rule,
    at: &str,
    catalogue: &Catalogue,
    faults: &mut Vec<Fault>,
) -> Option<Rule> {
    let before = faults.len();
    let mut when = Vec::new();
    for (option, json) in &written.when {
        let at = below(&below(at, "when"), option.as_str());
        match catalogue.options.get(option) {
            None => faults.push(unknown(&at, "option", option, catalogue.options.keys())),
            Some(opt) => match Condition::read(opt, &at, json) {
                Ok(condition) => when.push(condition),
                Err(fault) => faults.push(fault),
            },
        }
    }
    let mut effects = Vec::new();
    for (option, says) in &written.then {
        let at = below(&below(at, "then"), option.as_str());
        let Some(opt) = catalogue.options.get(option) else {
            faults.push(unknown(&at, "option", option, catalogue.options.keys()));
            continue;
        };
        let statements = says.statements(opt, &at, faults);
        if statements.is_empty() && faults.len() == before {
            faults.push(Fault::new(at, "empty", "say what is left of it: min, max, only, fixed, hidden, …"));
        }
        effects.push((option.clone(), Effect::Says(statements)));
    }
    if let Some(cap) = &written.cap {
        match Cap::read(cap, &below(at, "cap"), catalogue) {
            Ok((option, cap)) => effects.push((option, Effect::Cap(cap))),
            Err(fault) => faults.push(fault),
        }
    }
    if !written.table.is_empty() {
        let table = Table::read(written, at, catalogue, faults);
        effects.extend(table.map(|(option, table)| (option, Effect::Table(table))));
    }
    let kinds = [!written.then.is_empty(), written.cap.is_some(), !written.table.is_empty()];
    if kinds.into_iter().filter(|there| *there).count() != 1 {
        faults.push(Fault::new(at, "rule", "a rule has one of `then`, `cap` and `table`"));
    }
    if !written.then.is_empty() && written.when.is_empty() {
        faults.push(Fault::new(
            at,
            "rule",
            "without `when` this is no rule but a trim: write it below `trims`",
        ));
    }
    if written.because.trim().is_empty() {
        let why = "every limit needs a reason people can be told";
        faults.push(Fault::new(below(at, "because"), "because", why));
    }
    let until = written
        .until
        .as_ref()
        .and_then(|text| read_until(&below(at, "until"), text).map_err(|fault| faults.push(fault)).ok());
    let because = written.because.clone();
    (faults.len() == before).then(|| Rule { key: key.clone(), when, effects, because, until })
}

/// A rule that is never heard is a slip of the pen.
fn never_fires(
    rule: &Rule,
    at: &str,
    catalogue: &Catalogue,
    ceiling: &BTreeMap<&Key, Trimmed<'_>>,
) -> Vec<Fault> {
    let meet = |(target, effect): &(Key, Effect)| {
        let together: Vec<&Key> = rule.inputs(effect).chain([target]).collect();
        catalogue.profiles.iter().any(|profile| together.iter().all(|key| profile.options.contains(key)))
    };
    let mut faults: Vec<Fault> = Vec::new();
    for effect in rule.effects.iter().filter(|effect| !meet(effect)) {
        let inputs: Vec<&str> = rule.inputs(&effect.1).map(Key::as_str).collect();
        let why =
            format!("this never happens: no profile has both “{}” and “{}”", inputs.join("”, “"), effect.0);
        faults.push(Fault::new(at, "never", why));
    }
    for condition in &rule.when {
        let fits = ceiling
            .get(&condition.option)
            .is_none_or(|option| !option.absent && condition.can_hold(&option.opt.kind, &option.allowed));
        if !fits {
            let why = format!("this never happens: the site does not allow such a “{}”", condition.option);
            faults.push(Fault::new(below(&below(at, "when"), condition.option.as_str()), "never", why));
        }
    }
    faults
}

/// What a rule says must leave something of what the site allows; a cap, even for the least that it counts.
fn leaves_nothing(rule: &Rule, at: &str, ceiling: &BTreeMap<&Key, Trimmed<'_>>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (target, effect) in &rule.effects {
        let Some(option) = ceiling.get(target) else { continue };
        let fault = match effect {
            Effect::Says(_) if effect.at_most(option).is_none() => {
                Some((below(&below(at, "then"), target.as_str()), format!("nothing is left of “{target}”")))
            }
            Effect::Cap(cap) => least(rule, cap, ceiling).and_then(|least| {
                let left = match cap.at_most {
                    true => option.allowed.within(None, Some(cap.bound(least))),
                    false => option.allowed.within(Some(cap.bound(least)), None),
                };
                let label = ceiling.get(&cap.of).map(|of| of.opt.kind.amount_label(least))?;
                let why = format!(
                    "with “{}” at {label} nothing is left of “{target}”; say `when` it holds",
                    cap.of
                );
                left.is_none().then(|| (below(at, "cap"), why))
            }),
            Effect::Says(_) | Effect::Table(_) => None,
        };
        faults.extend(fault.map(|(at, why)| Fault::new(at, "empty", why)));
    }
    faults
}

/// Whether `wanted` holds whenever `rule` fires.
fn is_implied(wanted: &Condition, rule: &Rule, ceiling: &BTreeMap<&Key, Trimmed<'_>>) -> bool {
    let Some(option) = ceiling.get(&wanted.option) else { return false };
    // Of several values one is enough for a condition: what is left does not say which.
    if matches!(option.opt.kind, Kind::Several(_)) {
        return false;
    }
    let left = |condition: &Condition| {
        let mut option = option.clone();
        option.apply(&Speaker::NOBODY, &[condition.test.statement()]).ok().map(|()| option.allowed)
    };
    rule.when.iter().filter(|condition| condition.option == wanted.option).any(|condition| {
        left(condition).zip(left(wanted)).is_some_and(|(ours, theirs)| theirs.covers(&option.opt.kind, &ours))
    })
}

/// The value of the right side at which a cap is tightest, where its rule fires.
fn least(rule: &Rule, cap: &Cap, ceiling: &BTreeMap<&Key, Trimmed<'_>>) -> Option<i64> {
    let mut option = ceiling.get(&cap.of)?.clone();
    for condition in rule.when.iter().filter(|condition| condition.option == cap.of) {
        option.apply(&Speaker::NOBODY, &[condition.test.statement()]).ok()?;
    }
    let mut values: Vec<i64> = option.allowed.ends().map(|(min, max)| vec![min, max])?;
    values.sort_unstable();
    if cap.at_most { values.first().copied() } else { values.last().copied() }
}

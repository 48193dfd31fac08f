//! The values of choices, multis and modules: what each may say, and that they fit together.

use std::collections::BTreeSet;

use super::super::fault::below;
use super::super::pattern::is_safe_text;
use super::super::value::{Choice, Several, SharedText};
use super::super::written::{self, OptType};
use super::super::{Fault, Key};
use super::check_label;

/// More than anybody reads; a list of modules has a few hundred.
const MOST: usize = 2_000;

/// The values of a choice.
pub(super) fn check(at: &str, written: &written::Opt) -> Result<Vec<Choice>, Fault> {
    let at = &below(at, "choices");
    if written.choices.is_empty() {
        return Err(Fault::new(at, "no-choices", "a choice needs choices: `choices: {value: label, …}`"));
    }
    if written.choices.len() > MOST {
        return Err(Fault::new(at, "too-many", format!("offer at most {MOST} choices")));
    }
    let mut names = BTreeSet::new();
    for (value, choice) in &written.choices {
        let at = &below(at, value);
        check_value(at, value, written.kind)?;
        if let Some(fault) = check_label(&below(at, "label"), &choice.0.label) {
            return Err(fault);
        }
        for name in std::iter::once(value).chain(&choice.0.was) {
            if !names.insert(name) {
                return Err(Fault::new(below(at, "was"), "taken", format!("“{name}” names two choices")));
            }
        }
        let loads = written.kind == OptType::Modules;
        let loaded = !choice.0.needs.is_empty() || !choice.0.conflicts.is_empty();
        if loaded && !loads {
            return Err(Fault::new(at, "misplaced", "only modules need or conflict with one another"));
        }
        if choice.0.nothing && written.kind != OptType::Choice {
            return Err(Fault::new(
                below(at, "nothing"),
                "misplaced",
                "of several, nothing is to choose none",
            ));
        }
    }
    Ok(written.choices.iter().map(|(value, choice)| read(value, &choice.0)).collect())
}

/// The values of a multi or of modules.
pub(super) fn check_several(at: &str, written: &written::Opt) -> Result<Several, Fault> {
    let choices = check(at, written)?;
    let most = written.most.unwrap_or(choices.len());
    if most == 0 {
        return Err(Fault::new(below(at, "most"), "empty", "let people choose at least one"));
    }
    let several =
        Several { most: most.min(choices.len()), modules: written.kind == OptType::Modules, choices };
    check_modules(&below(at, "choices"), &several)?;
    Ok(several)
}

fn check_value(at: &str, value: &str, kind: OptType) -> Result<(), Fault> {
    if value.is_empty() || !is_safe_text(value) {
        let why = "a choice's value must not be empty or hold control characters or { } %";
        return Err(Fault::new(at, "choice", why));
    }
    // What stands behind `module load`: letters that no shell gives a meaning to.
    let loadable = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '/' | '@');
    if kind == OptType::Modules && (!value.chars().all(loadable) || value.starts_with('-')) {
        let why = "a module is named with letters, digits and . _ + - / @, and not with a - at its beginning";
        return Err(Fault::new(at, "module", why));
    }
    // A list is posted and written with spaces or line breaks between its values.
    if kind == OptType::Multi && value.contains(char::is_whitespace) {
        return Err(Fault::new(at, "choice", "a value of a multi has no spaces: say them in its label"));
    }
    Ok(())
}

fn read(value: &str, written: &written::ChoiceMap) -> Choice {
    let words = |written: &[String]| written.iter().map(|name| name.as_str().into()).collect();
    Choice {
        value: value.into(),
        label: written.label.clone(),
        help: written.help.clone(),
        groups: written.groups.clone(),
        was: words(&written.was),
        nothing: written.nothing,
        needs: words(&written.needs),
        conflicts: words(&written.conflicts),
    }
}

/// What is needed or conflicts is there, nothing needs itself by detours, and nothing needs what it conflicts with.
fn check_modules(at: &str, several: &Several) -> Result<(), Fault> {
    let find = |name: &SharedText| several.choices.iter().find(|choice| choice.value == *name);
    for choice in &several.choices {
        let at = &below(at, &choice.value);
        for (member, names) in [("needs", &choice.needs), ("conflicts", &choice.conflicts)] {
            if let Some(name) = names.iter().find(|name| find(name).is_none()) {
                return Err(Fault::new(
                    below(at, member),
                    "unknown",
                    format!("there is no module “{name}” here"),
                ));
            }
        }
        let mut path = vec![&*choice.value];
        if let Some(ring) = ring(several, choice, &mut path) {
            return Err(Fault::new(
                below(at, "needs"),
                "ring",
                format!("these need one another: {}", ring.join(" → ")),
            ));
        }
        let needed: Vec<SharedText> =
            several.in_order(std::slice::from_ref(&choice.value)).into_iter().map(SharedText::from).collect();
        if let Some((one, other)) = several.clash(&needed) {
            let why = format!("loading it loads “{one}” and “{other}”, which conflict");
            return Err(Fault::new(below(at, "conflicts"), "conflict", why));
        }
    }
    Ok(())
}

fn ring<'a>(several: &'a Several, choice: &'a Choice, path: &mut Vec<&'a str>) -> Option<Vec<&'a str>> {
    for next in several.choices.iter().filter(|other| choice.needs.contains(&other.value)) {
        let begun = path.contains(&&*next.value);
        path.push(&next.value);
        if begun {
            return Some(path.clone());
        }
        if let Some(ring) = ring(several, next, path) {
            return Some(ring);
        }
        path.pop();
    }
    None
}

/// Groups that choices are kept for but that the site does not have: they would be nobody's.
pub(crate) fn unknown_groups<'a>(
    choices: &'a [Choice],
    is_known: impl Fn(&Key) -> bool + 'a,
) -> impl Iterator<Item = (&'a Choice, &'a Key)> {
    choices
        .iter()
        .flat_map(|choice| choice.groups.iter().map(move |group| (choice, group)))
        .filter(move |(_, group)| !is_known(group))
}

//! Several owners in one layer: all of them, by priority, or adding up.

use std::borrow::Cow;

use super::{Conflict, Speaker, Statement, Trim, Trimmed};
use crate::catalogue::Allowed;

/// A trim, and who says it.
#[derive(Debug, Clone, Copy)]
pub struct Said<'a> {
    /// `the site`, or the title of a group or an event.
    pub owner: &'a str,
    pub priority: i32,
    /// Until when the owner says anything at all, in words.
    pub until: Option<&'a str>,
    pub trim: &'a Trim,
}

impl<'a> Said<'a> {
    /// All but defaults, which take nothing away.
    fn narrowing(&self) -> Vec<Statement> {
        let statements = self.trim.statements.iter();
        statements.filter(|one| !matches!(one, Statement::Default(_))).cloned().collect()
    }

    fn speaker(&self) -> Speaker<'a> {
        Speaker {
            owner: self.owner,
            reason: &self.trim.because,
            rule: None,
            until: self
                .trim
                .until
                .as_ref()
                .map(|until| until.words.as_str())
                .or(self.until)
                .map(Cow::Borrowed),
        }
    }
}

/// Applies all of `said`: each holds, whatever the others say.
///
/// # Errors
/// The first conflict.
pub fn narrow_all<'a>(
    option: &mut Trimmed<'a>,
    said: impl IntoIterator<Item = Said<'a>>,
) -> Result<(), Conflict> {
    said.into_iter().try_for_each(|said| option.apply(&said.speaker(), &said.trim.statements))
}

/// Applies `said`, broad owners first: of two that leave nothing together, the one of higher priority holds, and the
/// other is noted as overruled (design §3.5). The last default wins.
///
/// # Errors
/// The conflict, where those two are of one priority, or `said` leaves nothing of what was there before.
pub fn narrow_by_priority<'a>(option: &mut Trimmed<'a>, said: &[Said<'a>]) -> Result<(), Conflict> {
    let before = option.clone();
    let mut by_priority: Vec<&Said<'a>> = said.iter().collect();
    by_priority.sort_by_key(|said| std::cmp::Reverse(said.priority));
    // What those of strictly higher priority leave.
    let (mut above, mut priority) = (option.clone(), i32::MAX);
    for said in by_priority {
        if said.priority < priority {
            (above, priority) = (option.clone(), said.priority);
        }
        let (speaker, narrowing) = (said.speaker(), said.narrowing());
        let narrowed = |option: &Trimmed<'a>| {
            let mut option = option.clone();
            option.apply(&speaker, &narrowing).map(|()| option)
        };
        match narrowed(option) {
            Ok(less) => *option = less,
            Err(conflict) if narrowed(&before).is_ok() && narrowed(&above).is_err() => {
                option.overruled.push(conflict.sentence);
            }
            Err(conflict) => return Err(conflict),
        }
    }
    let defaults = said.iter().flat_map(|said| &said.trim.statements);
    for default in defaults.filter(|one| matches!(one, Statement::Default(_))) {
        if !option.fixed {
            option.apply(&Speaker::NOBODY, std::slice::from_ref(default))?;
        }
    }
    Ok(())
}

/// Adds `grants` to what everybody has: the option is then shown, set and as wide as `ceiling` and the widest of them
/// allow, whatever the baseline says of it.
///
/// Who is granted everything gets `open`, if that is anything. The order of grants does not matter. What the ceiling
/// itself keeps from everybody, nobody grants.
pub fn widen<'a>(
    option: &mut Trimmed<'a>,
    ceiling: &Trimmed<'a>,
    open: Option<&Allowed>,
    grants: impl IntoIterator<Item = Said<'a>>,
) {
    if ceiling.absent || ceiling.hidden {
        return;
    }
    let (kind, all, ceiling) = (&option.opt.kind, &option.opt.all, &ceiling.allowed);
    let more = |grant: &Allowed| if grant == all { open.cloned() } else { grant.both(kind, ceiling) };
    let mut grants: Vec<(Said<'a>, Allowed)> =
        grants.into_iter().filter_map(|said| Some((said, more(said.trim.grant.as_ref()?)?))).collect();
    // Ranges first, and in one order: between two of them everything is granted, between a range and a list it is not.
    grants.sort_by_key(|(_, more)| (!matches!(more, Allowed::Between { .. }), more.ends()));
    for (said, more) in grants {
        let absent = option.absent;
        option.forget_who_took();
        (option.fixed, option.hidden, option.absent, option.required) = (false, false, false, false);
        // What was not offered at all is offered as far as it is granted.
        option.allowed = if absent { more } else { option.allowed.widened(kind, &more, ceiling) };
        option.explain(&said.speaker());
    }
}

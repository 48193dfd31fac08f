//! Another default where nobody chose and rules leave nothing: the account of a project has no time on the first system
//! of the list, but it has on the second.

use chrono::{DateTime, Utc};

use super::content::Content;
use super::settle::{Wishes, settle};
use crate::catalogue::{Key, Profile};
use crate::trims::Trimmed;

/// Choices that are tried of one option.
const TRIED: usize = 64;
/// Options whose default moves.
const MOVED: usize = 3;

/// `options` with defaults that start, for whoever fills in every option; none where theirs do, or none does.
///
/// Only what decides about an option that lost everything moves, and only as far as it has to: to the first choice
/// with which fewer options are lost. Nothing is offered that rules do not leave: any of it could have been chosen.
pub(super) fn that_start<'a>(
    content: &'a Content,
    profile: &Profile,
    options: &[Trimmed<'a>],
    now: DateTime<Utc>,
) -> Option<Vec<Trimmed<'a>>> {
    let lost = |options: &[Trimmed<'a>]| settle(content, profile, options, Wishes::default(), now).lost;
    let mut left = lost(options);
    if left.is_empty() {
        return None;
    }
    let mut options = options.to_vec();
    for _ in 0..MOVED {
        (options, left) = step(content, &options, &left, &lost)?;
        if left.is_empty() {
            return Some(options);
        }
    }
    None
}

/// Options, and why nothing is left of them.
type Lost = Vec<(Key, String)>;

/// The first default that can move so that less is lost.
fn step<'a>(
    content: &Content,
    options: &[Trimmed<'a>],
    left: &Lost,
    lost: &impl Fn(&[Trimmed<'a>]) -> Lost,
) -> Option<(Vec<Trimmed<'a>>, Lost)> {
    let (about, _) = left.first()?;
    let place = |key: &Key| options.iter().position(|option| option.opt.key == *key);
    // A rule against what somebody fixed is a mistake of theirs: it is told, not gone around (design §3.5).
    if options[place(about)?].fixed {
        return None;
    }
    let inputs = content.rules.inputs_of(about).into_iter().filter_map(place);
    for place in inputs.filter(|place| !options[*place].constant()) {
        for choice in options[place].allowed.listed(TRIED).unwrap_or_default() {
            let mut moved = options.to_vec();
            moved[place].default = choice;
            let fewer = lost(&moved);
            if fewer.len() < left.len() {
                return Some((moved, fewer));
            }
        }
    }
    None
}

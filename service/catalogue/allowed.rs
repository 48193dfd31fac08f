//! The values an option may still take: sets that only ever shrink, but for a grant.

mod narrow;
mod words;

use std::sync::Arc;

use super::pattern;
use super::value::{Kind, SharedText, Value};

/// What may be chosen. Starts as everything the option's type allows; trims and rules intersect it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// In the site's order.
    OneOf(Arc<[Value]>),
    /// `min`, `min + step`, … up to `max`; the steps count from `base`, which no trim moves.
    Between { min: i64, max: i64, step: i64, base: i64 },
    /// Any text the option's pattern matches; `filled`: not the empty one.
    Matching { filled: bool },
    /// `least` to `most` of these, in the site's order.
    Subset { of: Arc<[SharedText]>, least: usize, most: usize },
}

/// Where a value lands that is not allowed itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Nearest {
    /// The value is allowed as it is.
    Itself,
    /// A number moved to the nearest bound or step.
    Moved(Value),
    /// A choice or text that is gone: nothing is near it.
    Nowhere,
}

impl Allowed {
    /// Everything `kind` allows.
    pub fn all_of(kind: &Kind) -> Self {
        match kind {
            Kind::Choice(choices) => {
                Self::OneOf(choices.iter().map(|choice| Value::Text(choice.value.clone())).collect())
            }
            Kind::Several(several) => {
                let of = several.choices.iter().map(|choice| choice.value.clone()).collect();
                Self::Subset { of, least: 0, most: several.most }
            }
            Kind::Amount { min, max, step, .. } => {
                Self::Between { min: *min, max: *max, step: *step, base: *min }
            }
            Kind::Flag => Self::OneOf([Value::Flag(false), Value::Flag(true)].into()),
            Kind::Text { .. } => Self::Matching { filled: false },
        }
    }

    /// Whether `value` may be chosen. `kind` is the option's own, for texts and modules.
    pub fn contains(&self, kind: &Kind, value: &Value) -> bool {
        match (self, value) {
            (Self::OneOf(values), value) => values.contains(value),
            (Self::Between { min, max, step, base }, Value::Amount(amount)) => {
                (*min..=*max).contains(amount) && (amount - base) % step == 0
            }
            (Self::Matching { filled }, Value::Text(text)) => {
                is_text_of(kind, text) && !(*filled && text.is_empty())
            }
            (Self::Subset { of, least, most }, Value::List(items)) => {
                let Kind::Several(several) = kind else { return false };
                (*least..=*most).contains(&items.len())
                    && items.iter().all(|item| of.contains(item))
                    && several.clash(items).is_none()
            }
            _ => false,
        }
    }

    /// Whether `item`, one of the values to choose from, is still among them.
    pub fn has_item(&self, item: &str) -> bool {
        match self {
            Self::OneOf(values) => values.iter().any(|value| match value {
                Value::Text(text) => **text == *item,
                Value::List(items) => items.iter().any(|other| **other == *item),
                Value::Amount(_) | Value::Flag(_) => false,
            }),
            Self::Subset { of, .. } => of.iter().any(|other| **other == *item),
            Self::Between { .. } | Self::Matching { .. } => false,
        }
    }

    /// Where a saved value lands today (design §3.7: numbers move, choices and texts do not).
    pub fn nearest(&self, kind: &Kind, value: &Value) -> Nearest {
        if self.contains(kind, value) {
            return Nearest::Itself;
        }
        match (self, value) {
            (Self::Between { min, max, step, base }, Value::Amount(amount)) => {
                let amount = (*amount).clamp(*min, *max);
                Nearest::Moved(Value::Amount(amount - (amount - base).rem_euclid(*step)))
            }
            (Self::OneOf(values), Value::Amount(wanted)) => {
                let distance = |value: &&Value| match value {
                    Value::Amount(amount) => (amount.abs_diff(*wanted), *amount),
                    _ => (u64::MAX, i64::MAX),
                };
                values
                    .iter()
                    .min_by_key(distance)
                    .map_or(Nearest::Nowhere, |near| Nearest::Moved(near.clone()))
            }
            _ => Nearest::Nowhere,
        }
    }

    /// What stands first: where a default lands that is not near anything.
    pub fn first(&self) -> Option<Value> {
        match self {
            Self::OneOf(values) => values.first().cloned(),
            Self::Between { min, .. } => Some(Value::Amount(*min)),
            Self::Matching { .. } => None,
            Self::Subset { of, least, .. } => Some(Value::List(of.iter().take(*least).cloned().collect())),
        }
    }

    /// Whether each value of `other` is one of these; both are of one `kind`.
    pub fn covers(&self, kind: &Kind, other: &Self) -> bool {
        match (self, other) {
            (_, Self::OneOf(values)) => values.iter().all(|value| self.contains(kind, value)),
            (Self::Between { step, .. }, Self::Between { min, max, step: theirs, .. }) => {
                let ends = [*min, *max].map(|amount| self.contains(kind, &Value::Amount(amount)));
                ends == [true, true] && (min == max || theirs % step == 0)
            }
            (Self::OneOf(values), Self::Between { .. }) => other
                .listed(values.len())
                .is_some_and(|listed| self.covers(kind, &Self::OneOf(listed.into()))),
            (Self::Matching { filled }, Self::Matching { filled: theirs }) => !filled || *theirs,
            (Self::Subset { of, least, most }, Self::Subset { of: theirs, least: fewest, most: at_most }) => {
                theirs.iter().all(|item| of.contains(item))
                    && fewest >= least
                    && at_most.min(&theirs.len()) <= most
            }
            _ => false,
        }
    }

    /// The only value there is, if there is only one.
    pub fn single(&self) -> Option<Value> {
        match self {
            Self::OneOf(values) if values.len() == 1 => values.first().cloned(),
            Self::Between { min, max, .. } if min == max => Some(Value::Amount(*min)),
            Self::Subset { of, most, .. } if of.is_empty() || *most == 0 => Some(Value::List(Arc::default())),
            Self::Subset { of, least, .. } if *least == of.len() => Some(Value::List(of.clone())),
            _ => None,
        }
    }

    /// Every value, where there are at most `most`: a list cannot be filled in wrongly.
    pub fn listed(&self, most: usize) -> Option<Vec<Value>> {
        match self {
            Self::OneOf(values) => Some(values.to_vec()),
            Self::Between { min, max, step, .. } => {
                let count = usize::try_from((max - min) / step).ok()?.checked_add(1)?;
                let values = (0..i64::try_from(count).ok()?).map(|n| Value::Amount(min + n * step));
                (count <= most).then(|| values.collect())
            }
            Self::Matching { .. } | Self::Subset { .. } => None,
        }
    }

    /// How many choices this is to somebody who fills in a form: none where nothing is to be chosen from a list.
    pub fn count(&self) -> usize {
        match self {
            Self::OneOf(values) => values.len(),
            Self::Subset { of, .. } => of.len(),
            Self::Between { .. } | Self::Matching { .. } => 0,
        }
    }

    /// The smallest and the largest amount.
    pub fn ends(&self) -> Option<(i64, i64)> {
        match self {
            Self::Between { min, max, .. } => Some((*min, *max)),
            Self::OneOf(values) => {
                let amounts = || {
                    values.iter().filter_map(|value| {
                        if let Value::Amount(amount) = value { Some(*amount) } else { None }
                    })
                };
                amounts().min().zip(amounts().max())
            }
            Self::Matching { .. } | Self::Subset { .. } => None,
        }
    }
}

/// Whether `value` says that nothing is chosen.
pub fn is_nothing(kind: &Kind, value: &Value) -> bool {
    match value {
        Value::Text(text) => match kind {
            Kind::Choice(choices) => choices.iter().any(|choice| choice.nothing && choice.value == *text),
            _ => text.is_empty(),
        },
        Value::Amount(amount) => *amount == 0,
        Value::Flag(on) => !on,
        Value::List(items) => items.is_empty(),
    }
}

fn is_text_of(kind: &Kind, text: &str) -> bool {
    let Kind::Text { pattern: written, longest, in_script } = kind else { return false };
    let stays = pattern::is_safe_text(text) && (!in_script || pattern::is_one_word(text));
    text.chars().count() <= *longest && stays && written.matches(text)
}

#[cfg(test)]
mod tests {
    use super::{Allowed, Nearest};
    use crate::catalogue::amount::Measure;
    use crate::catalogue::value::{Kind, Value};
    use proptest::prelude::*;

    fn kind(min: i64, max: i64, step: i64) -> Kind {
        Kind::Amount { measure: Measure::Integer, unit: Some("cores".to_owned()), min, max, step }
    }

    #[test]
    fn a_bound_between_two_steps_moves_inwards() {
        let kind = kind(1, 100, 10); // 1, 11, 21, …, 91
        let allowed = Allowed::all_of(&kind).within(Some(5), Some(40)).expect("11 to 31 are left");
        assert_eq!(allowed.describe(&kind), "between 11 and 31 cores");
    }

    #[test]
    fn a_set_covers_what_is_inside_it_and_nothing_else() {
        let kind = kind(0, 100, 10);
        let all = Allowed::all_of(&kind);
        let some = |values: &[i64]| Allowed::OneOf(values.iter().map(|n| Value::Amount(*n)).collect());
        let within = |min, max| all.within(Some(min), Some(max)).expect("something is left");
        assert!(all.covers(&kind, &within(20, 50)) && all.covers(&kind, &some(&[0, 100])));
        assert!(!within(20, 50).covers(&kind, &all) && !within(20, 50).covers(&kind, &some(&[20, 60])));
        assert!(some(&[20, 30]).covers(&kind, &within(20, 30)));
        assert!(!some(&[20, 40]).covers(&kind, &within(20, 40)));
        assert!(
            !Allowed::Matching { filled: false }.covers(&kind, &all)
                && !all.covers(&kind, &Allowed::Matching { filled: false })
        );
    }

    #[test]
    fn nothing_left_is_said_not_guessed() {
        let kind = kind(1, 10, 1);
        assert_eq!(Allowed::all_of(&kind).within(Some(11), None), None);
        assert_eq!(Allowed::all_of(&kind).within(Some(6), Some(5)), None);
    }

    proptest! {
        // A failure is told with its input; nothing is written into the tree.
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn narrowing_keeps_a_subset(min in 0i64..50, span in 0i64..200, step in 1i64..20, low in 0i64..300, high in 0i64..300, probe in 0i64..300) {
            let kind = kind(min, min + span, step);
            let before = Allowed::all_of(&kind);
            if let Some(after) = before.within(Some(low), Some(high)) {
                let probe = Value::Amount(probe);
                prop_assert!(!after.contains(&kind, &probe) || before.contains(&kind, &probe));
                prop_assert!(before.covers(&kind, &after));
                if let Nearest::Moved(near) = after.nearest(&kind, &probe) {
                    prop_assert!(after.contains(&kind, &near));
                }
            }
        }
    }
}

//! Less of a set, or with a grant more.

use std::sync::Arc;

use super::{Allowed, is_nothing};
use crate::catalogue::value::{Kind, SharedText, Value};

impl Allowed {
    /// The same set without what lies outside `min..=max`; `None` where nothing is left.
    ///
    /// A bound between two steps moves inwards: narrowing never widens.
    pub fn within(&self, least: Option<i64>, most: Option<i64>) -> Option<Self> {
        match self {
            Self::Between { min, max, step, base } => {
                let least = least.map_or(*min, |least| least.max(*min));
                let most = most.map_or(*max, |most| most.min(*max));
                let up = |amount: i64| amount.checked_add((step - (amount - base).rem_euclid(*step)) % step);
                let (least, most) = (up(least)?, most.checked_sub((most - base).rem_euclid(*step))?);
                (least <= most).then_some(Self::Between { min: least, max: most, step: *step, base: *base })
            }
            Self::OneOf(values) => {
                let inside = |value: &&Value| match value {
                    Value::Amount(amount) => {
                        least.is_none_or(|least| *amount >= least) && most.is_none_or(|most| *amount <= most)
                    }
                    _ => true,
                };
                Self::one_of(values.iter().filter(inside).cloned().collect())
            }
            Self::Matching { .. } | Self::Subset { .. } => Some(self.clone()),
        }
    }

    /// The same set with only these of its values; `None` where nothing is left.
    ///
    /// Of a multi, `wanted` are lists whose items may still be chosen.
    pub fn only(&self, kind: &Kind, wanted: &[Value]) -> Option<Self> {
        match self {
            Self::OneOf(values) => Self::one_of(
                values
                    .iter()
                    .filter(|value| match (value, kind) {
                        (Value::List(items), Kind::Several(_)) => {
                            items.iter().all(|item| is_among(wanted, item))
                        }
                        (value, _) => wanted.contains(value),
                    })
                    .cloned()
                    .collect(),
            ),
            Self::Subset { of, least, most } => {
                Self::some(of.iter().filter(|item| is_among(wanted, item)).cloned().collect(), *least, *most)
            }
            _ => Self::one_of(wanted.iter().filter(|value| self.contains(kind, value)).cloned().collect()),
        }
    }

    /// The same set without these values; `None` where nothing is left. Of a multi, without their items.
    pub fn except(&self, kind: &Kind, unwanted: &[Value]) -> Option<Self> {
        match self {
            Self::OneOf(values) => Self::one_of(
                values
                    .iter()
                    .filter(|value| match (value, kind) {
                        (Value::List(items), Kind::Several(_)) => {
                            !items.iter().any(|item| is_among(unwanted, item))
                        }
                        (value, _) => !unwanted.contains(value),
                    })
                    .cloned()
                    .collect(),
            ),
            Self::Subset { of, least, most } => Self::some(
                of.iter().filter(|item| !is_among(unwanted, item)).cloned().collect(),
                *least,
                *most,
            ),
            // Nothing is taken out of what is too long to list: whoever writes such a trim is told.
            Self::Between { .. } => match self.listed(Self::MOST_LISTED) {
                Some(values) => {
                    Self::one_of(values.into_iter().filter(|value| !unwanted.contains(value)).collect())
                }
                None => Some(self.clone()),
            },
            Self::Matching { .. } => Some(self.clone()),
        }
    }

    /// Numbers of so many values can be listed one by one, without some of them.
    pub const MOST_LISTED: usize = 1024;

    /// The same set with nothing but `value`; `None` where it is not in it.
    pub fn just(&self, kind: &Kind, value: &Value) -> Option<Self> {
        self.contains(kind, value).then(|| Self::OneOf([value.clone()].into()))
    }

    /// The same set without what means “nothing”: the empty text and list, no, zero, a choice that says so.
    pub fn filled(&self, kind: &Kind) -> Option<Self> {
        match self {
            Self::OneOf(values) => {
                Self::one_of(values.iter().filter(|value| !is_nothing(kind, value)).cloned().collect())
            }
            Self::Between { min, .. } => self.within(Some((*min).max(1)), None),
            Self::Matching { .. } => Some(Self::Matching { filled: true }),
            Self::Subset { of, least, most } => Self::some(of.clone(), (*least).max(1), *most),
        }
    }

    /// What is in this set and in `other`; `None` where that is nothing.
    pub fn both(&self, kind: &Kind, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::OneOf(values), _) => {
                Self::one_of(values.iter().filter(|value| other.contains(kind, value)).cloned().collect())
            }
            (_, Self::OneOf(_)) => other.both(kind, self),
            (_, Self::Between { min, max, .. }) => self.within(Some(*min), Some(*max)),
            (_, Self::Matching { filled }) => {
                if *filled {
                    self.filled(kind)
                } else {
                    Some(self.clone())
                }
            }
            (Self::Subset { of, least, most }, Self::Subset { of: theirs, least: fewest, most: at_most }) => {
                let of = of.iter().filter(|item| theirs.contains(item)).cloned().collect();
                Self::some(of, *least.max(fewest), *most.min(at_most))
            }
            (_, Self::Subset { .. }) => None,
        }
    }

    /// This set and `more`, but no more than `ceiling` has: what a grant makes of a baseline. All three are of
    /// one `kind`, and `ceiling` covers the others.
    ///
    /// Of two ranges, all that lies between them as well: people are told one range.
    #[must_use]
    pub fn widened(&self, kind: &Kind, more: &Self, ceiling: &Self) -> Self {
        let listed = |set: &Self| set.listed(Self::MOST_LISTED);
        match (self, more) {
            (Self::Between { min, max, .. }, Self::Between { min: least, max: most, .. }) => {
                ceiling.within(Some(*min.min(least)), Some(*max.max(most))).unwrap_or_else(|| self.clone())
            }
            // A range stays one as long as it holds all there is.
            (_, Self::Between { .. }) if more.covers(kind, self) => more.clone(),
            (Self::Between { .. }, _) if self.covers(kind, more) => self.clone(),
            (Self::Subset { .. }, _) | (_, Self::Subset { .. }) => match ceiling {
                Self::Subset { of: all, least, most } => {
                    let (own, other) = (self.items(), more.items());
                    let kept = all.iter().filter(|item| own.contains(item) || other.contains(item));
                    let of: Arc<[SharedText]> = kept.cloned().collect();
                    let most = *most.min(&of.len());
                    Self::Subset { of, least: *least, most }
                }
                _ => ceiling.clone(),
            },
            (Self::Matching { .. }, _) | (_, Self::Matching { .. }) => {
                if more.covers(kind, self) {
                    more.clone()
                } else {
                    self.clone()
                }
            }
            (one, other) => match (listed(one), listed(other), ceiling) {
                (Some(own), Some(other), Self::OneOf(all)) => {
                    let kept = all.iter().filter(|value| own.contains(value) || other.contains(value));
                    Self::OneOf(kept.cloned().collect())
                }
                (Some(mut own), Some(other), _) => {
                    own.extend(other);
                    own.sort();
                    own.dedup();
                    Self::OneOf(own.into())
                }
                // Too long to list: one range around both.
                _ => match (one.ends(), other.ends()) {
                    (Some((min, max)), Some((least, most))) => ceiling
                        .within(Some(min.min(least)), Some(max.max(most)))
                        .unwrap_or_else(|| self.clone()),
                    _ => self.clone(),
                },
            },
        }
    }

    fn one_of(values: Arc<[Value]>) -> Option<Self> {
        (!values.is_empty()).then_some(Self::OneOf(values))
    }

    fn some(of: Arc<[SharedText]>, least: usize, most: usize) -> Option<Self> {
        let most = most.min(of.len());
        (least <= most).then_some(Self::Subset { of, least, most })
    }

    fn items(&self) -> Vec<&SharedText> {
        match self {
            Self::Subset { of, .. } => of.iter().collect(),
            Self::OneOf(values) => values
                .iter()
                .flat_map(|value| if let Value::List(items) = value { &**items } else { &[] })
                .collect(),
            Self::Between { .. } | Self::Matching { .. } => vec![],
        }
    }
}

/// Whether one of `lists` names `item`.
fn is_among(lists: &[Value], item: &str) -> bool {
    lists.iter().any(|list| match list {
        Value::List(items) => items.iter().any(|other| **other == *item),
        Value::Text(text) => **text == *item,
        Value::Amount(_) | Value::Flag(_) => false,
    })
}

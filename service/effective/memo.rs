//! What was found out about cards of one content, so that it is found out once: never more than follows from it.

use std::collections::HashSet;
use std::sync::{PoisonError, RwLock};

/// Marks remembered at most; then they are found out anew.
const MOST: usize = 1 << 16;

/// Of what something holds, by marks as [`super::Offer::mark`] makes them. A clone is the beginning of another content: empty.
#[derive(Debug, Default)]
pub struct Memo(RwLock<HashSet<u64>>);

impl Memo {
    pub fn has(&self, mark: u64) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).contains(&mark)
    }

    pub fn keep(&self, mark: u64) {
        let mut marks = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if marks.len() >= MOST {
            marks.clear();
        }
        marks.insert(mark);
    }
}

impl Clone for Memo {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Memo {
    /// What is remembered is no part of what is said.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

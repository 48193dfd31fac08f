//! Why an option is as it is: each limit with its owner, to the last one that is not a trim's or a rule's.

use super::card::Field;
use crate::trims::{Because, Speaker};

impl<'a> Field<'a> {
    /// Whether less is left of it than the catalogue has.
    pub fn is_narrowed(&self) -> bool {
        self.absent || !self.allowed.covers(&self.opt.kind, &self.opt.all)
    }

    /// How it came to what is left, broadest first: what trims and rules say, then the preset, which
    /// may ask for less. Not empty where people cannot choose, or not from everything there is.
    pub fn chain(&self) -> Vec<Because<'a>> {
        let mut chain = self.because.clone();
        let kind = &self.opt.kind;
        let told = match chain.last() {
            Some(last) => self.hidden || self.absent || last.leaves(&self.allowed),
            None => self.editable && !self.is_narrowed(),
        };
        if !told {
            let (owner, reason) = match (self.is_narrowed(), self.editable) {
                (false, _) => ("the catalogue", "there is nothing else to choose"),
                (true, true) => ("this preset", "it leaves this much to choose"),
                (true, false) => ("this preset", "it sets this"),
            };
            let by = Speaker { owner, reason, rule: None, until: None };
            chain.push(Because::new(by, kind, Some(self.allowed.clone())));
        }
        chain
    }
}

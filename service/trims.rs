//! Trims: what a site or a group says about one option, and how several such words add up.

pub mod written;

use serde::Serialize;

use crate::catalogue::{Allowed, Catalogue, Fault, Key, Kind, Opt, Value};

/// What one owner says about one option.
#[derive(Debug, Clone, PartialEq)]
pub struct Trim {
    pub option: Key,
    pub statements: Vec<Statement>,
    /// Why, in the owner's words; every refusal repeats it.
    pub because: String,
    /// A restriction that holds from every group a person is in, whatever the context.
    pub policy: bool,
}

/// One statement; all but `Default` only ever take away.
#[derive(Debug, Clone, PartialEq)]
pub enum Statement {
    Default(Value),
    /// Amounts of the option's measure; a missing side stays as it was.
    Bounds {
        min: Option<i64>,
        max: Option<i64>,
    },
    Only(Vec<Value>),
    Fixed(Value),
    /// Not shown; the value is then a constant.
    Hidden,
}

/// One link of the chain that explains a limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Because {
    /// `site`, or the title of a group.
    pub owner: String,
    /// What was left after this link: `between 1 h and 8 h`.
    pub left: String,
    /// The owner's reason.
    pub reason: String,
}

impl Because {
    /// Who says so, and why: `Physics: shared nodes`.
    pub fn said(&self) -> String {
        format!("{}: {}", self.owner, self.reason)
    }
}

/// One option after some trims.
#[derive(Debug, Clone, PartialEq)]
pub struct Trimmed<'a> {
    pub opt: &'a Opt,
    pub allowed: Allowed,
    pub default: Value,
    pub fixed: bool,
    pub hidden: bool,
    pub because: Vec<Because>,
}

/// Two trims of one option leave nothing, or fix it twice. Names both owners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    pub option: Key,
    pub sentence: String,
}

impl<'a> Trimmed<'a> {
    /// The option as the catalogue has it.
    pub fn new(opt: &'a Opt) -> Self {
        Self {
            opt,
            allowed: Allowed::all_of(&opt.kind),
            default: opt.default.clone(),
            fixed: false,
            hidden: false,
            because: Vec::new(),
        }
    }

    /// Applies one owner's trim after all earlier ones.
    ///
    /// # Errors
    /// The conflict, where nothing would be left to choose (design §3.5).
    pub fn apply(&mut self, owner: &str, trim: &Trim) -> Result<(), Conflict> {
        for statement in &trim.statements {
            let kind = &self.opt.kind;
            let left = match statement {
                Statement::Default(value) => {
                    self.default = value.clone();
                    continue;
                }
                Statement::Hidden => {
                    self.hidden = true;
                    Some(self.allowed.clone())
                }
                Statement::Bounds { min, max } => self.allowed.within(*min, *max),
                Statement::Only(values) => self.allowed.only(kind, values),
                Statement::Fixed(value) => {
                    self.fixed = true;
                    self.default = value.clone();
                    self.allowed.only(kind, std::slice::from_ref(value))
                }
            };
            let Some(left) = left else { return Err(self.conflict_with(owner, trim)) };
            self.allowed = left;
            self.because.push(Because {
                owner: owner.to_owned(),
                left: self.allowed.describe(kind),
                reason: trim.because.clone(),
            });
        }
        Ok(())
    }

    /// What the option holds where nobody chooses: the default, moved to the nearest allowed value.
    pub fn settled_default(&self) -> Value {
        use crate::catalogue::Nearest;
        match self.allowed.nearest(&self.opt.kind, &self.default) {
            Nearest::Itself => self.default.clone(),
            Nearest::Moved(value) => value,
            // Choices have no order of nearness: the site's first is as good as any.
            Nearest::Nowhere => self
                .allowed
                .listed(usize::MAX)
                .and_then(|values| values.first().cloned())
                .unwrap_or_else(|| self.default.clone()),
        }
    }

    /// A constant cannot be asked: it is fixed, hidden, or only one value is left.
    pub fn constant(&self) -> bool {
        self.fixed || self.hidden || self.allowed.single().is_some()
    }

    /// The last reason given, as a clause to put behind a sentence: ` (group Physics: shared nodes)`.
    pub fn reason(&self) -> String {
        self.because.last().map_or_else(String::new, |last| format!(" ({})", last.said()))
    }

    fn conflict_with(&self, owner: &str, trim: &Trim) -> Conflict {
        let before = match self.because.last() {
            Some(last) => format!("{} leaves {} ({})", last.owner, last.left, last.reason),
            None => format!("the catalogue allows {}", self.allowed.describe(&self.opt.kind)),
        };
        let sentence = format!(
            "{}: {before}, and what {owner} says of it ({}) leaves nothing to choose",
            self.opt.label, trim.because
        );
        Conflict { option: self.opt.key.clone(), sentence }
    }
}

/// All options of a profile after `trims`, in the order given: broad owners first.
///
/// # Errors
/// The first conflict; the profile is then unavailable, with that reason.
pub fn trimmed<'a>(
    options: impl Iterator<Item = &'a Opt>,
    trims: &[(&str, &'a Trim)],
) -> Result<Vec<Trimmed<'a>>, Conflict> {
    options
        .map(|opt| {
            let mut option = Trimmed::new(opt);
            for (owner, trim) in trims.iter().filter(|(_, trim)| trim.option == opt.key) {
                option.apply(owner, trim)?;
            }
            Ok(option)
        })
        .collect()
}

/// Checks trims as written below `at`.
pub(crate) fn check(
    written: &written::Trims,
    at: &str,
    catalogue: &Catalogue,
    faults: &mut Vec<Fault>,
) -> Vec<Trim> {
    let mut trims = Vec::new();
    for (key, trim) in written {
        match written::check(key, trim, at, catalogue) {
            Ok(trim) => trims.push(trim),
            Err(found) => faults.extend(found),
        }
    }
    trims
}

/// Reads `json` as any value of `kind`, whether or not it is allowed anywhere.
pub(crate) fn read_value(kind: &Kind, at: &str, json: &serde_json::Value) -> Result<Value, Fault> {
    crate::catalogue::read_allowed(kind, &Allowed::all_of(kind), at, json)
}

//! Layer upon layer: the site's ceiling, the baseline, grants, the context, policies (design §3.1).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::acting::Acting;
use super::content::{Content, Group};
use crate::catalogue::{Choice, Fault, Opt, Profile, Value};
use crate::rules::Rules;
use crate::trims::{self, Conflict, Said, Speaker, Trim, Trimmed};

/// How the site is called where it says something.
const THE_SITE: &str = "the site";
/// Why a choice is not there for somebody; for whom it is, is not said.
const KEPT: &str = "the other choices are kept for members of some groups";

impl Content {
    /// The options of `profile` in a context, for somebody in `groups`, at `now`; rules have not spoken yet.
    ///
    /// # Errors
    /// The conflict that makes the profile unavailable.
    pub fn trimmed<'a>(
        &'a self,
        profile: &'a Profile,
        context: Option<Acting<'a>>,
        groups: &[&'a Group],
        now: DateTime<Utc>,
    ) -> Result<Vec<Trimmed<'a>>, Conflict> {
        self.catalogue.options_of(profile).map(|opt| self.trimmed_option(opt, context, groups, now)).collect()
    }

    fn trimmed_option<'a>(
        &'a self,
        opt: &'a Opt,
        context: Option<Acting<'a>>,
        groups: &[&'a Group],
        now: DateTime<Utc>,
    ) -> Result<Trimmed<'a>, Conflict> {
        let of =
            |trims: &'a [Trim]| trims.iter().filter(move |trim| trim.option == opt.key && trim.holds(now));
        let site = |trims| of(trims).map(|trim| Said { owner: THE_SITE, priority: i32::MAX, trim });
        let theirs = || {
            groups.iter().flat_map(|group| {
                let said = |trim| Said { owner: group.title.as_str(), priority: group.priority, trim };
                of(&group.trims).map(said)
            })
        };
        let mut option = Trimmed::new(opt);
        trims::narrow_all(&mut option, site(&self.trims))?;
        let ceiling = option.allowed.clone();
        trims::narrow_all(&mut option, site(&self.baseline))?;
        keep_for_groups(&mut option, groups);
        trims::widen(&mut option, &ceiling, theirs());
        if let Some(Acting::Group(group)) = context {
            let simplifying = of(&group.trims).filter(|trim| !trim.policy);
            let said = |trim| Said { owner: group.title.as_str(), priority: group.priority, trim };
            trims::narrow_by_priority(&mut option, &simplifying.map(said).collect::<Vec<_>>())?;
        }
        trims::narrow_all(&mut option, theirs().filter(|said| said.trim.policy))?;
        Ok(option)
    }

    /// Whether being in that group changes cards wherever one acts.
    pub(super) fn is_telling(&self, group: &Group) -> bool {
        let keeps = |opt: &Opt| opt.kind.choices().iter().any(|choice| choice.groups.contains(&group.key));
        group.trims.iter().any(|trim| trim.policy || trim.grant.is_some())
            || self.catalogue.options.values().any(keeps)
    }

    /// Rules as written below `/rules`, within the ceiling.
    pub(super) fn check_rules(
        &self,
        written: &crate::rules::written::Rules,
        faults: &mut Vec<Fault>,
    ) -> Rules {
        let mut ceiling = BTreeMap::new();
        for opt in self.catalogue.options.values() {
            let mut option = Trimmed::new(opt);
            let site = self.trims.iter().filter(|trim| trim.option == opt.key);
            // What the ceiling itself gets wrong is told elsewhere.
            let _ =
                trims::narrow_all(&mut option, site.map(|trim| Said { owner: THE_SITE, priority: 0, trim }));
            ceiling.insert(&opt.key, option);
        }
        Rules::check(written, &self.catalogue, &ceiling, faults)
    }
}

/// Takes away what only people in other groups may choose.
fn keep_for_groups(option: &mut Trimmed<'_>, groups: &[&Group]) {
    let kept: Vec<&Choice> =
        option.opt.kind.choices().iter().filter(|choice| !choice.groups.is_empty()).collect();
    let is_ours = |choice: &&Choice| groups.iter().any(|group| choice.groups.contains(&group.key));
    let others: Vec<Value> = (kept.into_iter().filter(|choice| !is_ours(choice)))
        .map(|choice| option.opt.kind.item(&choice.value))
        .collect();
    if !others.is_empty()
        && let Some(left) = option.allowed.except(&option.opt.kind, &others)
    {
        option.allowed = left;
        option.explain(Speaker { owner: THE_SITE, reason: KEPT, rule: None, until: None });
    }
}

//! Layer upon layer: the site's ceiling, the baseline, grants, the context, policies (design §3.1).

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::acting::Acting;
use super::content::Content;
use super::group::Group;
use crate::catalogue::{Allowed, Choice, Fault, Nearest, Opt, Profile, Value};
use crate::events::Event;
use crate::rules::{Rules, Values};
use crate::trims::{self, Because, Conflict, Said, Speaker, Trim, Trimmed};

/// How the site is called where it says something.
const THE_SITE: &str = "the site";

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
        let backend = self.catalogue.backends.get(&profile.backend);
        let ends_after = backend.and_then(|backend| backend.ends_after.as_ref());
        let trimmed = |opt: &'a Opt| {
            let mut option = Trimmed::new(opt);
            self.trim(&mut option, context, groups, now)?;
            if let (Some(Acting::Event(event, _)), true) = (context, ends_after == Some(&opt.key)) {
                stop_with(&mut option, event, now)?;
            }
            Ok(option)
        };
        self.catalogue.options_of(profile).map(trimmed).collect()
    }

    /// Narrows one option, as [`Content::trimmed`] does all of them.
    pub(super) fn trim<'a>(
        &'a self,
        option: &mut Trimmed<'a>,
        context: Option<Acting<'a>>,
        groups: &[&'a Group],
        now: DateTime<Utc>,
    ) -> Result<(), Conflict> {
        let opt = option.opt;
        let of =
            |trims: &'a [Trim]| trims.iter().filter(move |trim| trim.option == opt.key && trim.holds(now));
        let site =
            |trims| of(trims).map(|trim| Said { owner: THE_SITE, priority: i32::MAX, until: None, trim });
        let theirs = || {
            groups.iter().flat_map(|group| {
                let said =
                    |trim| Said { owner: group.title.as_str(), priority: group.priority, until: None, trim };
                of(&group.trims).map(said)
            })
        };
        let event = match context {
            Some(Acting::Event(event, role)) => Some((event, role)),
            Some(Acting::Group(_)) | None => None,
        };
        let its = || {
            event.into_iter().flat_map(|(event, role)| {
                let trims =
                    event.trims_for(role).filter(move |trim| trim.option == opt.key && trim.holds(now));
                let until = Some(event.until.as_str());
                trims.map(move |trim| Said { owner: &event.title, priority: event.priority, until, trim })
            })
        };
        trims::narrow_all(option, site(&self.trims))?;
        let ceiling = option.clone();
        trims::narrow_all(option, site(&self.baseline))?;
        let kept = kept_for_others(opt, groups);
        keep_for_groups(option, &kept);
        // A grant of everything is none of what is kept for others; one that names it is.
        let open = if kept.is_empty() {
            Some(ceiling.allowed.clone())
        } else {
            ceiling.allowed.except(&opt.kind, &kept)
        };
        trims::widen(option, &ceiling, open.as_ref(), theirs().chain(its()));
        if option.allowed == Allowed::OneOf(Arc::default()) {
            let sentence = format!("{}: every choice is kept for other groups", opt.label);
            return Err(Conflict { option: opt.key.clone(), sentence, kept: true });
        }
        if event.is_some() {
            trims::narrow_by_priority(option, &its().collect::<Vec<_>>())?;
        }
        if let Some(Acting::Group(group)) = context {
            let simplifying = of(&group.trims).filter(|trim| !trim.policy);
            let said =
                |trim| Said { owner: group.title.as_str(), priority: group.priority, until: None, trim };
            trims::narrow_by_priority(option, &simplifying.map(said).collect::<Vec<_>>())?;
        }
        trims::narrow_all(option, theirs().filter(|said| said.trim.policy))
    }

    /// Whose word keeps `value` of an option from being chosen beside `values`; none where that is the preset's.
    pub(super) fn to_blame<'a>(
        &'a self,
        opt: &'a Opt,
        value: Value,
        values: &Values,
        around: (Option<Acting<'a>>, &[&'a Group], DateTime<Utc>),
    ) -> Option<Because<'a>> {
        let (context, groups, now) = around;
        let mut option = Trimmed::watching(opt, value);
        // A conflict on the way ends it where it is: whoever took the value away spoke before.
        let _ = self
            .trim(&mut option, context, groups, now)
            .and_then(|()| self.rules.narrow(&mut option, values, now));
        option.taken_by()
    }

    /// Whether being in that group changes cards wherever one acts.
    pub(super) fn is_telling(&self, group: &Group) -> bool {
        self.kept_for.contains(&group.key)
            || group.trims.iter().any(|trim| trim.policy || trim.grant.is_some())
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
            let _ = trims::narrow_all(
                &mut option,
                site.map(|trim| Said { owner: THE_SITE, priority: 0, until: None, trim }),
            );
            ceiling.insert(&opt.key, option);
        }
        Rules::check(written, &self.catalogue, &ceiling, faults)
    }
}

/// The choices that only people in other groups may choose.
fn kept_for_others(opt: &Opt, groups: &[&Group]) -> Vec<Value> {
    let is_ours = |choice: &Choice| groups.iter().any(|group| choice.groups.contains(&group.key));
    let others = opt.kind.choices().iter().filter(|choice| !choice.groups.is_empty() && !is_ours(choice));
    others.map(|choice| opt.kind.item(&choice.value)).collect()
}

/// Takes away what only people in other groups may choose.
fn keep_for_groups(option: &mut Trimmed<'_>, kept: &[Value]) {
    if kept.is_empty() || option.absent {
        return;
    }
    let left = option.allowed.except(&option.opt.kind, kept).unwrap_or(Allowed::OneOf(Arc::default()));
    if left != option.allowed {
        option.allowed = left;
        let reason = "some choices are kept for other groups";
        option.explain(&Speaker { owner: THE_SITE, reason, rule: None, until: None });
    }
}

/// Nothing that is started in an event runs longer than its grace (design §3.9). What is fixed is shortened.
fn stop_with<'a>(option: &mut Trimmed<'a>, event: &'a Event, now: DateTime<Utc>) -> Result<(), Conflict> {
    let left = (event.last_stop() - now).num_seconds().max(0);
    if option.absent || option.allowed.ends().is_none_or(|(_, longest)| longest <= left) {
        return Ok(());
    }
    let kind = &option.opt.kind;
    let stop = event.zone().says_end(event.last_stop(), now);
    let shorter = if option.fixed { option.opt.all.clone() } else { option.allowed.clone() };
    let Some(mut shorter) = shorter.within(None, Some(left)) else {
        let sentence =
            format!("{}: “{}” leaves too little time, servers stop at {stop}", option.opt.label, event.title);
        return Err(Conflict { option: option.opt.key.clone(), sentence, kept: false });
    };
    if option.fixed
        && let Nearest::Moved(value) = shorter.nearest(kind, &option.default)
    {
        option.default = value.clone();
        shorter = Allowed::OneOf([value].into());
    }
    option.allowed = shorter;
    let reason = "servers stop with it";
    option.explain(&Speaker { owner: &event.title, reason, rule: None, until: Some(Cow::Owned(stop)) });
    Ok(())
}

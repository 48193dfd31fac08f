//! Everything a site has published, checked and indexed: what forms are made from.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::acting::Acting;
use super::group::Group;
use super::memo::Memo;
use super::organisers::Organisers;
use super::part::Part;
use super::written;
use crate::catalogue::fault::below;
use crate::catalogue::{Catalogue, Fault, Key, check_contact, unknown, unknown_groups};
use crate::events::Event;
use crate::groups::{GroupId, Membership, Username};
use crate::presets::{self, Owner, Preset};
use crate::rules::Rules;
use crate::trims::{self, Trim};

/// Before every end of a limit: all of them hold.
pub(super) const ALWAYS: DateTime<Utc> = DateTime::<Utc>::MIN_UTC;

/// One revision of a site. Immutable: a change makes a new one.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Content {
    /// Counts up with each change that was committed.
    pub revision: i64,
    /// Counts up with each catalogue that was applied; 0 before the first.
    pub catalogue_version: i64,
    pub catalogue: Catalogue,
    pub contact: Option<String>,
    /// The site's ceiling.
    pub trims: Vec<Trim>,
    /// What everybody has below it, before grants.
    pub baseline: Vec<Trim>,
    pub rules: Rules,
    pub groups: BTreeMap<Key, Arc<Group>>,
    /// Shared with the content before, where they did not change.
    pub presets: BTreeMap<Key, Arc<Preset>>,
    pub default_preset: Option<Key>,
    pub events: BTreeMap<Key, Event>,
    pub(super) organisers: Organisers,
    groups_by_id: HashMap<GroupId, Vec<Arc<Group>>>,
    groups_by_manager: HashMap<Username, Vec<Arc<Group>>>,
    /// Whether any group restricts its members wherever they are.
    pub has_policies: bool,
    /// The groups that a choice is kept for.
    pub(super) kept_for: BTreeSet<Key>,
    /// The instants at which forms change by themselves, ascending.
    changes_at: Vec<DateTime<Utc>>,
    pub(super) site_presets: Vec<Arc<Preset>>,
    pub(super) presets_by_group: HashMap<Key, Vec<Arc<Preset>>>,
    pub(super) presets_by_event: HashMap<Key, Vec<Arc<Preset>>>,
    pub(super) presets_by_user: HashMap<Username, Vec<Arc<Preset>>>,
    /// The preset that is here as it was at an earlier version, for whoever comes by a link to that one.
    pub(super) past: Option<Key>,
    pub(super) startable: Memo,
    /// Profiles whose defaults stay as they are, in which circumstances.
    pub(super) sound_defaults: Memo,
}

impl Content {
    /// Checks a site as written, for whoever saves it: [`Content::read`], and what of it fits together.
    pub fn check(
        written: &written::Site,
        revision: i64,
        versions: &BTreeMap<Key, i64>,
    ) -> (Self, Vec<Fault>) {
        let (content, mut faults) = Self::read(written, revision, versions);
        content.add_misfits(&mut faults);
        (content, faults)
    }

    /// Reads a site as written. `versions` are those of presets already kept; a new one gets 1.
    ///
    /// The content is usable despite faults in presets (they show as not available); faults in the
    /// catalogue leave it empty. Whoever *saves* refuses any fault; whoever *loads* lives with them.
    pub fn read(written: &written::Site, revision: i64, versions: &BTreeMap<Key, i64>) -> (Self, Vec<Fault>) {
        let version = |id| versions.get(id).copied().unwrap_or(1);
        let presets = written.presets.iter().map(|(id, preset)| (id.clone(), version(id), preset));
        Self::read_with(written, revision, presets)
    }

    /// The same with these presets, and their versions, in place of those in `written`: each is dropped when it is read.
    pub fn read_with(
        written: &written::Site,
        revision: i64,
        presets: impl Iterator<Item = (Key, i64, impl Borrow<presets::written::Preset>)>,
    ) -> (Self, Vec<Fault>) {
        let catalogue = match Catalogue::check(&written.catalogue()) {
            Ok(catalogue) => catalogue,
            Err(faults) => return (Self { revision, ..Self::default() }, faults),
        };
        let mut faults = Vec::from_iter(check_contact("/contact", written.contact.as_deref()));
        let mut content = Self {
            revision,
            contact: written.contact.clone(),
            trims: trims::check(&written.trims, "/trims", &catalogue, &mut faults),
            catalogue,
            ..Self::default()
        };
        content.baseline = trims::check(&written.baseline, "/baseline", &content.catalogue, &mut faults);
        for (at, trims) in [("/trims", &content.trims), ("/baseline", &content.baseline)] {
            faults.extend(for_everybody(at, trims));
        }
        content.rules = content.check_rules(&written.rules, &mut faults);
        for (key, group) in &written.groups {
            content.add_group(key, group, &mut faults);
        }
        content.organisers = content.check_organisers(&written.organisers, &mut faults);
        let groups: BTreeSet<&Key> = content.groups.keys().collect();
        let check =
            |(key, event): (&Key, &_)| Event::check(key, event, &content.catalogue, &groups, &mut faults);
        content.events =
            written.events.iter().filter_map(check).map(|event| (event.key.clone(), event)).collect();
        for (id, version, preset) in presets {
            let (preset, found) = Preset::read(&id, version, preset.borrow(), &content.catalogue);
            faults.extend(found);
            content.add_preset(preset, &mut faults);
        }
        let choices = content.catalogue.options.values().flat_map(|opt| opt.kind.choices());
        content.kept_for = choices.flat_map(|choice| choice.groups.iter().cloned()).collect();
        content.changes_at = content.changes();
        faults.extend(content.kept_for_nobody());
        if let Some(id) = &written.defaults.preset {
            match content.presets.get(id) {
                Some(preset) if preset.owner == Owner::Site => content.default_preset = Some(id.clone()),
                _ => faults.push(unknown(
                    "/defaults/preset",
                    "preset of the site",
                    id,
                    content.site_presets.iter().map(|preset| &preset.id),
                )),
            }
        }
        (content, faults)
    }

    fn add_group(&mut self, key: &Key, written: &written::Group, faults: &mut Vec<Fault>) {
        let Some(group) = Group::check(key, written, &self.catalogue, faults).map(Arc::new) else { return };
        self.groups_by_id.entry(group.from.clone()).or_default().push(group.clone());
        for manager in &group.managers {
            self.groups_by_manager.entry(manager.clone()).or_default().push(group.clone());
        }
        self.has_policies |= group.is_strict();
        self.groups.insert(key.clone(), group);
    }

    pub(super) fn add_preset(&mut self, preset: Preset, faults: &mut Vec<Fault>) {
        let preset = Arc::new(preset);
        let id = preset.id.clone();
        let at = |owner| below(&below(&below("/presets", preset.id.as_str()), "owner"), owner);
        let theirs = match &preset.owner {
            Owner::Site => &mut self.site_presets,
            Owner::User(name) => self.presets_by_user.entry(name.clone()).or_default(),
            Owner::Event(key) => {
                if !self.events.contains_key(key) {
                    faults.push(unknown(&at("event"), "event", key, self.events.keys()));
                }
                self.presets_by_event.entry(key.clone()).or_default()
            }
            Owner::Group(key) => {
                if !self.groups.contains_key(key) {
                    faults.push(unknown(&at("group"), "group", key, self.groups.keys()));
                }
                self.presets_by_group.entry(key.clone()).or_default()
            }
        };
        theirs.push(preset.clone());
        self.presets.insert(id, preset);
    }

    /// Adds to the faults of [`Content::read`] what can be known on saving: conflicts, and each preset of the site, a
    /// group or an event that does not fit its own context (design §3.5).
    pub fn add_misfits(&self, faults: &mut Vec<Fault>) {
        faults.extend(self.conflicts());
        // Presets would only repeat what else is wrong; which of them is the default is wrong by itself.
        if faults.iter().all(|fault| fault.pointer == "/defaults/preset") {
            faults.extend(self.presets.values().flat_map(|preset| self.misfits_in_place(preset)));
        }
    }

    /// Where the trims of the site, of a group or of an event leave nothing.
    pub fn conflicts(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let at_group = |group: &Group| below(&below("/groups", group.key.as_str()), "trims");
        // Groups that say nothing leave what the site leaves.
        let speaking =
            || self.groups.values().filter(|group| !group.trims.is_empty() || self.is_telling(group));
        for profile in &self.catalogue.profiles {
            let mut tell = |at: String, context, groups: &[&Group]| {
                let conflict = self.trimmed(profile, context, groups, ALWAYS).err();
                faults.extend(conflict.filter(|conflict| !conflict.kept).map(|conflict| {
                    Fault::new(below(&at, conflict.option.as_str()), "conflict", conflict.sentence)
                }));
            };
            tell("/trims".to_owned(), None, &[]);
            for group in speaking() {
                tell(at_group(group), Some(Acting::Group(group)), &[&**group]);
            }
        }
        faults.extend(self.events.values().flat_map(|event| self.conflicts_of(event)));
        faults
    }

    /// Which stretch between two instants at which forms change `now` is in; none where they never do.
    pub fn era(&self, now: DateTime<Utc>) -> Option<usize> {
        let count = self.changes_at.len();
        (count > 0).then(|| self.changes_at.partition_point(|at| *at <= now))
    }

    /// The site's groups that a membership names: highest priority first, then by key.
    pub fn groups_of(&self, membership: &Membership) -> Vec<&Group> {
        let known = membership.groups.iter().filter_map(|id| self.groups_by_id.get(id)).flatten();
        let mut groups: Vec<&Group> = known.map(Arc::as_ref).collect();
        groups.sort_by(|a, b| b.priority.cmp(&a.priority).then_with(|| a.key.cmp(&b.key)));
        groups.dedup_by(|a, b| a.key == b.key);
        groups
    }

    /// The presets of somebody in `groups` with these `parts`, each with whose context it starts in: their events',
    /// their own, their groups', the site's.
    pub fn presets_for<'a>(
        &'a self,
        person: &Username,
        groups: &[&'a Group],
        parts: &[Part<'a>],
    ) -> Vec<(&'a Preset, Option<Acting<'a>>)> {
        let mut presets = Vec::with_capacity(16);
        for part in parts {
            let acting = Acting::Event(part.event, part.role);
            presets.extend(self.presets_in(part).map(|preset| (&**preset, Some(acting))));
        }
        let own = self.presets_by_user.get(person).into_iter().flatten();
        presets.extend(own.map(|preset| (&**preset, None)));
        for group in groups {
            let theirs = self.presets_by_group.get(&group.key).into_iter().flatten();
            presets.extend(theirs.map(|preset| (&**preset, Some(Acting::Group(group)))));
        }
        presets.extend(self.site_presets.iter().map(|preset| (&**preset, None)));
        presets
    }

    /// The presets of one owner.
    pub fn presets_owned_by(&self, owner: &Owner) -> &[Arc<Preset>] {
        let theirs = match owner {
            Owner::Site => Some(&self.site_presets),
            Owner::User(name) => self.presets_by_user.get(name),
            Owner::Event(key) => self.presets_by_event.get(key),
            Owner::Group(key) => self.presets_by_group.get(key),
        };
        theirs.map_or(&[], Vec::as_slice)
    }

    /// The groups whose presets `person` writes.
    pub fn managed_by(&self, person: &Username) -> impl Iterator<Item = &Group> {
        self.groups_by_manager.get(person).into_iter().flatten().map(Arc::as_ref)
    }

    /// The groups somebody is in or manages, by key.
    pub fn groups_around(&self, person: &Username, membership: &Membership) -> BTreeMap<&Key, &Group> {
        let groups = self.groups_of(membership).into_iter().chain(self.managed_by(person));
        groups.map(|group| (&group.key, group)).collect()
    }

    /// How many presets a group has.
    pub fn presets_of(&self, group: &Key) -> usize {
        self.presets_by_group.get(group).map_or(0, Vec::len)
    }

    fn changes(&self) -> Vec<DateTime<Utc>> {
        let groups = self.groups.values().flat_map(|group| &group.trims);
        let trims = self.trims.iter().chain(&self.baseline).chain(groups);
        let ends = trims.filter_map(|trim| trim.until.as_ref()).map(|until| until.at);
        let events = self
            .events
            .values()
            .flat_map(|event| std::iter::successors(event.next_change(ALWAYS), |at| event.next_change(*at)));
        let mut changes: Vec<DateTime<Utc>> = ends.chain(self.rules.ends()).chain(events).collect();
        changes.sort_unstable();
        changes.dedup();
        changes
    }

    /// Choices that are kept for groups which are not there.
    fn kept_for_nobody(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for opt in self.catalogue.options.values() {
            for (choice, group) in unknown_groups(opt.kind.choices(), |key| self.groups.contains_key(key)) {
                let at = below(&below(&below("/options", opt.key.as_str()), "choices"), &choice.value);
                faults.push(unknown(&below(&at, "groups"), "group", group, self.groups.keys()));
            }
        }
        faults
    }
}

/// What is not for everybody has no place among the site's own trims.
fn for_everybody(at: &str, trims: &[Trim]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for trim in trims {
        for (member, said) in [("policy", trim.policy), ("grant", trim.grant.is_some())] {
            if said {
                let at = below(&below(at, trim.option.as_str()), member);
                let why = format!("the site's trims hold for everybody: leave {member} out");
                faults.push(Fault::new(at, member_code(member), why));
            }
        }
    }
    faults
}

fn member_code(member: &str) -> &'static str {
    if member == "grant" { "grant" } else { "policy" }
}

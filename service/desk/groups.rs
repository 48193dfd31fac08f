//! Groups as people see them: their own, and all of them for whoever reads everybody's.

use chrono::{DateTime, Utc};

use super::Desk;
use super::presets::{Acting, NotDone, Page};
use crate::catalogue::Key;
use crate::effective::{Content, Group};
use crate::groups::{Membership, SourceName, Standing, Username};

/// A group as somebody sees it. Where it comes from is told by source, never by its name there.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupShown {
    pub key: Key,
    pub title: String,
    pub contact: Option<String>,
    pub source: SourceName,
    pub is_member: bool,
    pub is_manager: bool,
    /// How well the source answered for them, where they are a member.
    pub standing: Option<Standing>,
    /// The source's last complete answer about them.
    pub checked_at: Option<DateTime<Utc>>,
    /// How many presets it has.
    pub presets: usize,
    /// Told to its managers, and to whoever reads everybody's.
    pub managers: Option<Vec<Username>>,
}

impl Desk {
    /// The groups somebody is in or manages, or all of them, by key, behind `after`.
    ///
    /// # Errors
    /// [`NotDone::Unavailable`].
    pub async fn groups(
        &self,
        acting: &Acting,
        after: Option<&Key>,
        limit: u8,
    ) -> Result<Page<GroupShown>, NotDone> {
        let content = self.content()?;
        let membership = self.membership_of(acting).await;
        let all = if acting.reads_all {
            content.groups.iter().map(|(key, group)| (key, &**group)).collect()
        } else {
            content.groups_around(&acting.name, &membership)
        };
        let behind = all.into_values().filter(|group| after.is_none_or(|after| group.key > *after));
        let mut shown = behind.filter_map(|group| GroupShown::of(&content, group, acting, &membership));
        let items = shown.by_ref().take(limit.into()).collect();
        Ok(Page { items, more: shown.next().is_some() })
    }

    /// One of these groups.
    ///
    /// # Errors
    /// [`NotDone::NotFound`] also where it is there, and not theirs to know of.
    pub async fn group(&self, acting: &Acting, key: &Key) -> Result<GroupShown, NotDone> {
        let content = self.content()?;
        // Asked for in any case: how long the answer takes tells nothing.
        let membership = self.membership_of(acting).await;
        let group = content.groups.get(key);
        group.and_then(|group| GroupShown::of(&content, group, acting, &membership)).ok_or(NotDone::NotFound)
    }
}

impl GroupShown {
    /// `group` as `acting` sees it; none where they must not know of it.
    pub fn of(content: &Content, group: &Group, acting: &Acting, membership: &Membership) -> Option<Self> {
        let is_member = membership.groups.contains(&group.from);
        let is_manager = !acting.is_service && group.managers.contains(&acting.name);
        if !is_member && !is_manager && !acting.reads_all {
            return None;
        }
        let source = membership.sources.iter().find(|state| is_member && state.source == group.from.source);
        Some(Self {
            key: group.key.clone(),
            title: group.title.clone(),
            contact: group.contact.clone(),
            source: group.from.source.clone(),
            is_member,
            is_manager,
            standing: source.map(|state| state.standing),
            checked_at: source.and_then(|state| state.checked_at),
            presets: content.presets_of(&group.key),
            managers: (is_manager || acting.reads_all).then(|| group.managers.iter().cloned().collect()),
        })
    }
}

//! The site's content in memory: read once, replaced whole after each change, never locked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwapOption;
use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use tokio::sync::Mutex;

use crate::catalogue::{Fault, Key};
use crate::effective::{Content, written};
use crate::groups::Username;
use crate::presets;
use crate::store::events::NewEvent;
use crate::store::site::{NewGroup, NewPreset, NewSite, Owner, SiteRows};
use crate::store::{Store, StoreError, revision, site};

/// How long a change by another process may stay unseen.
const POLL: Duration = Duration::from_millis(500);

/// The content of the latest revision known to this process.
pub struct Site {
    store: Store,
    /// None until the database has answered once.
    content: ArcSwapOption<Content>,
    /// Held while the content is read anew: of two at once, the later must not put back what the
    /// earlier saw. Holds what was warned of before, so that a fault is told once.
    reading: Mutex<BTreeSet<String>>,
}

impl Site {
    pub fn new(store: Store) -> Self {
        Self { store, content: ArcSwapOption::empty(), reading: Mutex::default() }
    }

    /// What is published; none while the database has never answered.
    pub fn content(&self) -> Option<Arc<Content>> {
        self.content.load_full()
    }

    /// Reads the content anew if its revision moved; says whether it did.
    ///
    /// # Errors
    /// As [`Store::read`]; what was known stays.
    pub async fn refresh(&self) -> Result<bool, StoreError> {
        let mut told = self.reading.lock().await;
        let known = self.content().map(|content| content.revision);
        if known.is_some() && self.store.read(revision::current).await? == known.unwrap_or_default() {
            return Ok(false);
        }
        let mut anew = false;
        let renewed = match self.content() {
            Some(content) => self.renewed(&content).await?,
            None => None,
        };
        let (content, mut faults) = match renewed {
            Some(renewed) => renewed,
            None => {
                let rows = self.store.read(site::load).await?;
                anew = true;
                published(rows)
            }
        };
        tracing::info!(revision = content.revision, presets = content.presets.len(), "content read");
        let content = Arc::new(content);
        self.content.store(Some(content.clone()));
        if anew {
            // Whether thousands of presets still fit takes a while, and no form waits for it.
            let checked = tokio::task::spawn_blocking(move || {
                content.add_misfits(&mut faults);
                faults
            });
            faults = checked.await.unwrap_or_default();
        }
        let warnings: BTreeSet<String> =
            faults.into_iter().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).collect();
        for warning in warnings.difference(&told) {
            tracing::warn!("content that no longer fits: {warning}");
        }
        if anew {
            told.clear();
        }
        told.extend(warnings);
        Ok(true)
    }

    /// `content` with what changed since; none where it has to be read anew. People save presets all
    /// day: one of them must not cost the checking of all.
    async fn renewed(&self, content: &Content) -> Result<Option<(Content, Vec<Fault>)>, StoreError> {
        let known = content.revision;
        let Some(newer) = self.store.read(move |conn| site::since(conn, known)).await? else {
            return Ok(None);
        };
        let mut changed = Vec::new();
        for (id, row) in newer.presets {
            let Ok(id) = Key::try_from(id) else { return Ok(None) };
            let preset = match row {
                None => None,
                Some(row) => match presets::written::Preset::deserialize(&row.document) {
                    Ok(preset) => Some((row.version, preset)),
                    Err(_) => return Ok(None),
                },
            };
            changed.push((id, preset));
        }
        if changed.iter().any(|(id, _)| Some(id) == content.default_preset.as_ref()) {
            return Ok(None);
        }
        Ok(Some(content.with_presets(newer.revision, changed)))
    }

    /// Prepares the tables, then follows every change of the site and of people until the process ends.
    pub async fn follow(self: Arc<Self>) {
        let mut told = false;
        loop {
            // A newer version's tables are still read; only this version's are written.
            let prepared = if self.store.is_ready() { Ok(()) } else { self.store.migrate().await };
            let read = self.refresh().await;
            let heard = self.store.notice_changes().await;
            match prepared.and(read.map(drop)).and(heard) {
                Ok(()) => told = false,
                Err(error) if !told => {
                    tracing::error!("the database does not serve: {error}; trying on");
                    told = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

/// The content kept in `rows`; faults are of what was saved once and no longer fits.
///
/// Takes the rows, to let go of each as it is read: at thousands of presets they take as much
/// memory as the content.
pub fn published(rows: SiteRows) -> (Content, Vec<Fault>) {
    let mut faults = Vec::new();
    let versions: BTreeMap<Key, i64> = rows
        .presets
        .iter()
        .filter_map(|row| Some((Key::try_from(row.id.as_str()).ok()?, row.version)))
        .collect();
    let catalogue_version = rows.catalogue.as_ref().map_or(0, |(version, _)| *version);
    let mut site: written::Site = rows
        .catalogue
        .and_then(|(_, document)| kept("/catalogue", document, &mut faults))
        .unwrap_or_default();
    site.groups = rows
        .groups
        .into_iter()
        .filter_map(|row| {
            Some((Key::try_from(row.key.as_str()).ok()?, kept(&row.key, row.document, &mut faults)?))
        })
        .collect();
    site.events = rows
        .events
        .into_iter()
        .filter_map(|row| {
            Some((Key::try_from(row.key.as_str()).ok()?, kept(&row.key, row.document, &mut faults)?))
        })
        .collect();
    site.presets = rows
        .presets
        .into_iter()
        .filter_map(|row| {
            Some((Key::try_from(row.id.as_str()).ok()?, kept(&row.id, row.document, &mut faults)?))
        })
        .collect();
    let (mut content, found) = Content::read(&site, rows.revision, &versions);
    content.catalogue_version = catalogue_version;
    faults.extend(found);
    (content, faults)
}

fn kept<T: DeserializeOwned>(pointer: &str, document: Json, faults: &mut Vec<Fault>) -> Option<T> {
    T::deserialize(document)
        .map_err(|error| faults.push(Fault::new(pointer, "unreadable", error.to_string())))
        .ok()
}

/// A site as written, in the rows it is kept in.
pub fn rows(site: &written::Site) -> NewSite {
    let document = |value: Result<Json, serde_json::Error>| value.expect("these types have only text keys");
    let rest = written::Site {
        groups: Default::default(),
        events: Default::default(),
        presets: Default::default(),
        ..site.clone()
    };
    NewSite {
        catalogue: document(serde_json::to_value(rest)),
        groups: site
            .groups
            .iter()
            .map(|(key, group)| NewGroup {
                key: key.to_string(),
                document: document(serde_json::to_value(group)),
            })
            .collect(),
        events: site
            .events
            .iter()
            .map(|(key, event)| NewEvent {
                key: key.to_string(),
                document: document(serde_json::to_value(event)),
            })
            .collect(),
        presets: site
            .presets
            .iter()
            .map(|(id, preset)| NewPreset {
                id: id.to_string(),
                owner: kept_owner(&preset.owner),
                document: document(serde_json::to_value(preset)),
            })
            .collect(),
    }
}

/// Whose preset it is, as it is kept.
pub fn kept_owner(owner: &presets::Owner) -> Owner {
    match owner {
        presets::Owner::Site => Owner::Site,
        presets::Owner::Group(key) => Owner::Group(key.to_string()),
        presets::Owner::Event(key) => Owner::Event(key.to_string()),
        presets::Owner::User(name) => Owner::User(name.as_str().to_owned()),
    }
}

/// Whose preset it is; none where that could be nobody.
pub fn owner(kept: &Owner) -> Option<presets::Owner> {
    match kept {
        Owner::Site => Some(presets::Owner::Site),
        Owner::Group(key) => Key::try_from(key.as_str()).ok().map(presets::Owner::Group),
        Owner::Event(key) => Key::try_from(key.as_str()).ok().map(presets::Owner::Event),
        Owner::User(name) => Username::try_from(name.as_str()).ok().map(presets::Owner::User),
    }
}

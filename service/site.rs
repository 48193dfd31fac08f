//! The site's content in memory: read once, replaced whole after each change, never locked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use serde::Deserialize as _;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;
use tokio::sync::Mutex;

use crate::catalogue::{Fault, Key};
use crate::effective::{Content, written};
use crate::groups::Username;
use crate::presets::{self, written::Preset};
use crate::store::events::NewEvent;
use crate::store::site::{NewGroup, NewPreset, NewSite, Owner, SiteRows, SiteTexts};
use crate::store::{Store, StoreError, revision, site};

/// How long a change by another process may stay unseen.
const POLL: Duration = Duration::from_millis(500);
/// What nobody could look at for so long is shown to nobody (requirement R96).
const OLDEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The content of the latest revision known to this process.
pub struct Site {
    store: Store,
    /// None until the database has answered once.
    content: ArcSwapOption<Content>,
    /// Ages are counted from here, by a clock that nobody sets.
    made: Instant,
    /// When the database last said that this is the latest: milliseconds after `made`.
    seen: AtomicU64,
    /// Held while the content is read anew: of two at once, the later must not put back what the
    /// earlier saw. Holds what was warned of before, so that a fault is told once.
    reading: Mutex<BTreeSet<String>>,
}

impl Site {
    pub fn new(store: Store) -> Self {
        Self {
            store,
            content: ArcSwapOption::empty(),
            made: Instant::now(),
            seen: AtomicU64::new(0),
            reading: Mutex::default(),
        }
    }

    /// What is published; none while the database has never answered, or not for a day.
    pub fn content(&self) -> Option<Arc<Content>> {
        self.content_at(Instant::now())
    }

    /// The same as of `now`, should nobody look until then.
    pub fn content_at(&self, now: Instant) -> Option<Arc<Content>> {
        self.content.load_full().filter(|_| self.age_at(now) < OLDEST)
    }

    /// How long ago the database last said that this is the latest: under a second while it answers.
    pub fn age(&self) -> Duration {
        self.age_at(Instant::now())
    }

    fn age_at(&self, now: Instant) -> Duration {
        let seen = Duration::from_millis(self.seen.load(Ordering::Relaxed));
        now.saturating_duration_since(self.made).saturating_sub(seen)
    }

    /// Notes that the database has just said so.
    fn looked(&self) {
        let millis = u64::try_from(self.made.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.seen.store(millis, Ordering::Relaxed);
    }

    /// Reads the content anew if its revision moved; says whether it did.
    ///
    /// # Errors
    /// As [`Store::read`]; what was known stays.
    pub async fn refresh(&self) -> Result<bool, StoreError> {
        let mut told = self.reading.lock().await;
        let known = self.content.load_full().map(|content| content.revision);
        if known.is_some() && self.store.read(revision::current).await? == known.unwrap_or_default() {
            self.looked();
            return Ok(false);
        }
        let mut anew = false;
        let renewed = match self.content.load_full() {
            Some(content) => self.renewed(&content).await?,
            None => None,
        };
        let (content, mut faults) = match renewed {
            Some(renewed) => renewed,
            None => {
                let texts = self.store.read(site::texts).await?;
                anew = true;
                published_texts(texts)
            }
        };
        tracing::info!(revision = content.revision, presets = content.presets.len(), "content read");
        let content = Arc::new(content);
        self.looked();
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
                Some(row) => match Preset::deserialize(&row.document) {
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

    /// Prepares the tables. They are nearly always as they should be: what they hold is read while a whole file is
    /// checked, and a newer version's tables, which nobody writes, are still read.
    async fn prepare(&self) -> (Result<(), StoreError>, Result<bool, StoreError>) {
        match tokio::join!(self.store.migrate(), self.refresh()) {
            (Ok(0), Ok(read)) => (Ok(()), Ok(read)),
            (Ok(steps), _) => {
                if steps > 0 {
                    // It was read from tables of another version.
                    self.content.store(None);
                }
                (Ok(()), self.refresh().await)
            }
            (Err(trouble), read) => (Err(trouble), read),
        }
    }

    /// Prepares the tables, then follows every change of the site and of people until the process ends.
    pub async fn follow(self: Arc<Self>) {
        let mut told = false;
        loop {
            let (prepared, read) = match self.store.is_ready() {
                true => (Ok(()), self.refresh().await),
                false => self.prepare().await,
            };
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
pub fn published(rows: SiteRows) -> (Content, Vec<Fault>) {
    read(
        rows.revision,
        rows.catalogue,
        rows.groups.into_iter().map(|row| (row.key, row.document)),
        rows.events.into_iter().map(|row| (row.key, row.document)),
        rows.presets.into_iter().map(|row| (row.id, row.version, row.document)),
    )
}

/// The same of what forms need.
fn published_texts(texts: SiteTexts) -> (Content, Vec<Fault>) {
    let SiteTexts { revision, catalogue, groups, events, presets } = texts;
    read(revision, catalogue, groups.into_iter(), events.into_iter(), presets.into_iter())
}

/// A document that was kept: a value, or its text.
trait Document {
    fn read<T: DeserializeOwned>(self) -> serde_json::Result<T>;
}

impl Document for Json {
    fn read<T: DeserializeOwned>(self) -> serde_json::Result<T> {
        T::deserialize(self)
    }
}

impl Document for String {
    fn read<T: DeserializeOwned>(self) -> serde_json::Result<T> {
        serde_json::from_str(&self)
    }
}

/// Lets go of each row as it is read: what thousands of presets take on the way is more than what is left.
fn read<D: Document>(
    revision: i64,
    catalogue: Option<(i64, Json)>,
    groups: impl Iterator<Item = (String, D)>,
    events: impl Iterator<Item = (String, D)>,
    presets: impl Iterator<Item = (String, i64, D)>,
) -> (Content, Vec<Fault>) {
    let mut faults = Vec::new();
    let catalogue_version = catalogue.as_ref().map_or(0, |(version, _)| *version);
    let mut site: written::Site =
        catalogue.and_then(|(_, document)| kept("/catalogue", document, &mut faults)).unwrap_or_default();
    site.groups = keyed(groups, &mut faults).collect();
    site.events = keyed(events, &mut faults).collect();
    let mut unreadable = Vec::new();
    let presets = presets.filter_map(|(id, version, document)| {
        Some((Key::try_from(id.as_str()).ok()?, version, kept::<Preset>(&id, document, &mut unreadable)?))
    });
    let (mut content, found) = Content::read_with(&site, revision, presets);
    content.catalogue_version = catalogue_version;
    faults.extend(unreadable);
    faults.extend(found);
    (content, faults)
}

fn keyed<T: DeserializeOwned>(
    rows: impl Iterator<Item = (String, impl Document)>,
    faults: &mut Vec<Fault>,
) -> impl Iterator<Item = (Key, T)> {
    rows.filter_map(|(key, document)| {
        Some((Key::try_from(key.as_str()).ok()?, kept(&key, document, faults)?))
    })
}

fn kept<T: DeserializeOwned>(pointer: &str, document: impl Document, faults: &mut Vec<Fault>) -> Option<T> {
    document.read().map_err(|error| faults.push(Fault::new(pointer, "unreadable", error.to_string()))).ok()
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

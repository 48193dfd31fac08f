//! Presets that travel: of what was used last, back from an older version, and by a link.

use serde_json::json;

use super::{Acting, Copy, Made, NotDone, Once, Shown, change};
use crate::catalogue::Key;
use crate::desk::Desk;
use crate::desk::difference::{Difference, differences};
use crate::effective::CardId;
use crate::presets::Owner;
use crate::presets::draft::Draft;
use crate::store::presets::{self as kept};

/// A link to a preset, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// `pytorch@3`: what `opt-preset` and `me/effective?card=` name.
    pub card: String,
    pub version: i64,
    /// Who else gets something by it.
    pub reaches: String,
}

impl Desk {
    /// Makes a preset of what somebody used last on `server`: the preset with what they chose, or what they
    /// chose by hand.
    ///
    /// # Errors
    /// [`NotDone::NotFound`] where nothing was started there, or what was is not theirs to see any more;
    /// as [`Desk::create_preset`].
    pub async fn save_last_used(
        &self,
        acting: &Acting,
        server: &str,
        wanted: &Copy,
        once: Option<&Once>,
    ) -> Result<Made, NotDone> {
        let asked = (server, wanted);
        let attempt =
            once.map(|once| super::attempt(acting, once, "POST presets/from-last".to_owned(), &asked));
        self.change(async {
            let selections = self.selections(acting).await?;
            let last =
                selections.into_iter().find(|last| last.server_name == server).ok_or(NotDone::NotFound)?;
            let owner = wanted.owner.clone().map_or_else(|| acting.own(), Ok)?;
            let card = CardId::read(&last.preset).ok_or(NotDone::NotFound)?;
            let view = self.view(acting).await?;
            let mut draft = match card {
                CardId::Preset(id) => {
                    let (_, row, _) = self.seen(acting, &id).await?;
                    let original = Shown::of(row).ok_or(NotDone::NotFound)?;
                    change::drafted(original.written, owner, wanted.title.clone())
                }
                CardId::Open(profile) => {
                    let title = view.content.catalogue.profile(&profile).map(|profile| profile.title.clone());
                    let title = wanted.title.clone().or(title).ok_or(NotDone::NotFound)?;
                    let profile = profile.to_string();
                    let (values, ask) = Default::default();
                    let (description, audiences, confirm) = (None, vec![], false);
                    Draft { title, description, owner, profile, values, ask, audiences, confirm }
                }
            };
            let chosen = last.chosen_values.as_object().cloned().unwrap_or_default();
            draft.values.extend(chosen);
            self.make(acting, &view, &draft, attempt).await
        })
        .await
    }

    /// Puts what a preset said at `version` in place of what it says, as it was at version `expected`.
    ///
    /// # Errors
    /// [`NotDone::NotFound`] where there is no such version; as [`Desk::replace_preset`].
    pub async fn restore_preset(
        &self,
        acting: &Acting,
        id: &Key,
        version: i64,
        expected: &[i64],
    ) -> Result<Shown, NotDone> {
        self.change(async {
            let then = self.preset_version(acting, id, version).await?.written;
            self.replace(acting, id, expected, |owner: Owner| change::drafted(then, owner, None)).await
        })
        .await
    }

    /// What differs between two versions of a preset.
    ///
    /// # Errors
    /// As [`Desk::preset_version`].
    pub async fn preset_difference(
        &self,
        acting: &Acting,
        id: &Key,
        before: i64,
        after: i64,
    ) -> Result<Vec<Difference>, NotDone> {
        let (_, row, _) = self.seen(acting, id).await?;
        let found = self
            .store
            .read(move |conn| Ok((kept::version(conn, &row, before)?, kept::version(conn, &row, after)?)));
        let (Some(before), Some(after)) = found.await? else { return Err(NotDone::NotFound) };
        let content = |document: &serde_json::Value| {
            let mut document = document.clone();
            // Whose it is, is no part of what it says.
            if let Some(map) = document.as_object_mut() {
                map.remove("owner");
            }
            document
        };
        Ok(differences(&content(&before.document), &content(&after.document)))
    }

    /// A link to a preset as it is now.
    ///
    /// # Errors
    /// As [`Desk::preset`].
    pub async fn share_preset(&self, acting: &Acting, id: &Key) -> Result<Link, NotDone> {
        let preset = self.preset(acting, id).await?;
        let title = |key: &Key| {
            let content = self.site.content();
            content.and_then(|content| content.groups.get(key).map(|group| group.title.clone()))
        };
        let mut reaches = match &preset.written.owner {
            Owner::Site => "everybody".to_owned(),
            Owner::Group(key) => format!("the members of {}", title(key).unwrap_or_else(|| key.to_string())),
            Owner::Event(key) => format!("who takes part in the event {key}"),
            Owner::User(name) => {
                format!("nobody but {name}: export it, or copy it to a group, for others")
            }
        };
        if preset.written.confirm {
            reaches.push_str("; a link alone does not start it: press Start on the page");
        }
        let version = preset.version;
        Ok(Link { card: format!("{id}@{version}"), version, reaches })
    }
}

impl Shown {
    /// The preset as a file, without whose it is and what the service keeps of it: what import reads.
    pub fn portable(&self) -> serde_json::Value {
        let plain = |json: serde_json::Value| crate::desk::difference::keyed(&json);
        let mut document = json!({ "title": self.written.title });
        if let Some(description) = &self.written.description {
            document["description"] = json!(description);
        }
        document["profile"] = json!(self.written.profile);
        document["values"] =
            self.written.values.iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
        document["ask"] =
            (self.written.ask.iter()).map(|(key, ask)| (key.to_string(), plain(json!(ask)))).collect();
        if self.written.confirm {
            document["confirm"] = json!(true);
        }
        document
    }
}

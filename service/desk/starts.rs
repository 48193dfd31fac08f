//! A server started by the name of a preset, in the name of whoever asks: checked here first, then by the hub.

use serde_json::{Value as Json, json};

use super::Desk;
use super::forms::View;
use super::presets::NotDone;
use crate::config::secret::Secret;
use crate::hub::Hub;
use crate::hub::servers::{NotStarted, Started};
use crate::resolve::{Asked, Refusal, Resolution, resolve};

/// Why no server was started.
#[derive(Debug)]
pub enum NotBegun {
    NotDone(NotDone),
    /// The limits do not allow it: the hub was not asked.
    Refused(Refusal),
    /// The hub did not do it.
    NotStarted(NotStarted),
}

impl Desk {
    /// Starts what is asked at `hub`, with the person's own `token`. The hub's plugin resolves it once more:
    /// what is decided and remembered, is so there.
    ///
    /// # Errors
    /// [`NotBegun`].
    pub async fn start_at(
        &self,
        hub: &Hub,
        token: &Secret,
        view: &View,
        asked: &Asked,
    ) -> Result<(Started, Resolution), NotBegun> {
        let tried = self.try_start(view, asked).await.map_err(NotBegun::NotDone)?;
        let resolution = tried.map_err(NotBegun::Refused)?;
        // Not as an option named user_options: hubs before 6 take the body for the options.
        let card = asked.card.clone().unwrap_or_else(|| resolution.card.to_string());
        let mut options = json!({ "preset": card, "values": asked.values });
        if let Some(context) = &asked.context {
            options["context"] = json!(context);
        }
        let started = hub.start_server(token, &view.person, &view.server_name, &options).await;
        Ok((started.map_err(NotBegun::NotStarted)?, resolution))
    }

    /// What may be sent to start the view's card, or any card, as JSON Schema.
    ///
    /// # Errors
    /// [`NotDone::NotFound`] for a card that is not theirs; as [`Desk::look`].
    pub async fn schema(&self, view: &View) -> Result<Json, NotDone> {
        let schema = self.look(view, |look| match &view.card {
            Some(card) => look.card.map(|offer| offer.schema_named(card)),
            None => {
                let usual = resolve(look.content, look.form, &Asked::default());
                Some(look.form.schema(usual.ok().map(|resolution| resolution.card).as_ref()))
            }
        });
        schema.await?.ok_or(NotDone::NotFound)
    }
}

//! A person's form as data: what they may start at an instant and in a context, and what a start would give.

use chrono::{DateTime, Utc};

use super::presets::{Acting, NotDone};
use super::{Caller, Desk};
use crate::directory::Purpose;
use crate::effective::{Content, Form, Notice, Offer, Wish};
use crate::groups::{Membership, Username};
use crate::resolve::{Asked, Refusal, Resolution, resolve};

/// Whose form, and from where it is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    pub person: Username,
    /// Groups the hub keeps for them, as far as they are known.
    pub hub_groups: Vec<String>,
    /// Empty for the default server.
    pub server_name: String,
    /// The context they choose, as it is written, and empty for none; nothing said: the one they would be in.
    pub context: Option<String>,
    /// The one card it is about, as a link names it: `pytorch@3` is the preset as it was at that version.
    pub card: Option<String>,
    /// Another instant than now.
    pub at: Option<DateTime<Utc>>,
}

/// What one finds there.
#[derive(Debug, Clone, Copy)]
pub struct Look<'a> {
    pub content: &'a Content,
    pub form: &'a Form<'a>,
    /// As of now, whatever instant the form is of.
    pub membership: &'a Membership,
    pub at: DateTime<Utc>,
    /// Whether the context it was asked for is theirs.
    pub is_theirs: bool,
    /// The card it is about, where there is such a one.
    pub card: Option<&'a Offer<'a>>,
}

/// What was found out about a start, and how it was asked for.
type Tried = Result<Resolution, Refusal>;

impl View {
    /// One's own form.
    ///
    /// # Errors
    /// [`NotDone::Forbidden`] for a service: nobody starts anything in its name.
    pub fn own(acting: &Acting, server_name: &str) -> Result<Self, NotDone> {
        if acting.is_service {
            return Err(NotDone::Forbidden("a service starts nothing: ask with a person's token"));
        }
        Ok(Self {
            person: acting.name.clone(),
            hub_groups: acting.hub_groups.clone(),
            server_name: server_name.to_owned(),
            context: None,
            card: None,
            at: None,
        })
    }

    /// Somebody else's, by what directories tell of them.
    pub fn of(person: Username, at: Option<DateTime<Utc>>) -> Self {
        Self { person, hub_groups: vec![], server_name: String::new(), context: None, card: None, at }
    }
}

impl Desk {
    /// Hands what `view` shows to `see`; writes nothing.
    ///
    /// # Errors
    /// [`NotDone::NotFound`] for a context that is not theirs; [`NotDone::Unavailable`].
    pub async fn look<T>(&self, view: &View, see: impl FnOnce(&Look<'_>) -> T) -> Result<T, NotDone> {
        let unknown = |form: &Form<'_>| form.notices.contains(&Notice::GroupsUnknown { refused: true });
        let seen = |look: &Look<'_>| (look.is_theirs || unknown(look.form)).then(|| see(look));
        self.look_at(view, Purpose::Form, seen).await?.ok_or(NotDone::NotFound)
    }

    /// What a start would give, as [`Desk::start`] would decide it; writes nothing.
    ///
    /// # Errors
    /// As [`Desk::look`].
    pub async fn try_start(&self, view: &View, asked: &Asked) -> Result<Tried, NotDone> {
        let view = View { card: asked.card.clone(), context: asked.context.clone(), ..view.clone() };
        let resolved = |look: &Look<'_>| {
            let card = look.card.map(|offer| offer.id.to_string()).or_else(|| asked.card.clone());
            resolve(look.content, look.form, &Asked { card, ..asked.clone() })
        };
        self.look_at(&view, Purpose::Start, resolved).await
    }

    /// The same for that purpose, in whatever context: for a start, nothing is filled in that was chosen the last time.
    pub(super) async fn look_at<T>(
        &self,
        view: &View,
        purpose: Purpose,
        see: impl FnOnce(&Look<'_>) -> T,
    ) -> Result<T, NotDone> {
        let (content, card) = self.content_with(view.card.as_deref()).await?;
        let caller = Caller {
            person: view.person.clone(),
            account: None,
            server_name: view.server_name.clone(),
            hub_groups: view.hub_groups.clone(),
            request_id: None,
        };
        let mut known = self.what_is_known(&caller, purpose).await?;
        if purpose == Purpose::Start
            && let Some(last) = &mut known.last
        {
            last.values.clear();
        }
        let wished = view.context.as_deref().map(Wish::read);
        let mut person = self.person(&content, &caller, &known, wished.as_ref().and_then(Option::as_ref));
        person.now = view.at.unwrap_or(person.now);
        let at = person.now;
        let form = self.form_of(&content, person);
        let is_theirs = wished.as_ref().is_none_or(|wish| wish.as_ref().is_some_and(|wish| form.has(wish)));
        let card = card.as_deref().and_then(|card| form.named(card));
        Ok(see(&Look { content: &content, form: &form, membership: &known.membership, at, is_theirs, card }))
    }
}

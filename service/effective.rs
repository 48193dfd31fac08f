//! The effective form: what one person may start, now, with every limit and its reason.

pub mod acting;
mod alike;
pub mod card;
mod ceiling;
mod chain;
mod circumstances;
pub mod content;
mod counts;
mod defaults;
pub mod group;
mod layers;
mod memo;
mod offer;
pub mod organisers;
mod part;
mod renewal;
mod settle;
mod slots;
mod told;
pub mod written;

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};

use crate::catalogue::{Key, Profile};
use crate::groups::{Membership, Standing, Username};
pub use crate::presets::{Context, Wish};
use crate::presets::{Preferences, Selection};

pub use acting::Acting;
pub use card::{Card, CardId, Field, State};
use circumstances::Circumstances;
pub use content::Content;
pub use counts::Counts;
pub use group::Group;
pub use offer::Offer;
pub use part::Part;
pub use slots::Slots;
pub use told::Told;

/// Whose form it is, with all that is known of them.
#[derive(Debug, Clone, Copy)]
pub struct Person<'a> {
    pub name: &'a Username,
    pub membership: &'a Membership,
    /// What they last started on this server.
    pub last: Option<&'a Selection>,
    /// What they set for themselves; none where it is not known.
    pub preferences: Option<&'a Preferences>,
    /// The name of the server it is about; empty for the default one.
    pub server: &'a str,
    /// Whether somebody whose groups could not be asked gets what everybody gets, or nothing.
    pub unknown: Unknown,
    /// The context they chose, by a link or on the page; one they are not in counts for nothing.
    pub wished: Option<&'a Wish>,
    /// The instant it is about: limits end, and events begin and end.
    pub now: DateTime<Utc>,
}

/// What a person gets while no directory has ever answered for them (design §3.11).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    /// What everybody gets.
    Baseline,
    /// Nothing, because a policy might forbid it.
    Refuse,
}

/// What one person may start.
#[derive(Debug, Clone, PartialEq)]
pub struct Form<'a> {
    /// Those that are shown, the chosen one first.
    pub cards: Vec<Offer<'a>>,
    /// Those that the person hid: they start as ever, by link or by name.
    pub put_away: Vec<Offer<'a>>,
    /// What Enter starts; none where nothing can be started.
    pub chosen: Option<CardId>,
    /// The card the person last started, where it is still there.
    pub last_used: Option<CardId>,
    /// What the person made their default, even where it is not there any more.
    pub own_default: Option<CardId>,
    /// Worst first.
    pub notices: Vec<Notice>,
    pub groups: Vec<&'a Group>,
    /// What the person acts in.
    pub context: Option<Acting<'a>>,
    /// What they could act in: events first, then groups.
    pub contexts: Vec<Acting<'a>>,
}

/// What the person should know before choosing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The database does not answer: this is as of that instant, and nothing of it starts. Only the desk knows.
    ContentStale { as_of: DateTime<Utc>, contact: Option<String> },
    /// The directory never answered for this person. `refused`: nothing can be started meanwhile.
    GroupsUnknown { refused: bool },
    /// The directory does not answer now; groups are as of this instant.
    GroupsStale { checked_at: DateTime<Utc> },
    /// What is the default, or was used last (`used`), cannot start; another was chosen in its place.
    Broken { title: String, reason: String, instead: Option<String>, used: bool },
    /// Several events run at once: nothing is chosen, and a start without a choice starts nothing.
    SeveralEvents { titles: Vec<String> },
    /// There is nothing but filling in every option.
    NoPresets,
}

/// The form for one person. Pure: the same arguments always give the same form.
pub fn effective<'a>(content: &'a Content, person: Person<'a>) -> Form<'a> {
    let groups = content.groups_of(person.membership);
    let standing = person.membership.standing();
    let refused = standing == Standing::Unknown && person.unknown == Unknown::Refuse;
    let mut form = Form {
        cards: vec![],
        put_away: vec![],
        chosen: None,
        last_used: None,
        own_default: person.preferences.and_then(|set| CardId::read(set.default_on(person.server)?)),
        notices: vec![],
        context: None,
        contexts: vec![],
        groups,
    };
    match standing {
        Standing::Unknown => form.notices.push(Notice::GroupsUnknown { refused }),
        Standing::Stale => form
            .notices
            .extend(person.membership.checked_at().map(|checked_at| Notice::GroupsStale { checked_at })),
        Standing::Fresh => {}
    }
    if refused {
        return form;
    }
    let keys: Vec<&Key> = form.groups.iter().map(|group| &group.key).collect();
    let parts = content.parts_of(person.name, &keys, person.now);
    form.contexts = contexts(&parts, &form.groups);
    form.find_context(&person, &parts);
    form.cards = cards(content, &person, &form.groups, &parts, form.context);
    let no_presets = form.cards.iter().all(|card| matches!(card.id, CardId::Open(_)));
    if let Some(preferences) = person.preferences {
        form.arrange(preferences);
    }
    form.choose(content, person.last);
    if no_presets {
        form.notices.push(Notice::NoPresets);
    }
    form
}

/// What somebody could act in.
fn contexts<'a>(parts: &[Part<'a>], groups: &[&'a Group]) -> Vec<Acting<'a>> {
    let events = parts.iter().map(|part| Acting::Event(part.event, part.role));
    events.chain(groups.iter().map(|group| Acting::Group(group))).collect()
}

fn cards<'a>(
    content: &'a Content,
    person: &Person<'_>,
    groups: &[&'a Group],
    parts: &[Part<'a>],
    page: Option<Acting<'a>>,
) -> Vec<Offer<'a>> {
    let telling = groups.iter().copied().filter(|group| content.is_telling(group)).collect();
    let presets = content.presets_for(person.name, groups, parts).into_iter();
    let around = Arc::new(Circumstances::new(content, page, telling, person.now));
    let open = content.catalogue.profiles.iter().filter(|profile| profile.open);
    presets
        .map(|(preset, owner)| Offer::of_preset(&around, preset, owner))
        .chain(open.map(|profile| Offer::of_profile(&around, profile)))
        .collect()
}

impl<'a> Form<'a> {
    fn offer(&self, id: &CardId) -> Option<&Offer<'a>> {
        self.cards.iter().find(|offer| offer.id == *id)
    }

    /// The shown card of that id.
    pub fn card(&self, id: &CardId) -> Option<&Card<'a>> {
        self.offer(id).map(|offer| &**offer)
    }

    /// The card of that id, shown or not: what can be started.
    pub fn offered(&self, id: &CardId) -> Option<&Offer<'a>> {
        self.offer(id).or_else(|| self.put_away.iter().find(|offer| offer.id == *id))
    }

    /// The same of a card as people write it.
    pub fn named(&self, card: &str) -> Option<&Offer<'a>> {
        self.offered(&CardId::read(card)?)
    }

    /// What is chosen, else the one event that runs, else what was used last, else the only group there is
    /// (design §3.3).
    fn find_context(&mut self, person: &Person<'_>, parts: &[Part<'a>]) {
        let named = |wanted: Option<&Context>| {
            wanted.and_then(|wanted| self.contexts.iter().copied().find(|acting| acting.is(wanted)))
        };
        let running: Vec<&Part<'a>> = parts.iter().filter(|part| part.is_running(person.now)).collect();
        let event = |part: &&Part<'a>| Acting::Event(part.event, part.role);
        let wished = person.wished.filter(|wished| self.has(wished));
        self.context = match (wished, running.as_slice()) {
            (Some(Wish(wished)), _) => named(wished.as_ref()),
            (None, [only]) => Some(event(only)),
            (None, []) => {
                named(person.last.and_then(|last| last.context.as_ref())).or(match self.groups[..] {
                    [only] => Some(Acting::Group(only)),
                    _ => None,
                })
            }
            (None, several) => {
                let titles = several.iter().map(|part| part.event.title.clone()).collect();
                self.notices.push(Notice::SeveralEvents { titles });
                None
            }
        };
    }

    /// Whether they can act in that; in nothing in particular, everybody can.
    pub fn has(&self, wish: &Wish) -> bool {
        wish.0.as_ref().is_none_or(|wished| self.contexts.iter().any(|acting| acting.is(wished)))
    }

    /// Whether nobody can tell what a start without a choice means.
    pub fn is_undecided(&self) -> bool {
        self.notices.iter().any(|notice| matches!(notice, Notice::SeveralEvents { .. }))
    }

    /// Puts away what is hidden and first what is to be first.
    fn arrange(&mut self, preferences: &Preferences) {
        let hidden: HashSet<&str> = preferences.hidden.iter().map(String::as_str).collect();
        let is_hidden =
            |offer: &Offer<'_>| !hidden.is_empty() && hidden.contains(offer.id.to_string().as_str());
        // Somebody who hid everything still wants a server.
        if !self.cards.iter().all(is_hidden) {
            (self.put_away, self.cards) = std::mem::take(&mut self.cards).into_iter().partition(is_hidden);
        }
        if !preferences.order.is_empty() {
            let order = preferences.order.iter().enumerate();
            let places: HashMap<&str, usize> = order.map(|(n, id)| (id.as_str(), n)).collect();
            let place = |offer: &Offer<'_>| places.get(offer.id.to_string().as_str()).copied();
            self.cards.sort_by_cached_key(|card| place(card).unwrap_or(usize::MAX));
        }
    }

    /// Chooses: the person's default, then last used, then the site's default, then the first that
    /// starts. Moves it up.
    fn choose(&mut self, content: &Content, last: Option<&Selection>) {
        let shown = |id: &CardId| self.offer(id).is_some();
        let own = self.own_default.clone().filter(shown);
        let used = last.and_then(|last| CardId::read(&last.card)).filter(shown);
        let default = content.default_preset.clone().map(CardId::Preset).filter(shown);
        // An event's own card, rather the one used last, before anything else of today.
        let events = self.of_the_event(used.as_ref());
        let wished = events.or(own).or_else(|| used.clone()).or_else(|| default.clone());
        let usable = |id: &CardId| self.offer(id).is_some_and(Offer::starts);
        let chosen = (wished.clone().into_iter())
            .chain(used.clone())
            .chain(default)
            .chain(self.cards.iter().map(|card| card.id.clone()))
            .find(usable)
            .filter(|_| !self.is_undecided());
        let wished = wished.filter(|wished| Some(wished) != chosen.as_ref() && !self.is_undecided());
        if let Some(wished) = wished {
            let broken = self.broken(&wished, chosen.as_ref(), used.as_ref() == Some(&wished));
            self.notices.extend(broken);
        }
        if let (Some(last), Some(id)) = (last, &used) {
            self.recall(id, last);
        }
        if let Some(at) = self.cards.iter().position(|card| Some(&card.id) == chosen.as_ref()) {
            self.cards[..=at].rotate_right(1);
        }
        self.last_used = used;
        self.chosen = chosen;
    }

    /// The card to start in the event that the page is in: one of its own, where one starts.
    fn of_the_event(&self, used: Option<&CardId>) -> Option<CardId> {
        let event = self.context.filter(|acting| matches!(acting, Acting::Event(..)))?;
        let mut its = self
            .cards
            .iter()
            .filter(|card| card.owner.is_some_and(|owner| owner.same(&event)) && card.starts());
        let first = its.clone().next()?;
        let last = its.find(|card| Some(&card.id) == used);
        Some(last.unwrap_or(first).id.clone())
    }

    fn broken(&self, wished: &CardId, instead: Option<&CardId>, used: bool) -> Option<Notice> {
        let card = self.card(wished)?;
        let State::Unavailable(reason) = &card.state else { return None };
        let instead = instead.and_then(|id| self.card(id)).map(|card| card.title.clone());
        Some(Notice::Broken { title: card.title.clone(), reason: reason.clone(), instead, used })
    }

    /// Fills in what the person chose last time, where it is still allowed.
    fn recall(&mut self, id: &CardId, last: &Selection) {
        if last.values.is_empty() {
            return;
        }
        if let Some(offer) = self.cards.iter_mut().find(|offer| offer.id == *id) {
            offer.recall(&last.values);
        }
    }
}

/// The profile of a preset whose own is gone: it has no options, and nothing starts from it.
fn nothing() -> &'static Profile {
    static NOTHING: LazyLock<Profile> = LazyLock::new(|| {
        let key = Key::try_from("none").expect("four letters are a key");
        Profile { title: String::new(), backend: key.clone(), key, options: vec![], open: false }
    });
    &NOTHING
}

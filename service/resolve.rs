//! From what was asked to what is started: the only door to a server, whichever way the asking came.

mod asked;

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::catalogue::fault::shortened;
use crate::catalogue::{Fault, Key, Persist, Template};
use crate::effective::{Acting, Card, CardId, Content, Context, Field, Form, Notice, Offer, State, Wish};
use crate::trims::Reason;

pub use asked::{Asked, Link};

/// What the hub starts.
#[derive(Debug, Clone, PartialEq)]
pub struct Resolution {
    pub card: CardId,
    pub title: String,
    pub version: i64,
    pub context: Option<Context>,
    /// The hub's key of the spawner class.
    pub spawner: Key,
    pub traits: BTreeMap<String, Json>,
    pub environment: BTreeMap<String, String>,
    /// Every option, as the API writes it.
    pub given: BTreeMap<Key, Json>,
    /// Only what the person chose: what is remembered and replayed.
    pub chosen: BTreeMap<Key, Json>,
    /// What a saved preset had to give up, for the person.
    pub changes: Vec<String>,
    /// Limit by limit, for the record: option, owner, what was left, why.
    pub reasons: Vec<(Key, Reason)>,
}

/// Why nothing starts. Each says what was refused, by which rule, and whom to ask.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// No such preset for this person; whether it exists for others is not told.
    NotOffered { sentence: String },
    /// Something in what was asked is not allowed.
    Options { sentence: String, faults: Vec<Fault> },
    /// The person's groups cannot be known now.
    GroupsUnknown { sentence: String },
}

/// Resolves what was asked within a person's own form, made for the same context: what the form does not offer,
/// nobody gets.
///
/// # Errors
/// A refusal; nothing may start then.
pub fn resolve(content: &Content, form: &Form<'_>, asked: &Asked) -> Result<Resolution, Refusal> {
    let ask = whom_to_ask(content, None);
    if form.notices.contains(&Notice::GroupsUnknown { refused: true }) {
        let sentence = format!(
            "Your groups can't be checked, because the directory is not answering, and this site starts nothing without them. Try again in a few minutes.{ask}"
        );
        return Err(Refusal::GroupsUnknown { sentence });
    }
    is_theirs(content, form, asked)?;
    let (offer, instead) = chosen_card(content, form, asked)?;
    // What is asked makes a card of its own: the one without it is looked at only where it might not start.
    if (asked.values.is_empty() || !offer.starts())
        && let State::Unavailable(reason) = &offer.state
    {
        let sentence =
            format!("“{}” can't start: {reason}.{}", offer.title, whom_to_ask(content, offer.context));
        return Err(Refusal::Options {
            faults: vec![Fault::new("/preset", "unavailable", sentence.clone())],
            sentence,
        });
    }
    // Other people's pages lead here too: what they must not start waits for somebody to press Start.
    if asked.link.is_some_and(|link| !link.may_start(offer.preset(), asked.pinned)) {
        let sentence = format!(
            "Your server was not started: a link alone does not start “{}”. Press Start on this page.",
            offer.title
        );
        return Err(Refusal::Options {
            faults: vec![Fault::new("/preset", "confirm", sentence.clone())],
            sentence,
        });
    }
    let as_it_is = asked.values.is_empty() && offer.missing.is_empty();
    let answered = if as_it_is { None } else { Some(offer.answered(&asked.values)) };
    let answered = answered.transpose().map_err(|faults| {
        let list: Vec<&str> = faults.iter().map(|fault| fault.detail.as_str()).collect();
        let ask = whom_to_ask(content, offer.context());
        Refusal::Options {
            sentence: format!("Your server was not started. {}.{ask}", list.join("; ")),
            faults,
        }
    })?;
    let card: &Card<'_> = answered.as_ref().unwrap_or_else(|| offer);
    let resolution = write(content, card, asked).ok_or_else(|| {
        // A checked catalogue names every option its backend needs.
        let sentence = format!("“{}” can't start: its settings are incomplete.{ask}", card.title);
        Refusal::Options { faults: vec![Fault::new("/preset", "incomplete", sentence.clone())], sentence }
    })?;
    let changes = instead.into_iter().chain(resolution.changes).collect();
    Ok(Resolution { changes, ..resolution })
}

/// What is named to act in is theirs, or nothing starts: in another context it would be something else.
fn is_theirs(content: &Content, form: &Form<'_>, asked: &Asked) -> Result<(), Refusal> {
    let Some(named) = &asked.context else { return Ok(()) };
    if Wish::read(named).is_some_and(|wish| form.has(&wish)) {
        return Ok(());
    }
    let unknown = form.notices.iter().any(|notice| matches!(notice, Notice::GroupsUnknown { .. }));
    // Whether there is such a group is nobody's business who is not in it: one sentence for both.
    let why = if unknown {
        "your groups can't be checked now, because the directory is not answering. Try again in a few minutes"
    } else {
        "you are not in it, or it is over. Choose again what to start"
    };
    let detail = format!("nothing can be started for “{}”: {why}", shortened(named));
    let sentence = format!("Your server was not started: {detail}.{}", whom_to_ask(content, None));
    let allowed = form.contexts.iter().map(|acting| acting.context().to_string());
    let fault = Fault::new("/context", "not-theirs", detail).with_allowed(allowed.collect::<Vec<_>>());
    Err(Refusal::Options { sentence, faults: vec![fault] })
}

/// The card to start; and why it is not the person's own default, where it should have been.
fn chosen_card<'f, 'a>(
    content: &Content,
    form: &'f Form<'a>,
    asked: &Asked,
) -> Result<(&'f Offer<'a>, Option<String>), Refusal> {
    match &asked.card {
        Some(id) => named_card(content, form, id).map(|card| (card, None)),
        None => default_card(content, form),
    }
}

/// The person's default, else the site's (design §3.12): a start without options always works where
/// there is one.
fn default_card<'f, 'a>(
    content: &Content,
    form: &'f Form<'a>,
) -> Result<(&'f Offer<'a>, Option<String>), Refusal> {
    if let Some(Notice::SeveralEvents { titles }) =
        form.notices.iter().find(|notice| matches!(notice, Notice::SeveralEvents { .. }))
    {
        let sentence = format!(
            "Nothing was started, because {} run at the same time. Choose one.",
            titles.join(" and ")
        );
        let faults = vec![Fault::new("/preset", "required", sentence.clone())];
        return Err(Refusal::Options { sentence, faults });
    }
    let own = form.own_default.as_ref();
    let own_card = own.and_then(|id| form.offered(id));
    if let Some(card) = own_card.filter(|card| card.is_usable()) {
        return Ok((card, None));
    }
    let default = content.default_preset.clone().map(CardId::Preset);
    let Some(default) = default.and_then(|id| form.offered(&id)) else {
        let sentence = match (own, own_card) {
            // Refused for its own reason, in its own words.
            (_, Some(card)) => return Ok((card, None)),
            (Some(id), None) => format!("Your default “{id}” is no longer there. Choose a preset."),
            (None, None) => {
                "Nothing was chosen, and this site has no default to start. Choose a preset.".to_owned()
            }
        };
        let faults = vec![Fault::new("/preset", "required", sentence.clone())];
        return Err(Refusal::Options { sentence, faults });
    };
    let instead = own.map(|id| match own_card {
        Some(card) if let State::Unavailable(reason) = &card.state => {
            let title = &card.title;
            format!("your default “{title}” can't start ({reason}), so “{}” was started", default.title)
        }
        _ => format!("your default “{id}” is no longer there, so “{}” was started", default.title),
    });
    Ok((default, instead))
}

fn named_card<'f, 'a>(content: &Content, form: &'f Form<'a>, id: &str) -> Result<&'f Offer<'a>, Refusal> {
    form.named(id).ok_or_else(|| {
        let context = None;
        // Whether there is such a preset is nobody's business who may not use it: one sentence for both.
        let why = if form.notices.iter().any(|notice| matches!(notice, Notice::GroupsUnknown { .. })) {
            "Your groups can't be checked now, because the directory is not answering. Try again in a few minutes."
        } else {
            "It may have been removed, or you may have left its group."
        };
        let ask = whom_to_ask(content, context);
        let sentence = format!("There is no preset “{}” for you. {why}{ask}", shortened(id));
        Refusal::NotOffered { sentence }
    })
}

fn write(content: &Content, card: &Card<'_>, asked: &Asked) -> Option<Resolution> {
    let options = &content.catalogue.options;
    let backend = content.catalogue.backends.get(&card.profile.backend)?;
    let values = card.values();
    // What says something of an option that is absent is not set at all.
    let set = |template: &&Template| {
        !template.options().iter().any(|key| card.field(key.as_str()).is_some_and(|field| field.absent))
    };
    let mut traits = BTreeMap::new();
    for (name, template) in backend.traits.iter().filter(|(_, template)| set(template)) {
        traits.insert(name.clone(), template.filled(options, &values)?);
    }
    let mut environment = BTreeMap::new();
    for (name, template) in backend.environment.iter().filter(|(_, template)| set(template)) {
        let text = match template.filled(options, &values)? {
            Json::String(text) => text,
            other => other.to_string(),
        };
        environment.insert(name.clone(), text);
    }
    let given = |field: &Field<'_>| (field.opt.key.clone(), field.opt.kind.json(&field.value));
    let was_asked = |field: &&Field<'_>| {
        let names = std::iter::once(&field.opt.key).chain(&field.opt.was);
        names.into_iter().any(|name| asked.values.contains_key(name.as_str()))
    };
    let fields = card.fields.iter().filter(|field| !field.absent);
    let kept = |field: &&Field<'_>| field.editable && field.opt.persist != Persist::Never;
    Some(Resolution {
        card: card.id.clone(),
        title: card.title.clone(),
        version: card.version,
        context: card.context.map(|acting| acting.context()),
        spawner: backend.spawner.clone(),
        traits,
        environment,
        given: fields.clone().map(given).collect(),
        chosen: fields.clone().filter(was_asked).filter(kept).map(given).collect(),
        changes: match &card.state {
            State::Adjusted(changes) => changes.clone(),
            State::Ok | State::Unavailable(_) => vec![],
        },
        reasons: (card.fields.iter())
            .flat_map(|field| field.because.iter().map(|because| (field.opt.key.clone(), because.told())))
            .collect(),
    })
}

/// ` Ask … for help.`, or nothing where the site names nobody.
fn whom_to_ask(content: &Content, context: Option<Acting<'_>>) -> String {
    let contact = context.and_then(|acting| acting.contact());
    contact.or(content.contact.as_deref()).map_or_else(String::new, |contact| format!(" Ask {contact}."))
}

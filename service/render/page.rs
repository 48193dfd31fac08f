//! Our own pages: the front page, the one about tokens, the API's reference, and messages, all in one shell.

mod reference;

use askama::Template;

use super::assets::{self, Link};
use super::card::CardView;
use super::notice::{self, Note};
use crate::effective::{Form, Notice};

pub use reference::reference;

/// What stands around a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shell {
    /// Where the service is reached, with slashes at both ends.
    pub prefix: String,
    /// Where browsers find the hub's pages: `/hub/`, or with its host where services have their own.
    pub hub: String,
    /// Who is signed in.
    pub person: Option<String>,
    /// What the forms of this page send back; none where it must not be given away.
    pub csrf: Option<String>,
}

/// The page a person is on, for the navigation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Here {
    Front,
    Token,
    Elsewhere,
}

/// A page that only says something.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    pub title: String,
    pub paragraphs: Vec<String>,
    /// What to do next, as its label and address.
    pub button: Option<(String, String)>,
    /// What else could be done.
    pub link: Option<(String, String)>,
    /// Names the request in the log.
    pub request_id: Option<String>,
}

/// Which token a program needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPage {
    /// The scopes that are enough for one's own presets, as the hub's field wants them.
    pub scopes: String,
    /// Further ones that this person has, with what each is for.
    pub more: Vec<(String, &'static str)>,
    /// Scheme and host under which the service is reached, where the configuration says.
    pub origin: Option<String>,
}

struct ShellView<'a> {
    name: &'static str,
    css: Option<Link>,
    js: Option<Link>,
    prefix: &'a str,
    hub: &'a str,
    /// Whether the hub's logo may be shown: the policy allows images of our own host.
    has_logo: bool,
    person: Option<&'a str>,
    csrf: Option<&'a str>,
    here: Here,
}

impl<'a> ShellView<'a> {
    fn of(shell: &'a Shell, here: Here) -> Self {
        Self {
            name: "JupyterHub presets",
            css: assets::link_to("pages", "css", &shell.prefix),
            js: assets::link_to("pages", "js", &shell.prefix),
            prefix: &shell.prefix,
            hub: &shell.hub,
            has_logo: shell.hub.starts_with('/'),
            person: shell.person.as_deref(),
            csrf: shell.csrf.as_deref(),
            here,
        }
    }
}

#[derive(Template)]
#[template(path = "pages/front.html", config = "frontend/askama.toml")]
struct Front<'a> {
    shell: ShellView<'a>,
    notes: Vec<Note<'a>>,
    rows: Vec<CardView<'a>>,
    /// Whether it is known that there are none.
    say_none: bool,
    any_start: bool,
    groups: Vec<&'a str>,
    groups_known: bool,
    rights: &'a [&'static str],
}

#[derive(Template)]
#[template(path = "pages/token.html", config = "frontend/askama.toml")]
struct Token<'a> {
    shell: ShellView<'a>,
    scopes: &'a str,
    more: &'a [(String, &'static str)],
    origin: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "pages/message.html", config = "frontend/askama.toml")]
struct Said<'a> {
    shell: ShellView<'a>,
    message: &'a Message,
}

/// A person's own page: what they may start, their groups, and what else they may do, in sentences.
pub fn front(form: &Form<'_>, rights: &[&'static str], shell: &Shell) -> String {
    let views = form.cards.iter().map(|card| CardView::of(card, form, None));
    let (by_hand, rows): (Vec<_>, Vec<_>) = views.partition(|view| view.by_hand);
    let usable = |view: &CardView<'_>| view.unavailable.is_none();
    let groups_known = !form.notices.iter().any(|notice| matches!(notice, Notice::GroupsUnknown { .. }));
    let page = Front {
        shell: ShellView::of(shell, Here::Front),
        notes: notice::of(form),
        any_start: by_hand.iter().chain(&rows).any(usable),
        say_none: groups_known,
        rows,
        groups: form.groups.iter().map(|group| group.title.as_str()).collect(),
        groups_known,
        rights,
    };
    // Rendering into a String fails only where a `Display` of ours would.
    page.render().unwrap_or_default()
}

/// How a person gets a token that works. Holds none.
pub fn token(page: &TokenPage, shell: &Shell) -> String {
    let TokenPage { scopes, more, origin } = page;
    let shell = ShellView::of(shell, Here::Token);
    Token { shell, scopes, more, origin: origin.as_deref() }.render().unwrap_or_default()
}

/// A page that says something, and what to do next.
pub fn message(message: &Message, shell: &Shell) -> String {
    Said { shell: ShellView::of(shell, Here::Elsewhere), message }.render().unwrap_or_default()
}

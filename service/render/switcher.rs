//! What the form is for, and what it could be for instead: links that open the page again, and start nothing.

use crate::effective::{Acting, Form};

/// The groups and events somebody could act in.
pub(super) struct Switcher<'a> {
    /// The title of the one they act in, and what it is; none: nothing in particular.
    pub now: Option<(&'a str, &'static str)>,
    /// Nothing is chosen before one of them is: they stand open.
    pub open: bool,
    pub ways: Vec<Way<'a>>,
}

/// One of them.
pub(super) struct Way<'a> {
    /// Leads to the same page.
    pub href: String,
    pub title: &'a str,
    /// `group`, `course`, `workshop` or `hackathon`; empty for none of them.
    pub word: &'static str,
    pub is_now: bool,
}

impl<'a> Switcher<'a> {
    /// None where there is nothing to switch: less than two, or none of them changes anything.
    pub fn of(form: &'a Form<'_>, keep: Option<&str>) -> Option<Self> {
        let contexts = &form.contexts;
        if contexts.len() < 2 || !contexts.iter().any(Acting::says_something) {
            return None;
        }
        let is_now = |acting: &Acting<'_>| form.context.is_some_and(|now| now.same(acting));
        let ways = contexts.iter().map(|acting| Way {
            href: href(&acting.context().to_string(), keep),
            title: acting.title(),
            word: acting.word(),
            is_now: is_now(acting),
        });
        let none =
            Way { href: href("", keep), title: "None of these", word: "", is_now: form.context.is_none() };
        Some(Self {
            now: form.context.map(|acting| (acting.title(), acting.word())),
            open: form.is_undecided(),
            ways: ways.chain([none]).collect(),
        })
    }
}

/// What the form posts, so that the start is decided in the context that the page shows.
pub(super) fn posted(form: &Form<'_>) -> Option<String> {
    let decided = !form.contexts.is_empty() && !form.is_undecided();
    decided.then(|| form.context.map(|acting| acting.context().to_string()).unwrap_or_default())
}

/// Only a query: it stays on the page it stands on, whosever server that is for. Keys need no escapes there.
fn href(context: &str, keep: Option<&str>) -> String {
    match keep.filter(|keep| !keep.is_empty()) {
        Some(keep) => format!("?context={context}&{keep}"),
        None => format!("?context={context}"),
    }
}

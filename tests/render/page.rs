//! A strict reader of our own HTML: what a tag is, and nothing that could be read in two ways.

use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

impl Tag {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }
}

/// Every start tag in order, with its attributes; panics at anything our templates do not write.
pub fn tags(html: &str) -> Vec<Tag> {
    let (mut tags, mut open, mut rest) = (Vec::new(), Vec::new(), html);
    while let Some(at) = rest.find('<') {
        let (text, tag) = rest.split_at(at);
        assert!(!text.contains('>'), "a loose > in {text:?}");
        let (tag, after) = split_tag(tag);
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop().as_deref(), Some(name), "closed in order"),
            None => {
                let tag = read(tag);
                if !matches!(tag.name.as_str(), "input" | "link" | "br") {
                    open.push(tag.name.clone());
                }
                tags.push(tag);
            }
        }
        rest = after;
    }
    assert!(open.is_empty(), "left open: {open:?}");
    tags
}

/// `name a="b" c='d'` of `<name a="b" c='d'>rest`: a `>` inside quotes does not end it.
fn split_tag(html: &str) -> (&str, &str) {
    let mut quoted = None;
    for (at, c) in html.char_indices().skip(1) {
        match (c, quoted) {
            ('"' | '\'', None) => quoted = Some(c),
            (c, Some(quote)) if c == quote => quoted = None,
            ('>', None) => return (&html[1..at], &html[at + 1..]),
            ('<', _) => panic!("a tag in a tag: {html:.80}"),
            _ => {}
        }
    }
    panic!("a tag without an end: {html:.80}")
}

fn read(tag: &str) -> Tag {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    assert!(name.chars().all(|c| c.is_ascii_lowercase()), "{name:?} is no element of ours");
    let mut attributes = Vec::new();
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start();
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (attribute, after) = rest.split_at(end);
        let named = |c: char| c.is_ascii_lowercase() || c == '-';
        assert!(attribute.chars().all(named), "{attribute:?} is no attribute of ours in <{tag}>");
        let quoted = |quote: char| after.strip_prefix('=')?.strip_prefix(quote)?.split_once(quote);
        let (value, after) = quoted('"').or_else(|| quoted('\'')).unwrap_or(("", after));
        assert!(
            after.is_empty() || after.starts_with(' '),
            "{after:.80?} follows {attribute} in <{tag:.80}>"
        );
        attributes.push((attribute.to_owned(), plain(value)));
        rest = after;
    }
    Tag { name: name.to_owned(), attributes }
}

/// Undoes the escaping that askama does.
pub fn plain(text: &str) -> String {
    text.replace("&#60;", "<")
        .replace("&#62;", ">")
        .replace("&#34;", "\"")
        .replace("&#39;", "'")
        .replace("&#38;", "&")
}

/// The text between the tags, white space folded.
pub fn text(html: &str) -> String {
    let mut text = String::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        text += &rest[..at];
        text.push(' ');
        rest = split_tag(&rest[at..]).1;
    }
    plain(&text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Only the one element that begins with `start`, up to the first `end`.
pub fn part<'a>(html: &'a str, start: &str, end: &str) -> &'a str {
    let from = html.find(start).unwrap_or_else(|| panic!("no {start:?} in\n{html}"));
    let length = html[from..].find(end).unwrap_or_else(|| panic!("no {end:?} after {start:?}"));
    &html[from..from + length]
}

/// Holds every promise that any fragment makes, whatever its state.
pub fn check_contract(html: &str) -> Vec<Tag> {
    let tags = tags(html);
    let mut ids = BTreeSet::new();
    for tag in &tags {
        assert_ne!(tag.name, "form", "the hub's form is around us");
        assert_ne!(tag.name, "style", "styles are in a file");
        if tag.name == "script" {
            assert!(tag.has("src") && tag.has("integrity") && tag.has("defer"), "{tag:?}");
        }
        for (attribute, _) in &tag.attributes {
            assert!(attribute != "style" && !attribute.starts_with("on"), "{tag:?}");
        }
        if let Some(id) = tag.get("id") {
            assert!(id.starts_with("pz-"), "{tag:?}");
            assert!(ids.insert(id.to_owned()), "{id} twice");
        }
    }
    for tag in &tags {
        let named = ["for", "aria-describedby"].into_iter().filter_map(|name| tag.get(name));
        let linked = tag.get("href").and_then(|href| href.strip_prefix('#'));
        for id in named.chain(linked).flat_map(|ids| ids.split(' ')) {
            assert!(ids.contains(id), "{tag:?} points at nothing");
        }
    }
    let unnamed: Vec<&Tag> = tags
        .iter()
        .filter(|tag| matches!(tag.name.as_str(), "input" | "select") && tag.get("type") != Some("hidden"))
        .filter(|tag| !tags.iter().any(|label| label.get("for") == tag.get("id")))
        .collect();
    assert!(unnamed.is_empty(), "controls without a label: {unnamed:?}");
    let checked = tags.iter().filter(|tag| tag.has("checked")).count();
    let focused = tags.iter().filter(|tag| tag.has("autofocus")).count();
    let start = tags.iter().filter(|tag| tag.get("name") == Some("start")).count();
    assert_eq!(checked, usize::from(start > 0), "one card is chosen where one can start");
    assert!(focused <= 1, "one place to begin");
    if let Some(first) = tags.iter().find(|tag| tag.name == "button") {
        assert!(!first.has("name") && first.get("type") == Some("submit"), "Enter presses {first:?}");
    }
    tags
}

/// Without what changes with each build of the frontend, and without the templates' empty lines.
pub fn without_assets(html: &str) -> String {
    let lines = html
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with("<link") && !line.starts_with("<script"));
    lines.fold(String::new(), |kept, line| kept + line + "\n")
}

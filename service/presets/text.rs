//! What becomes of the texts of a preset: a key that was sent, an id out of a title, a place in the document.

use unicode_normalization::UnicodeNormalization as _;

use crate::catalogue::fault::below;
use crate::catalogue::{Fault, Key};

/// A key as somebody sent it.
///
/// # Errors
/// The fault, in the words used for a key that leads nowhere.
pub(super) fn key(at: &str, what: &str, text: &str) -> Result<Key, Fault> {
    Key::try_from(text).map_err(|_| {
        let shown: String = text.chars().take(80).flat_map(char::escape_debug).collect();
        Fault::new(at, "unknown", format!("there is no {what} “{shown}”")).with_value(text)
    })
}

/// The first part of an id for a preset of that title: `My notes (GPU)` → `my-notes-gpu`. Empty
/// where the title has nothing a key may hold.
pub(super) fn slug(title: &str) -> String {
    const LONGEST: usize = 40;
    let folded = title.nfkd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    let mut slug = String::new();
    for c in folded.flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' => slug.push(c),
            _ if !slug.is_empty() && !slug.ends_with('-') => slug.push('-'),
            _ => {}
        }
        if slug.len() >= LONGEST {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// `faults` as of the document itself, not of a whole site: `/presets/x/title` → `/title`.
pub(super) fn of_the_document(id: &Key, faults: Vec<Fault>) -> Vec<Fault> {
    let place = below("/presets", id.as_str());
    let stripped = |fault: Fault| match fault.pointer.strip_prefix(&place) {
        Some(pointer) => Fault { pointer: pointer.to_owned(), ..fault },
        None => fault,
    };
    faults.into_iter().map(stripped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_begins_with_what_the_title_says() {
        assert_eq!(slug("My notes (GPU)"), "my-notes-gpu");
        assert_eq!(slug("Ångström, Größe²"), "angstrom-gro-e2");
        assert_eq!(slug("量子"), "");
        assert_eq!(slug(&"abcd ".repeat(30)), "abcd-".repeat(8).trim_end_matches('-'));
    }
}

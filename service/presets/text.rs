//! What a title and a description may be written with, so that each reads as it is.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use crate::catalogue::fault::below;
use crate::catalogue::visible::{has_odd, has_odd_in_lines};
use crate::catalogue::{Fault, Key, check_label};

/// The longest description, in characters.
const DESCRIPTION: usize = 2_000;

/// More marks on one letter than any script has: they climb over the lines above.
static PILE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\p{M}{6}").expect("a pattern of ours compiles"));

/// The text as it is kept: composed (NFC), so that what looks alike is alike.
pub(super) fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// A preset's title: 1 to 100 characters that can be seen, composed (NFC).
pub(super) fn check_title(at: &str, title: &str) -> Option<Fault> {
    check_label(at, title).or_else(|| odd(at, title, has_odd)).map(|fault| fault.with_value(title))
}

/// A preset's description: the same over several lines, at most 2,000 characters.
pub(super) fn check_description(at: &str, text: &str) -> Option<Fault> {
    if text.chars().count() > DESCRIPTION {
        let why = format!("write at most {DESCRIPTION} characters");
        return Some(
            Fault::new(at, "too-long", why).with_allowed(serde_json::json!({ "max_length": DESCRIPTION })),
        );
    }
    odd(at, text, has_odd_in_lines)
}

fn odd(at: &str, text: &str, has_odd: fn(&str) -> bool) -> Option<Fault> {
    let why = match () {
        () if has_odd(text) => "leave out control, invisible, private and unassigned characters",
        // Nearly all text is ASCII, and a site has thousands of them.
        () if text.is_ascii() => return None,
        () if PILE.is_match(text) => "write at most five marks on one letter",
        () if !is_nfc(text) => "write the text composed (Unicode NFC)",
        () => return None,
    };
    Some(Fault::new(at, "text", why))
}

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
    fn a_title_reads_as_it_is_written() {
        for good in
            ["PyTorch", "Ångström", "量子化学", "हिन्दी", "Große Knoten – 2 GPUs (μs)", "x", "🧪 tests"]
        {
            assert_eq!(check_title("", good), None, "{good}");
        }
        let pile = format!("Z{}algo", "\u{0301}".repeat(6));
        for bad in [
            "",
            " x",
            "x\n",
            "x\0y",
            "a\u{85}b",
            "\u{202E}gnp.exe",
            "a\u{2066}b\u{2069}",
            "a\u{200B}b",
            "a\u{AD}b",
            "a\u{2028}b",
            "\u{E000}",
            "\u{10FFFF}",
            "\u{0378}",
            "A\u{030A}ngstr",
            pile.as_str(),
        ] {
            assert!(check_title("", bad).is_some(), "{bad:?}");
        }
        assert!(check_title("", &"é".repeat(100)).is_none() && check_title("", &"é".repeat(101)).is_some());
    }

    #[test]
    fn a_description_has_lines_and_an_end() {
        assert_eq!(check_description("", "First\n\tthen: naïve"), None);
        assert!(check_description("", "a\rb").is_some() && check_description("", "a\u{202E}b").is_some());
        assert!(check_description("", &"x".repeat(2_000)).is_none());
        assert!(check_description("", &"x".repeat(2_001)).is_some());
    }

    #[test]
    fn an_id_begins_with_what_the_title_says() {
        assert_eq!(slug("My notes (GPU)"), "my-notes-gpu");
        assert_eq!(slug("Ångström, Größe²"), "angstrom-gro-e2");
        assert_eq!(slug("量子"), "");
        assert_eq!(slug(&"abcd ".repeat(30)), "abcd-".repeat(8).trim_end_matches('-'));
    }
}

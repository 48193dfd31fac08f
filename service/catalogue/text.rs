//! What titles, reasons and other texts may be written with, so that each reads as it is.

use std::sync::LazyLock;

use regex::Regex;
use unicode_normalization::{UnicodeNormalization as _, is_nfc};

use super::Fault;
use super::visible::{has_odd, has_odd_in_lines};

/// The longest reason of a limit, in characters.
pub(crate) const REASON: usize = 300;
/// The longest help of an option.
pub(super) const HELP: usize = 2_000;
/// The longest contact.
const CONTACT: usize = 200;
/// The longest description, in characters.
const DESCRIPTION: usize = 2_000;
/// Whom to ask where the site names nobody.
pub(crate) const SOMEBODY: &str = "whoever looks after this hub";

/// More marks on one letter than any script has: they climb over the lines above.
static PILE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\p{M}{6}").expect("a pattern of ours compiles"));

/// The text as it is kept: composed (NFC), so that what looks alike is alike.
pub(crate) fn composed(text: &str) -> String {
    text.nfc().collect()
}

/// Titles and labels: 1 to 100 characters, nothing invisible.
pub(crate) fn check_label(at: &str, label: &str) -> Option<Fault> {
    let length = label.chars().count();
    if (1..=100).contains(&length) && label.trim() == label && !has_odd(label) {
        return None;
    }
    Some(Fault::new(at, "label", "write 1 to 100 visible characters, without spaces around them"))
}

/// 1 to `longest` characters that can be seen.
pub(crate) fn check_text(at: &str, text: &str, longest: usize, lines: bool) -> Option<Fault> {
    let odd = if lines { has_odd_in_lines(text) } else { has_odd(text) };
    if !odd && !text.trim().is_empty() && text.chars().count() <= longest {
        return None;
    }
    let lines = if lines { "; line breaks are allowed" } else { ", on one line" };
    let why = format!("write 1 to {longest} visible characters{lines}");
    Some(Fault::new(at, "text", why).with_allowed(serde_json::json!({ "max_length": longest })))
}

/// Whom to ask: one line, if anybody is named.
pub(crate) fn check_contact(at: &str, contact: Option<&str>) -> Option<Fault> {
    check_text(at, contact?, CONTACT, false)
}

/// The title of a preset or an event: 1 to 100 characters that can be seen, composed (NFC).
pub(crate) fn check_title(at: &str, title: &str) -> Option<Fault> {
    check_label(at, title).or_else(|| odd(at, title, has_odd)).map(|fault| fault.with_value(title))
}

/// A preset's description: the same over several lines, at most 2,000 characters.
pub(crate) fn check_description(at: &str, text: &str) -> Option<Fault> {
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
}

//! Which characters can be seen: what titles, messages and values may be written with, so that each reads as it is.

use std::sync::LazyLock;

use regex::Regex;

/// Control, format (direction overrides, zero-width marks), private-use and unassigned characters,
/// and those that break a line.
static ODD: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\p{C}\p{Zl}\p{Zp}]").expect("a pattern of ours compiles"));
/// The same, for text that may have lines.
static ODD_IN_LINES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[\p{C}\p{Zl}\p{Zp}--\t\n]").expect("a pattern of ours compiles"));

/// Whether something in `text` cannot be seen, or changes how the rest is read.
pub fn has_odd(text: &str) -> bool {
    // Nearly all text is ASCII, and a form has hundreds of them.
    if text.is_ascii() { text.bytes().any(|byte| byte.is_ascii_control()) } else { ODD.is_match(text) }
}

/// The same where line breaks and tabs are allowed.
pub fn has_odd_in_lines(text: &str) -> bool {
    ODD_IN_LINES.is_match(text)
}

/// `text` for a sentence: at most `longest` characters, and a mark where one could not be seen.
pub fn shown(text: &str, longest: usize) -> String {
    let mut buffer = [0; 4];
    let mut shown: String = text
        .chars()
        .take(longest)
        .map(|c| if has_odd(c.encode_utf8(&mut buffer)) { '\u{FFFD}' } else { c })
        .collect();
    if text.chars().nth(longest).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{has_odd, has_odd_in_lines, shown};

    #[test]
    fn what_cannot_be_seen_or_turns_the_rest_is_odd() {
        for odd in [
            "\0", "a\nb", "\u{7f}", "\u{85}", "\u{ad}", "\u{61c}", "\u{200b}", "\u{200f}", "\u{2028}",
            "\u{2029}", "\u{202e}", "\u{2066}", "\u{feff}", "\u{e000}", "\u{0378}",
        ] {
            assert!(has_odd(odd), "{odd:?}");
        }
        for plain in ["", "PyTorch, 2 GPUs (μs)", "量子", "é", "e\u{301}", "🧪"] {
            assert!(!has_odd(plain), "{plain:?}");
        }
        assert!(!has_odd_in_lines("a\n\tb") && has_odd_in_lines("a\rb") && has_odd_in_lines("a\u{2028}b"));
    }

    #[test]
    fn what_was_sent_is_shown_short_and_plain() {
        assert_eq!(shown("a\u{202e}b", 60), "a\u{fffd}b");
        assert_eq!(shown("abcdef", 3), "abc…");
    }
}

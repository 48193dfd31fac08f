//! What titles, reasons and other texts may be written with, so that each reads as it is.

use super::Fault;
use super::visible::{has_odd, has_odd_in_lines};

/// The longest reason of a limit, in characters.
pub(crate) const REASON: usize = 300;
/// The longest help of an option.
pub(super) const HELP: usize = 2_000;
/// The longest contact.
const CONTACT: usize = 200;
/// Whom to ask where the site names nobody.
pub(crate) const SOMEBODY: &str = "whoever looks after this hub";

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

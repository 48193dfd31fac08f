//! The stylesheet and the script as the browser gets them: embedded, named by their content.

use std::borrow::Cow;
use std::fmt::Write as _;

use rust_embed::{Embed, EmbeddedFile};

/// What `npm run build` made; in debug builds read from disk, so that a new one is seen at once.
#[derive(Embed)]
#[folder = "frontend/dist/assets"]
struct Files;

/// A file to serve: public, and never another content under the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asset {
    pub bytes: Cow<'static, [u8]>,
    pub content_type: &'static str,
}

/// How a page refers to a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub href: String,
    /// For `integrity`: a browser runs these bytes or none. None for a file of another origin: a browser compares
    /// those only if they are offered to every site.
    pub integrity: Option<String>,
}

/// The asset of that name, as a page refers to it.
pub fn find(name: &str) -> Option<Asset> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let content_type = match name.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        _ => return None,
    };
    let file = Some(name).filter(|name| name.chars().all(plain)).and_then(Files::get)?;
    Some(Asset { bytes: file.data, content_type })
}

/// The name of the `css` or `js` of `place` (`fragment` or `pages`); none where the frontend was not built.
pub fn name_of(place: &str, ending: &str) -> Option<String> {
    let fits = |name: &Cow<'static, str>| {
        let rest = name.strip_prefix(place).and_then(|rest| rest.strip_prefix('.'));
        rest.is_some_and(|rest| rest.rsplit_once('.').is_some_and(|(_, end)| end == ending))
    };
    Files::iter().find(fits).map(Cow::into_owned)
}

/// How a page below `prefix` refers to it.
pub(super) fn link_to(place: &str, ending: &str, prefix: &str) -> Option<Link> {
    link(prefix, &name_of(place, ending)?)
}

fn link(prefix: &str, name: &str) -> Option<Link> {
    let EmbeddedFile { metadata, .. } = Files::get(name)?;
    let integrity = prefix.starts_with('/').then(|| format!("sha256-{}", base64(&metadata.sha256_hash())));
    Some(Link { href: format!("{prefix}assets/{name}"), integrity })
}

/// RFC 4648 §4, for the 32 bytes of a hash.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for three in bytes.chunks(3) {
        let byte = |n: usize| u32::from(three.get(n).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for n in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * n) & 63) as usize];
            let _ = text.write_char(if n > three.len() { '=' } else { char::from(digit) });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{base64, find};

    #[test]
    fn base64_is_that_of_the_rfc() {
        for (bytes, text) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
    }

    #[test]
    fn only_assets_are_found() {
        for name in
            ["", "fragment", "../index.html", "../../src/fragment.ts", "..%2fa.css", "/etc/x.css", "a/b.js"]
        {
            assert_eq!(find(name), None, "{name}");
        }
    }
}

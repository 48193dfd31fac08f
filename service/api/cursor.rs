//! Cursors: where a list goes on, signed, so that nobody makes one up and no list takes another's.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use crate::config::key::Key;

/// The longest cursor that is looked at, in characters.
const LONGEST: usize = 2_048;
/// Of the signature, in bytes.
const SIGNATURE: usize = 32;

/// A cursor for `place` in `list`: the list's name with all that chooses what is in it.
pub fn write(key: &Key, list: &str, place: &impl Serialize) -> String {
    let mut text = serde_json::to_vec(place).expect("a place has only text keys");
    let signature = key.sign(&context(list), &text);
    text.extend(signature);
    BASE64.encode(text)
}

/// The place that a cursor of `list` holds; none without one.
///
/// # Errors
/// 400 where it is not ours, or another list's.
pub fn read<T: DeserializeOwned>(key: &Key, list: &str, cursor: Option<&str>) -> Result<Option<T>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let place = || {
        let text = (cursor.len() <= LONGEST).then(|| BASE64.decode(cursor).ok())??;
        let (text, signature) = text.split_at_checked(text.len().checked_sub(SIGNATURE)?)?;
        let ours = key.verify(&context(list), text, signature);
        ours.then(|| serde_json::from_slice(text).ok())?
    };
    let not_ours = "this cursor is not of this list: begin again without one";
    place().map(Some).ok_or_else(|| Problem::malformed(not_ours))
}

fn context(list: &str) -> String {
    format!("cursor {list}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::secret::HubSecrets;

    fn key(secrets: &str) -> Key {
        Key::from(&HubSecrets::read(secrets).expect("good ones"))
    }

    const OLD: &str = "0123456789abcdefghijklmnop";
    const NEW: &str = "zyxwvutsrqponmlkjihgfedcba";

    #[test]
    fn a_cursor_leads_back_to_its_place_in_its_list() {
        let key = key(NEW);
        let cursor = write(&key, "presets", &("2026", 7));
        assert!(cursor.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{cursor}");
        assert_eq!(read(&key, "presets", Some(&cursor)).expect("ours"), Some(("2026".to_owned(), 7)));
        assert_eq!(read::<(String, i64)>(&key, "presets", None).expect("the beginning"), None);
        let elsewhere = read::<(String, i64)>(&key, "audit", Some(&cursor));
        assert_eq!(elsewhere.expect_err("another list's").status, 400);
    }

    #[test]
    fn nobody_makes_one_up() {
        let key = key(NEW);
        let cursor = write(&key, "presets", &7);
        let mut forgeries: Vec<String> = (0..cursor.len()).map(|end| cursor[..end].to_owned()).collect();
        forgeries.extend((0..cursor.len()).map(|at| {
            let mut letters = cursor.clone().into_bytes();
            letters[at] = if letters[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(letters).expect("ASCII")
        }));
        forgeries.extend([format!("{cursor}A"), format!("{cursor}="), "x".repeat(5_000), "%00".to_owned()]);
        forgeries.push(write(&self::key(OLD), "presets", &7));
        for forgery in forgeries {
            let refused = read::<i64>(&key, "presets", Some(&forgery));
            assert_eq!(refused.expect_err(&forgery).status, 400, "{forgery}");
        }
    }

    #[test]
    fn a_replaced_secret_takes_nobody_out_of_their_list() {
        let cursor = write(&key(OLD), "presets", &7);
        assert_eq!(read(&key(&format!("{NEW} {OLD}")), "presets", Some(&cursor)).expect("ours"), Some(7));
    }
}

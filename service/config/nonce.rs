//! Values that nobody can guess, and what is kept of them.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};

/// 256 random bits from the system, as 64 hexadecimal digits.
pub fn fresh() -> String {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    hex(&bytes)
}

/// SHA-256 of `text`, as 64 hexadecimal digits: finds a row by a random value without holding it.
pub fn fingerprint(text: &str) -> String {
    hex(digest(&SHA256, text.as_bytes()).as_ref())
}

/// Two lower-case digits for each byte.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes that [`hex`] wrote; none where it did not.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let plain = text.len().is_multiple_of(2) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let byte = |at: usize| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    plain.then(|| (0..text.len()).step_by(2).map(byte).collect()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_alike() {
        let (one, other) = (fresh(), fresh());
        assert!(one != other && one.len() == 64 && other.len() == 64);
    }

    #[test]
    fn a_fingerprint_is_sha256() {
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(fingerprint("abc"), known);
    }

    #[test]
    fn digits_read_as_they_were_written_and_nothing_else_does() {
        assert_eq!(unhex(&hex(&[0, 7, 255])), Some(vec![0, 7, 255]));
        for text in ["0", "0g", "+1", "0x", "ü", "00 1"] {
            assert_eq!(unhex(text), None, "{text}");
        }
    }
}

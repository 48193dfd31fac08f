//! The key that seals what we keep and signs what we hand out, derived from the plugin's secrets.

use std::fmt;
use std::sync::Arc;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::{hkdf, hmac};

use super::secret::HubSecrets;

/// Seals, signs and marks. Made of one secret or two: the first makes, both recognise, so that a
/// secret can be replaced without anybody's session ending.
#[derive(Clone)]
pub struct Key(Arc<Vec<Derived>>);

struct Derived {
    seal: LessSafeKey,
    sign: hmac::Key,
    mark: hmac::Key,
}

const NONCE: usize = ring::aead::NONCE_LEN;

impl Key {
    /// By HKDF-SHA256, with a key of its own for each use.
    pub fn from(secrets: &HubSecrets) -> Self {
        Self(Arc::new(secrets.each().map(Derived::from).collect()))
    }

    /// Encrypts `plain` so that only [`Self::open`] with the same `context` reads it: what it is and
    /// whose, so that one sealed text cannot stand in for another.
    pub fn seal(&self, context: &str, plain: &[u8]) -> Vec<u8> {
        let mut nonce = [0; NONCE];
        getrandom::fill(&mut nonce).expect("the system gives random bytes");
        let mut text = plain.to_vec();
        self.first()
            .seal
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(context), &mut text)
            .expect("what we seal is shorter than 256 GB");
        [&nonce[..], &text].concat()
    }

    /// What was sealed in this `context`; none if it was not sealed by us, or with a secret of the past.
    pub fn open(&self, context: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, text) = sealed.split_at_checked(NONCE)?;
        self.0.iter().find_map(|derived| {
            let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
            let mut text = text.to_vec();
            derived.seal.open_in_place(nonce, Aad::from(context), &mut text).ok().map(|plain| plain.to_vec())
        })
    }

    /// HMAC-SHA256 of `message` in `context`.
    pub fn sign(&self, context: &str, message: &[u8]) -> [u8; 32] {
        self.first().signature(context, message).as_ref().try_into().expect("SHA-256 has 32 bytes")
    }

    /// Whether `signature` is ours for `message` in `context`. In constant time.
    pub fn verify(&self, context: &str, message: &[u8], signature: &[u8]) -> bool {
        self.0.iter().any(|derived| hmac::verify(&derived.sign, &framed(context, message), signature).is_ok())
    }

    /// Twelve hexadecimal digits by which log lines of one token find each other; they do not lead back to it.
    pub fn mark(&self, token: &str) -> String {
        let tag = hmac::sign(&self.first().mark, token.as_bytes());
        tag.as_ref().iter().take(6).map(|byte| format!("{byte:02x}")).collect()
    }

    fn first(&self) -> &Derived {
        self.0.first().expect("there is at least one secret")
    }
}

impl Derived {
    fn from(secret: &str) -> Self {
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, b"jupyterhub-presets 1");
        let secret = salt.extract(secret.as_bytes());
        let expand = |purpose: &'static [u8]| {
            let mut key = [0; 32];
            secret
                .expand(&[purpose], hkdf::HKDF_SHA256)
                .and_then(|bytes| bytes.fill(&mut key))
                .expect("32 bytes are as many as SHA-256 has");
            key
        };
        let seal = UnboundKey::new(&CHACHA20_POLY1305, &expand(b"seal")).expect("the key has 32 bytes");
        let hmac = |purpose| hmac::Key::new(hmac::HMAC_SHA256, &expand(purpose));
        Self { seal: LessSafeKey::new(seal), sign: hmac(b"sign"), mark: hmac(b"mark") }
    }

    fn signature(&self, context: &str, message: &[u8]) -> hmac::Tag {
        hmac::sign(&self.sign, &framed(context, message))
    }
}

/// The length first: no context and message read like another pair.
fn framed(context: &str, message: &[u8]) -> Vec<u8> {
    [&(context.len() as u64).to_be_bytes()[..], context.as_bytes(), message].concat()
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "0123456789abcdefghijklmnop";
    const NEW: &str = "zyxwvutsrqponmlkjihgfedcba";

    fn key(secrets: &str) -> Key {
        Key::from(&HubSecrets::read(secrets).expect("good ones"))
    }

    #[test]
    fn what_is_sealed_opens_in_its_context_only() {
        let key = key(NEW);
        let sealed = key.seal("session 1", b"token");
        assert_eq!(key.open("session 1", &sealed).as_deref(), Some(&b"token"[..]));
        assert_ne!(sealed, key.seal("session 1", b"token"), "no two look alike");
        assert!(!sealed.windows(5).any(|part| part == b"token"));
        assert_eq!(key.open("session 2", &sealed), None);
        for at in 0..sealed.len() {
            let mut touched = sealed.clone();
            touched[at] ^= 1;
            assert_eq!(key.open("session 1", &touched), None, "byte {at}");
            assert_eq!(key.open("session 1", &sealed[..at]), None);
        }
    }

    #[test]
    fn a_replaced_secret_still_opens_what_the_old_one_sealed() {
        let (before, during, after) = (key(OLD), key(&format!("{NEW} {OLD}")), key(NEW));
        let (sealed, signed) = (before.seal("c", b"x"), before.sign("c", b"x"));
        assert!(during.open("c", &sealed).is_some() && during.verify("c", b"x", &signed));
        assert!(after.open("c", &sealed).is_none() && !after.verify("c", b"x", &signed));
        assert!(after.open("c", &during.seal("c", b"x")).is_some());
    }

    #[test]
    fn a_signature_belongs_to_context_and_message() {
        let key = key(NEW);
        let signature = key.sign("cursor", b"1");
        assert!(key.verify("cursor", b"1", &signature));
        for (context, message) in [("cursor", &b"2"[..]), ("curso", b"r1"), ("state", b"1")] {
            assert!(!key.verify(context, message, &signature), "{context}");
        }
        assert!(!key.verify("cursor", b"1", &signature[..31]));
    }

    #[test]
    fn a_mark_tells_tokens_apart_and_nothing_of_them() {
        let key = key(NEW);
        let mark = key.mark("token");
        assert_eq!(mark.len(), 12);
        assert!(mark.chars().all(|c| c.is_ascii_hexdigit()));
        assert_eq!(mark, key.mark("token"));
        assert_ne!(mark, key.mark("tokem"));
        assert_ne!(mark, self::key(OLD).mark("token"), "another installation, another mark");
    }
}

//! Secrets: read from the configuration or a file, compared in constant time, never printed.

use std::collections::BTreeSet;
use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use serde::Deserialize;
use subtle::{Choice, ConstantTimeEq};

/// A text that must not be seen: a password, or a URL that may hold one.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The content of a file, without the line break at its end.
    ///
    /// # Errors
    /// A sentence that names the file, never its content.
    pub fn from_file(path: &Path) -> Result<Self, String> {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        warn_of_readers(path);
        match text.trim_end() {
            "" => Err(format!("{} is empty", path.display())),
            text => Ok(Self(text.to_owned())),
        }
    }

    /// The text itself, for the one place that needs it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

/// Says so where other accounts can read a file that holds a secret: once, however often it is read.
pub fn warn_of_readers(path: &Path) {
    static TOLD: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());
    if let Some(mode) = newly_open(path, &mut TOLD.lock().unwrap_or_else(PoisonError::into_inner)) {
        tracing::warn!("{} can be read or changed by others (mode {mode:o}): chmod 600", path.display());
    }
}

/// The mode of a file that is open to others and not among those `told` of, where it is from now on.
fn newly_open(path: &Path, told: &mut BTreeSet<PathBuf>) -> Option<u32> {
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o777;
    (mode & 0o027 != 0 && told.insert(path.to_owned())).then_some(mode)
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// What the plugin proves itself with. Two may be valid at once, so that one can be changed while
/// hubs still hold the other.
#[derive(Clone)]
pub struct HubSecrets(Vec<String>);

/// 128 bits in base 64 need 22 characters, in hexadecimal 32.
const SHORTEST: usize = 22;

impl HubSecrets {
    /// Reads one or two secrets, separated by white space.
    ///
    /// # Errors
    /// A sentence for the administrator, where there is none, one too many or a weak one.
    pub fn read(text: &str) -> Result<Self, String> {
        let secrets: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        if secrets.is_empty() || secrets.len() > 2 {
            return Err("give one secret, or two while one replaces the other".to_owned());
        }
        let varied = |secret: &String| secret.chars().collect::<std::collections::HashSet<_>>().len() >= 8;
        if secrets.iter().any(|secret| secret.len() < SHORTEST || !varied(secret)) {
            return Err(
                "a secret needs at least 128 random bits: make one with `openssl rand -hex 32`".to_owned()
            );
        }
        Ok(Self(secrets))
    }

    /// The secrets, newest first, for what is derived from them.
    pub(super) fn each(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Whether `presented` is one of them; takes the same time whichever it is, or none.
    pub fn contain(&self, presented: &str) -> bool {
        let one_of = |any: Choice, secret: &String| any | secret.as_bytes().ct_eq(presented.as_bytes());
        self.0.iter().fold(Choice::from(0), one_of).into()
    }
}

impl fmt::Debug for HubSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::{HubSecrets, Secret, newly_open};

    #[test]
    fn a_file_that_others_can_read_is_told_of_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        let mut told = BTreeSet::new();
        for (path, mode, expected) in [
            (&one, 0o600, None),
            (&one, 0o640, None),
            (&one, 0o644, Some(0o644)),
            (&one, 0o644, None),
            (&one, 0o666, None),
            (&other, 0o660, Some(0o660)),
        ] {
            std::fs::write(path, "quercus").expect("written");
            set_permissions(path, Permissions::from_mode(mode)).expect("ours");
            assert_eq!(newly_open(path, &mut told), expected, "{} {mode:o}", path.display());
        }
        assert_eq!(newly_open(&folder.path().join("missing"), &mut told), None);
    }

    #[test]
    fn a_secret_is_never_printed() {
        assert!(!format!("{:?}", Secret::new("quercus")).contains("quercus"));
    }

    #[test]
    fn two_secrets_are_valid_at_once_and_nothing_else() {
        let (old, new) = ("0123456789abcdefghijklmnop", "zyxwvutsrqponmlkjihgfedcba");
        let secrets = HubSecrets::read(&format!("{new}\n{old}\n")).expect("two good ones");
        for (presented, valid) in
            [(old, true), (new, true), ("", false), (&old[1..], false), (&format!("{old}x"), false)]
        {
            assert_eq!(secrets.contain(presented), valid, "{presented:?}");
        }
    }

    #[test]
    fn weak_secrets_are_refused() {
        for text in ["", "secret", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a b c"] {
            assert!(HubSecrets::read(text).is_err(), "{text:?}");
        }
    }
}

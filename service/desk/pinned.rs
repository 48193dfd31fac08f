//! A preset as it was at one version: `pytorch@3`, as a link names it.

use std::sync::Arc;

use serde::Deserialize as _;

use super::{Desk, NoAnswer};
use crate::catalogue::Key;
use crate::effective::Content;
use crate::presets::written;
use crate::resolve::{Asked, Refusal};
use crate::store::presets as kept;

/// The preset and the version that `pytorch@3` names; none for any other name.
pub fn read(card: &str) -> Option<(Key, i64)> {
    let (id, version) = card.split_once('@')?;
    let digits = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_digit());
    let version = version.parse().ok().filter(|version| digits && *version > 0)?;
    Some((Key::try_from(id).ok()?, version))
}

impl Desk {
    /// What is published, as `asked` needs it, and `asked` with its card's name as it is in there.
    ///
    /// # Errors
    /// [`NoAnswer::Unavailable`].
    pub(super) async fn content_for(
        &self,
        asked: Result<Asked, Refusal>,
    ) -> Result<(Arc<Content>, Result<Asked, Refusal>), NoAnswer> {
        let Ok(asked) = asked else { return Ok((self.content()?, asked)) };
        let (content, card) = self.content_with(asked.card.as_deref()).await?;
        Ok((content, Ok(Asked { card, ..asked })))
    }

    /// What is published, with the preset that `card` names as it was at the version that it names; and the
    /// card's name without the version. A version that never was, or was somebody else's, stays in the name:
    /// nothing is called so.
    ///
    /// # Errors
    /// [`NoAnswer::Unavailable`].
    pub(super) async fn content_with(
        &self,
        card: Option<&str>,
    ) -> Result<(Arc<Content>, Option<String>), NoAnswer> {
        let content = self.content()?;
        let Some((id, version)) = card.and_then(read) else { return Ok((content, card.map(str::to_owned))) };
        match content.presets.get(&id) {
            None => return Ok((content, card.map(str::to_owned))),
            Some(preset) if preset.version == version => return Ok((content, Some(id.to_string()))),
            Some(_) => {}
        }
        let name = id.to_string();
        let found = self.store.read(move |conn| match kept::find(conn, &name)? {
            Some(row) => kept::version(conn, &row, version),
            None => Ok(None),
        });
        let found = found.await.map_err(|error| NoAnswer::Unavailable(error.to_string()))?;
        let written = found.and_then(|row| written::Preset::deserialize(&row.document).ok());
        let Some(written) = written else { return Ok((content, card.map(str::to_owned))) };
        // What does not fit any more shows on the card, adjusted or unavailable.
        Ok((Arc::new(content.with_past(&id, version, written)), Some(id.to_string())))
    }
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn a_version_is_a_number_behind_a_preset() {
        let named = |card: &str| read(card).map(|(id, version)| (id.to_string(), version));
        assert_eq!(named("pytorch@3"), Some(("pytorch".to_owned(), 3)));
        for card in [
            "pytorch",
            "@3",
            "pytorch@",
            "pytorch@0",
            "pytorch@-1",
            "pytorch@+1",
            "~cpu@1",
            "a@1@2",
            "a@99999999999999999999",
        ] {
            assert_eq!(named(card), None, "{card}");
        }
    }
}

//! Creates that may be sent again: recognised by their key, and answered as the first time.

use serde::{Deserialize, Serialize};

use super::change::Made;
use super::{Acting, NotDone, Shown};
use crate::config::digest::digest;
use crate::presets::remarks::Remarks;
use crate::presets::written;
use crate::store::idempotency::{Attempt, Known};

/// The key that a client sends with a create, so that it may send it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once(pub String);

/// What is kept of an answer.
#[derive(Serialize, Deserialize)]
pub(super) struct Reply {
    id: String,
    preset: written::Preset,
    version: i64,
    at: chrono::DateTime<chrono::Utc>,
    #[serde(flatten)]
    remarks: Remarks,
}

impl Reply {
    pub fn of(preset: &Shown) -> Self {
        let Shown { id, written, version, created_at, remarks, .. } = preset.clone();
        Self { id, preset: written, version, at: created_at, remarks }
    }
}

pub(super) fn replay(known: Known) -> Result<Option<Made>, NotDone> {
    match known {
        Known::No => Ok(None),
        Known::Reused => Err(NotDone::KeyReused),
        Known::Answered(reply) => {
            let Reply { id, preset, version, at, remarks } =
                serde_json::from_value(reply).map_err(|error| NotDone::Broken(error.to_string()))?;
            let (created_at, updated_at) = (at, at);
            let written = preset;
            let preset = Shown { id, written, version, managed: false, created_at, updated_at, remarks };
            Ok(Some(Made { preset, replayed: true }))
        }
    }
}

pub(in crate::desk) fn attempt(
    acting: &Acting,
    once: &Once,
    route: String,
    asked: &impl Serialize,
) -> Attempt {
    Attempt {
        principal_kind: if acting.is_service { "service" } else { "user" }.to_owned(),
        principal: acting.name.as_str().to_owned(),
        key: once.0.clone(),
        route,
        digest: digest(&serde_json::to_vec(asked).expect("it has only text keys")),
    }
}

/// Eight of `a-z 2-7`: 40 bits of chance.
pub(in crate::desk) fn suffix() -> Result<String, getrandom::Error> {
    const LETTERS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let chance = getrandom::u64()?;
    Ok((0..8).map(|n| char::from(LETTERS[(chance >> (5 * n)) as usize & 31])).collect())
}

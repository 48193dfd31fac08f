//! `audit verify`: whether the audit is as it was written.

use std::path::Path;

use jupyterhub_presets::store::audit::seals::{self, Anchor, Verified};

use crate::commands::{Failed, block_on, open, read, say};

/// Compares the audit with its seals, and the seals with one that was kept elsewhere.
pub fn verify(path: &Path, anchor: Option<String>) -> Result<(), Failed> {
    let anchor = anchor.map(|text| Anchor::read(&text).ok_or(Failed::Anchor(text))).transpose()?;
    let store = open(&read(path)?)?;
    block_on(async {
        let told = seals::verify(&store, anchor).await?;
        words(&told).iter().for_each(|line| say(line));
        if told.findings.is_empty() { Ok(()) } else { Err(Failed::Changed(told.findings)) }
    })
}

fn words(told: &Verified) -> Vec<String> {
    let mut words = vec![format!("{} sealed entries are as they were written.", told.entries)];
    if let Some(number) = told.removed {
        words.push(format!("Those up to seal {number} were removed because of their age."));
    }
    if told.unsealed > 0 {
        words.push(format!("{} entries are not sealed yet: nothing tells of them.", told.unsealed));
    }
    if let Some(seal) = &told.last {
        words.push(format!("The last seal is {seal}"));
    }
    words
}

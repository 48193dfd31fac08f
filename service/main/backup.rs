//! `backup`: a copy of the database to keep.

use std::path::Path;

use jupyterhub_presets::store::backup::{self, Backup};

use crate::commands::{Failed, address, read, say};

/// Copies the database while the service goes on, and says how to go back to the copy.
pub fn copy(config: &Path, target: &Path) -> Result<(), Failed> {
    let Backup { path, bytes, database } = backup::copy(&address(&read(config)?)?, target)?;
    let (path, database) = (path.display(), database.display());
    say(&format!(
        "{path} holds {bytes} bytes, checked. To restore it: stop the service, remove {database}-wal and \
         {database}-shm, put it in place of {database} with its owner and mode 600, and start the service."
    ));
    Ok(())
}

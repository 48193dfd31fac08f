//! The file of an SQLite database: the one this process began with, or none.

use std::fs::OpenOptions;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use super::StoreError;

/// Which file the database is, once a connection has seen it.
///
/// SQLite goes on writing to a file that was removed or replaced, and all it acknowledges is gone
/// with the process. So nothing is written, and nothing opened, while another file stands in its place.
pub(super) struct DatabaseFile {
    path: PathBuf,
    /// Device and inode.
    identity: OnceLock<(u64, u64)>,
}

impl DatabaseFile {
    pub fn at(path: &str) -> Self {
        Self { path: PathBuf::from(path), identity: OnceLock::new() }
    }

    /// Makes the file if it was never seen; one that is gone is never made anew.
    ///
    /// # Errors
    /// As [`DatabaseFile::check`]; and on a file system where SQLite's log does not work.
    pub fn prepare(&self) -> Result<(), StoreError> {
        if self.identity.get().is_some() {
            return self.check();
        }
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Ok(found) = rustix::fs::statfs(folder.unwrap_or(Path::new(".")))
            && is_network(found.f_type)
        {
            return Err(StoreError::unavailable(format!(
                "its file {} is on a network file system, where several processes cannot share SQLite's log: \
                 put it on a local disk, or use PostgreSQL",
                self.path.display()
            )));
        }
        // Only for us, as what people chose is nobody else's business; SQLite gives its other files
        // the same mode. Where this fails, opening it says why.
        if OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path).is_ok() {
            tracing::warn!(path = %self.path.display(), "there was no database: made a new, empty one");
        }
        Ok(())
    }

    /// Remembers the file that was opened.
    pub fn remember(&self) {
        if let Some(identity) = self.look() {
            let _ = self.identity.set(identity);
        }
    }

    /// Whether the file is still where it was.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: it passes when the file is put back.
    pub fn check(&self) -> Result<(), StoreError> {
        let Some(known) = self.identity.get() else { return Ok(()) };
        let what = match self.look() {
            Some(found) if found == *known => return Ok(()),
            Some(_) => "was replaced by another one",
            None => "was removed",
        };
        Err(StoreError::unavailable(format!(
            "its file {} {what} while it was in use: put it back, or restart this service to use what is there",
            self.path.display()
        )))
    }

    fn look(&self) -> Option<(u64, u64)> {
        std::fs::metadata(&self.path).ok().map(|found| (found.dev(), found.ino()))
    }
}

/// NFS and SMB, by the numbers of statfs(2): WAL needs memory that all its processes share.
fn is_network(kind: i64) -> bool {
    matches!(kind, 0x6969 | 0x517b | 0xfe53_4d42 | 0xff53_4d42)
}

#[cfg(test)]
mod tests {
    use super::{DatabaseFile, is_network};

    #[test]
    fn only_network_file_systems_are_refused() {
        let (nfs, ext4, tmpfs, overlay) = (0x6969, 0xef53, 0x0102_1994, 0x794c_7630);
        assert!(is_network(nfs));
        assert!(![ext4, tmpfs, overlay].into_iter().any(is_network));
    }

    #[test]
    fn a_file_that_is_gone_is_neither_used_nor_made_anew_until_it_is_back() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, aside) = (folder.path().join("p.sqlite"), folder.path().join("aside"));
        let file = DatabaseFile::at(path.to_str().expect("UTF-8"));
        file.prepare().expect("it is new");
        file.remember();
        std::fs::rename(&path, &aside).expect("it is there");
        for outcome in [file.check(), file.prepare()] {
            assert!(outcome.expect_err("it is gone").to_string().contains("was removed"));
        }
        assert!(!path.exists());
        std::fs::write(&path, "another").expect("a free name");
        assert!(file.check().expect_err("another file").to_string().contains("was replaced"));
        std::fs::rename(&aside, &path).expect("it is there");
        file.check().expect("it is back");
    }
}

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
            && let Some(name) = shared(found.f_type)
        {
            return Err(self.is_on(name));
        }
        // Only for us, as what people chose is nobody else's business; SQLite gives its other files
        // the same mode. Where this fails, opening it says why.
        if OpenOptions::new().write(true).create_new(true).mode(0o600).open(&self.path).is_ok() {
            tracing::warn!(path = %self.path.display(), "there was no database: made a new, empty one");
        }
        Ok(())
    }

    fn is_on(&self, shared: &str) -> StoreError {
        StoreError::unavailable(format!(
            "its file {} is on {shared}, a file system that several machines share, and SQLite's log works \
             within one machine only: put it on a local disk, or use PostgreSQL",
            self.path.display()
        ))
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

/// File systems that several machines share, by the numbers of statfs(2).
///
/// Some of them lock well between machines. That does not help: in WAL mode all processes share memory
/// too, which ends with the machine. What runs in FUSE is not told apart, and may be local.
const SHARED: [(i64, &str); 16] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0xff53_4d42, "SMB"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x00c3_6400, "CephFS"),
    (0x1983_0326, "BeeGFS"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "AFS"),
    (0x7375_7245, "Coda"),
    (0x0102_1997, "9p"),
    (0x2003_0528, "OrangeFS"),
    (0xaad7_aaea, "PanFS"),
    (0x7461_636f, "OCFS2"),
    (0x0116_1970, "GFS2"),
];

/// The name of a file system that several machines share; none for any other.
fn shared(kind: i64) -> Option<&'static str> {
    SHARED.iter().find(|(number, _)| *number == kind).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::{DatabaseFile, shared};

    #[test]
    fn only_file_systems_that_machines_share_are_refused_by_name() {
        // In decimal as tools print them, or by the letters some numbers are: not copied from above.
        let letters = |word: &[u8; 4]| i64::from(u32::from_be_bytes(*word));
        for (kind, name) in [
            (26_985, "NFS"),
            (20_859, "SMB"),
            (letters(b"\xfeSMB"), "SMB"),
            (letters(b"\xffSMB"), "SMB"),
            (198_183_888, "Lustre"),
            (letters(b"GPFS"), "GPFS"),
            (12_805_120, "CephFS"),
            (428_016_422, "BeeGFS"),
            (letters(b"SFAO"), "AFS"),
            (letters(b"kAFS"), "AFS"),
            (letters(b"surE"), "Coda"),
            (16_914_839, "9p"),
            (537_068_840, "OrangeFS"),
            (2_866_260_714, "PanFS"),
            (letters(b"taco"), "OCFS2"),
            (18_225_520, "GFS2"),
        ] {
            assert_eq!(shared(kind), Some(name), "{kind:x}");
        }
        let (ext4, xfs, btrfs, zfs) = (0xef53, 0x5846_5342, 0x9123_683e, 0x2fc1_2fc1);
        let (tmpfs, overlay, fuse) = (0x0102_1994, 0x794c_7630, 0x6573_5546);
        for local in [ext4, xfs, btrfs, zfs, tmpfs, overlay, fuse] {
            assert_eq!(shared(local), None, "{local:x}");
        }
    }

    #[test]
    fn the_refusal_names_the_file_the_file_system_and_what_to_do() {
        let refusal = DatabaseFile::at("/scratch/p.sqlite").is_on("Lustre").to_string();
        for words in ["/scratch/p.sqlite is on Lustre, ", "put it on a local disk, or use PostgreSQL"] {
            assert!(refusal.contains(words), "{refusal}");
        }
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

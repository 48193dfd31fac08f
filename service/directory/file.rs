//! Groups from a YAML file, for tests and for sites without a directory.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use serde::Deserialize;

use super::{Answer, Directory, DirectoryError};
use crate::groups::{GroupId, SourceName, Username};

/// A list of groups, read once.
#[derive(Debug)]
pub struct FileDirectory {
    groups: HashMap<Username, BTreeSet<GroupId>>,
}

/// Why a file of groups cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FileRefused {
    #[error("{path}: cannot be read: {source}")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{path}: {reason}")]
    Misread { path: PathBuf, reason: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    groups: BTreeMap<String, Vec<Username>>,
}

impl FileDirectory {
    /// The groups in the file at `path`.
    ///
    /// # Errors
    /// Where the file cannot be read, or is anything else than `groups: {name: [people]}`.
    pub fn open(path: &Path) -> Result<Self, FileRefused> {
        let unreadable = |source| FileRefused::Unreadable { path: path.to_owned(), source };
        let text = std::fs::read_to_string(path).map_err(unreadable)?;
        Self::from_yaml(&text).map_err(|reason| FileRefused::Misread { path: path.to_owned(), reason })
    }

    fn from_yaml(text: &str) -> Result<Self, String> {
        let written: Written = serde_saphyr::from_str(text).map_err(|error| error.to_string())?;
        let mut groups: HashMap<Username, BTreeSet<GroupId>> = HashMap::new();
        for (name, people) in written.groups {
            if name.is_empty() {
                return Err("a group needs a name".to_owned());
            }
            for person in people {
                let id = GroupId { source: SourceName::file(), id: name.as_str().into() };
                groups.entry(person).or_default().insert(id);
            }
        }
        Ok(Self { groups })
    }
}

impl Directory for FileDirectory {
    fn name(&self) -> SourceName {
        SourceName::file()
    }

    fn groups_of<'a>(&'a self, person: &'a Username) -> BoxFuture<'a, Result<Answer, DirectoryError>> {
        let groups = self.groups.get(person).cloned();
        ready(Ok(Answer { found: groups.is_some(), groups: groups.unwrap_or_default() })).boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(directory: &FileDirectory, person: &str) -> Vec<String> {
        let person = Username::try_from(person).expect("a name");
        let answer = directory.groups_of(&person).now_or_never().expect("a file never waits");
        answer.expect("a file never fails").groups.into_iter().map(|group| group.id.to_string()).collect()
    }

    #[test]
    fn people_have_the_groups_that_list_them() {
        let file =
            FileDirectory::from_yaml("groups:\n  physics: [alice, bob]\n  hpc: [alice]\n").expect("valid");
        assert_eq!(groups(&file, "alice"), ["hpc", "physics"]);
        assert_eq!(groups(&file, "bob"), ["physics"]);
        assert_eq!(groups(&file, "Alice"), [""; 0], "names are compared byte for byte");
    }

    #[test]
    fn a_misspelt_file_is_refused() {
        for text in ["group: {a: [b]}", "groups: {a: b}", "groups: {a: ['']}", "groups: {'': [a]}", ""] {
            assert!(FileDirectory::from_yaml(text).is_err(), "{text:?}");
        }
    }
}

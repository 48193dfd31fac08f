//! Who is in which group: sources that can be asked, and a memory of their answers.

pub mod cache;
pub mod file;
pub mod ldap;

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;

use crate::config::directory::DirectorySettings;
use crate::groups::{GroupId, SourceName, Username};

pub use cache::{Memberships, Purpose, SourceHealth};
pub use file::FileDirectory;
pub use ldap::LdapDirectory;

/// The setting at fault, as a JSON Pointer into the configuration, and what is wrong with it.
pub type Mistake = (&'static str, String);

/// The directories that are configured, LDAP first. Connects to none of them yet.
///
/// # Errors
/// The first setting that cannot be used.
pub fn open(settings: &DirectorySettings) -> Result<Vec<Box<dyn Directory>>, Mistake> {
    let mut sources: Vec<Box<dyn Directory>> = Vec::new();
    if let Some(ldap) = &settings.ldap {
        sources.push(Box::new(LdapDirectory::new(ldap)?));
    }
    if let Some(path) = &settings.file {
        let file = FileDirectory::open(path).map_err(|refused| ("/directory/file", refused.to_string()))?;
        sources.push(Box::new(file));
    }
    Ok(sources)
}

/// A source of groups that can be asked about one person.
pub trait Directory: Send + Sync {
    /// The name its groups carry.
    fn name(&self) -> SourceName;

    /// Whether it is never asked about that name, and knows nobody who has it.
    fn is_never_asked_about(&self, _person: &Username) -> bool {
        false
    }

    /// Every group of `person`, or an error: an incomplete answer is none.
    fn groups_of<'a>(&'a self, person: &'a Username) -> BoxFuture<'a, Result<Answer, DirectoryError>>;
}

/// A complete answer about one person.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub groups: BTreeSet<GroupId>,
    /// Whether the source knows this person, under exactly this name and only once.
    pub found: bool,
}

impl Answer {
    /// The source answered, and does not know the person.
    pub fn nobody() -> Self {
        Self::default()
    }
}

/// Why there is no complete answer, and what to do about it.
///
/// The texts go to administrators' pages and logs: they hold no DN, no password and nothing a
/// server said in its own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DirectoryError {
    #[error(
        "the directory cannot be reached ({0}): check that it runs and that the service may connect to it"
    )]
    Unreachable(String),
    #[error("the directory was silent while {0}: check its load and the network between")]
    TimedOut(&'static str),
    #[error("the directory refuses the service's account ({0}): check bind_dn and the bind password")]
    Refused(String),
    #[error("the connection cannot be trusted ({0}): check the server's certificate, its name and ca_file")]
    Untrusted(String),
    #[error("the answer is incomplete ({0}): the groups known before stay until a complete one arrives")]
    Incomplete(String),
    #[error("the answer is larger than {0}: look at what the server sends")]
    TooLarge(&'static str),
    #[error("the directory does not speak LDAP as expected ({0}): check what listens at its address")]
    Protocol(String),
    #[error(
        "too many lookups are waiting already: the directory is too slow for the number of people asking"
    )]
    Busy,
}

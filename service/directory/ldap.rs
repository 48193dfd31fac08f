//! Groups from an LDAP directory, asked per person on a thread of their own.

mod address;
mod connection;
mod guard;
mod nested;
mod person;
mod relay;
mod search;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::time::timeout;

use self::address::{Address, Protection};
use self::connection::{Account, Connections, PasswordSource};
use self::person::Plan;
use super::{Answer, Directory, DirectoryError};
use crate::config::directory::LdapSettings;
use crate::groups::{SourceName, Username, dn};

/// From the question to the answer, connecting included.
const WHOLE_LOOKUP: Duration = Duration::from_secs(6);
/// A lookup whose connection ends is begun anew once, on another server if there is one.
const TRIES: u32 = 2;
/// Lookups under way at once; slapd answers them on one connection side by side.
const AT_ONCE: usize = 16;
/// Lookups that wait for a free place; beyond, the directory is lost anyway.
const WAITING: usize = 1_000;

/// An LDAP directory.
///
/// Lookups run on their own thread: whatever happens to one there, requests go on being answered.
pub struct LdapDirectory {
    questions: mpsc::Sender<Question>,
}

struct Question {
    person: Username,
    reply: oneshot::Sender<Result<Answer, DirectoryError>>,
}

impl LdapDirectory {
    /// A directory that connects at the first question.
    ///
    /// # Errors
    /// A sentence for the administrator: settings that contradict each other or make no sense, an
    /// empty password, a file that cannot be read. Whether a server answers is not asked here.
    pub fn new(settings: &LdapSettings) -> Result<Self, String> {
        let shop = Arc::new(Shop::new(settings)?);
        let (questions, inbox) = mpsc::channel(WAITING);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| format!("no thread for the directory: {error}"))?;
        std::thread::Builder::new()
            .name("directory".to_owned())
            .spawn(move || runtime.block_on(serve(shop, inbox)))
            .map_err(|error| format!("no thread for the directory: {error}"))?;
        Ok(Self { questions })
    }
}

impl Directory for LdapDirectory {
    fn name(&self) -> SourceName {
        SourceName::ldap()
    }

    fn groups_of<'a>(&'a self, person: &'a Username) -> BoxFuture<'a, Result<Answer, DirectoryError>> {
        async move {
            if !person.is_ordinary() {
                return Ok(Answer::nobody());
            }
            let (reply, answer) = oneshot::channel();
            let question = Question { person: person.clone(), reply };
            self.questions.try_send(question).map_err(|_| DirectoryError::Busy)?;
            answer.await.unwrap_or_else(|_| Err(broken_off()))
        }
        .boxed()
    }
}

fn broken_off() -> DirectoryError {
    DirectoryError::Protocol("a lookup broke off".to_owned())
}

/// Answers questions until nobody is left to ask.
async fn serve(shop: Arc<Shop>, mut inbox: mpsc::Receiver<Question>) {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    while let Some(Question { person, reply }) = inbox.recv().await {
        let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
        let shop = shop.clone();
        tokio::spawn(async move {
            // Its own task, so that a panic in the client library is an error like any other.
            let answer = tokio::spawn(async move { shop.answer(&person).await }).await;
            drop(place);
            let _ = reply.send(answer.unwrap_or_else(|_| Err(broken_off())));
        });
    }
}

/// What a lookup needs.
struct Shop {
    plan: Plan,
    connections: Connections,
}

impl Shop {
    fn new(settings: &LdapSettings) -> Result<Self, String> {
        let &LdapSettings { plaintext, starttls, .. } = settings;
        let servers = settings
            .urls
            .iter()
            .map(|url| Address::of(url, plaintext, starttls))
            .collect::<Result<Vec<_>, _>>()?;
        if servers.is_empty() {
            return Err("directory.ldap.urls names no server".to_owned());
        }
        for (key, base) in [("people", &settings.people.base), ("groups", &settings.groups.base)] {
            if dn::normalised(base).is_none() {
                return Err(format!("directory.ldap.{key}.base: {base:?} is no distinguished name"));
            }
        }
        let attribute = &settings.people.attribute;
        let plain = attribute.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !plain || !attribute.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Err(format!("directory.ldap.people.attribute: {attribute:?} is no name of an attribute"));
        }
        if settings.groups.schemas.is_empty() {
            return Err("directory.ldap.groups.schemas is empty: name member, memberof or posix".to_owned());
        }
        let unprotected = servers.iter().filter(|server| server.protection == Protection::Plaintext);
        for server in unprotected.clone() {
            tracing::warn!(%server, "the connection to the directory is not encrypted (plaintext: true)");
        }
        let tls = if unprotected.count() < servers.len() {
            Some(tls::trusting(settings.ca_file.as_deref()).map_err(|why| format!("directory.ldap: {why}"))?)
        } else {
            None
        };
        let account = account(settings).map_err(|why| format!("directory.ldap: {why}"))?;
        let plan = Plan { people: settings.people.clone(), groups: settings.groups.clone() };
        Ok(Self { plan, connections: Connections::new(servers, tls, account) })
    }

    /// The whole lookup, within its deadline.
    async fn answer(&self, person: &Username) -> Result<Answer, DirectoryError> {
        let mut used = None;
        match timeout(WHOLE_LOOKUP, self.ask(person, &mut used)).await {
            Ok(answer) => answer,
            Err(_) => {
                if let Some(session) = &used {
                    self.connections.avoid(session).await;
                }
                Err(DirectoryError::TimedOut("looking up a person"))
            }
        }
    }

    async fn ask(
        &self,
        person: &Username,
        used: &mut Option<connection::Session>,
    ) -> Result<Answer, DirectoryError> {
        let mut tried = 0;
        loop {
            let session = used.insert(self.connections.session().await?);
            let answer = self.plan.lookup(session, person).await;
            tried += 1;
            match &answer {
                // Limits and missing rights are the server's word; the connection is in order.
                Ok(_) | Err(DirectoryError::Incomplete(_)) => return answer,
                // An old connection may have been closed meanwhile, which says nothing of the server.
                Err(DirectoryError::Unreachable(_)) if session.reused => {
                    self.connections.discard(session).await
                }
                Err(_) => self.connections.avoid(session).await,
            }
            let again = matches!(answer, Err(DirectoryError::Unreachable(_))) && tried < TRIES;
            if !again {
                return answer;
            }
        }
    }
}

fn account(settings: &LdapSettings) -> Result<Option<Account>, String> {
    let password = match (&settings.bind_password, &settings.bind_password_file) {
        (Some(_), Some(_)) => return Err("both bind_password and bind_password_file are set".to_owned()),
        (Some(password), None) => Some(PasswordSource::Given(password.clone())),
        (None, Some(path)) => Some(PasswordSource::File(path.clone())),
        (None, None) => None,
    };
    match (&settings.bind_dn, password) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err("a bind password is set, but no bind_dn".to_owned()),
        (Some(_), None) => Err("bind_dn is set, but neither bind_password nor bind_password_file".to_owned()),
        (Some(dn), Some(_)) if dn::normalised(dn).is_none() => {
            Err(format!("bind_dn: {dn:?} is no distinguished name"))
        }
        (Some(dn), Some(password)) => {
            password.read()?;
            Ok(Some(Account { dn: dn.clone(), password }))
        }
    }
}

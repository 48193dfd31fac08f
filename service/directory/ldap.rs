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
use super::{Answer, Directory, DirectoryError, Mistake};
use crate::config::directory::{LdapSettings, PeopleSettings};
use crate::groups::{SourceName, Username, dn};

/// From the question to the answer, connecting included.
const WHOLE_LOOKUP: Duration = Duration::from_secs(6);
/// A lookup whose connection ends is begun anew once, on another server if there is one.
const TRIES: u32 = 2;
/// With another server in reserve, the first gets this much of the whole.
const FIRST_TRY: Duration = Duration::from_secs(3);
/// Lookups under way at once; slapd answers them on one connection side by side.
const AT_ONCE: usize = 16;
/// Lookups that wait for a free place; beyond, the directory is lost anyway.
const WAITING: usize = 1_000;

const LOOKING_UP: &str = "looking up a person";

/// An LDAP directory.
///
/// Lookups run on their own thread: whatever happens to one there, requests go on being answered.
pub struct LdapDirectory {
    people: PeopleSettings,
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
    /// Settings that contradict each other or make no sense, an empty password, a file that cannot
    /// be read. Whether a server answers is not asked here.
    pub fn new(settings: &LdapSettings) -> Result<Self, Mistake> {
        let no_thread =
            |error: std::io::Error| ("/directory/ldap", format!("no thread for the directory: {error}"));
        let shop = Arc::new(Shop::new(settings)?);
        let (questions, inbox) = mpsc::channel(WAITING);
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(no_thread)?;
        std::thread::Builder::new()
            .name("directory".to_owned())
            .spawn(move || runtime.block_on(serve(shop, inbox)))
            .map_err(no_thread)?;
        Ok(Self { people: settings.people.clone(), questions })
    }
}

impl Directory for LdapDirectory {
    fn name(&self) -> SourceName {
        SourceName::ldap()
    }

    fn is_never_asked_about(&self, person: &Username) -> bool {
        !person.is_ordinary() || self.people.login(person.as_str()).is_none()
    }

    fn groups_of<'a>(&'a self, person: &'a Username) -> BoxFuture<'a, Result<Answer, DirectoryError>> {
        async move {
            if self.is_never_asked_about(person) {
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
    fn new(settings: &LdapSettings) -> Result<Self, Mistake> {
        let &LdapSettings { plaintext, starttls, .. } = settings;
        let servers = settings
            .urls
            .iter()
            .map(|url| Address::of(url, plaintext, starttls))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|why| ("/directory/ldap/urls", why))?;
        if servers.is_empty() {
            return Err(("/directory/ldap/urls", "names no server".to_owned()));
        }
        for (at, dn) in [
            ("/directory/ldap/people/base", Some(&settings.people.base)),
            ("/directory/ldap/groups/base", Some(&settings.groups.base)),
            ("/directory/ldap/bind_dn", settings.bind_dn.as_ref()),
        ] {
            if let Some(dn) = dn.filter(|dn| dn::normalised(dn).is_none()) {
                return Err((at, format!("{dn:?} is no distinguished name")));
            }
        }
        let attribute = &settings.people.attribute;
        let plain = attribute.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !plain || !attribute.starts_with(|first: char| first.is_ascii_alphabetic()) {
            return Err((
                "/directory/ldap/people/attribute",
                format!("{attribute:?} is no name of an attribute"),
            ));
        }
        if settings.groups.schemas.is_empty() {
            return Err((
                "/directory/ldap/groups/schemas",
                "is empty: name member, memberof or posix".to_owned(),
            ));
        }
        let account = account(settings)?;
        let unprotected = servers.iter().filter(|server| server.protection == Protection::Plaintext);
        for server in unprotected.clone() {
            tracing::warn!(%server, "the connection to the directory is not encrypted (plaintext: true)");
        }
        let tls = if unprotected.count() < servers.len() {
            Some(tls::trusting(settings.ca_file.as_deref()).map_err(|why| ("/directory/ldap/ca_file", why))?)
        } else {
            None
        };
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
                Err(DirectoryError::TimedOut(LOOKING_UP))
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
            let share = if tried == 0 && self.connections.has_reserve() { FIRST_TRY } else { WHOLE_LOOKUP };
            let answer = timeout(share, self.plan.lookup(session, person)).await;
            let answer = answer.unwrap_or(Err(DirectoryError::TimedOut(LOOKING_UP)));
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
            let passing = matches!(answer, Err(DirectoryError::Unreachable(_) | DirectoryError::TimedOut(_)));
            if !passing || tried == TRIES {
                return answer;
            }
        }
    }
}

fn account(settings: &LdapSettings) -> Result<Option<Account>, Mistake> {
    let (given, file) = ("/directory/ldap/bind_password", "/directory/ldap/bind_password_file");
    let (at, password) = match (&settings.bind_password, &settings.bind_password_file) {
        (Some(_), Some(_)) => {
            return Err((file, "give either bind_password or bind_password_file".to_owned()));
        }
        (Some(password), None) => (given, PasswordSource::Given(password.clone())),
        (None, Some(path)) => (file, PasswordSource::File(path.clone())),
        (None, None) if settings.bind_dn.is_none() => return Ok(None),
        (None, None) => {
            let why =
                "needs a bind_password_file (or bind_password): without both, the service reads anonymously";
            return Err(("/directory/ldap/bind_dn", why.to_owned()));
        }
    };
    let Some(dn) = settings.bind_dn.clone() else { return Err((at, "belongs to no bind_dn".to_owned())) };
    password.read().map_err(|why| (at, why))?;
    Ok(Some(Account { dn, password }))
}

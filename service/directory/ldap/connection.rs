//! One connection to the first server that answers, shared by all lookups and renewed in time.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use ldap3::{Ldap, LdapConnAsync, LdapConnSettings, LdapError, StdStream};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Mutex;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use super::address::{Address, Protection};
use super::guard::Objection;
use super::relay::{self, Verdict};
use super::tls;
use crate::config::secret::{Secret, warn_of_readers};
use crate::directory::DirectoryError;

/// Name, TCP and TLS of one server, all its addresses together.
const CONNECT: Duration = Duration::from_secs(3);
const BIND: Duration = Duration::from_secs(3);
/// Firewalls forget, and a preferred server that came back wants to be found.
const MAX_LIFE: Duration = Duration::from_secs(15 * 60);
const MAX_IDLE: Duration = Duration::from_secs(5 * 60);
/// A server that failed is asked last for this long.
const REST: Duration = Duration::from_secs(30);
/// A refused password is not tried again for this long, lest the directory lock the account.
const LOCKOUT_CARE: Duration = Duration::from_secs(120);

/// The account that reads.
#[derive(Debug, Clone)]
pub struct Account {
    pub dn: String,
    pub password: PasswordSource,
}

#[derive(Debug, Clone)]
pub enum PasswordSource {
    Given(Secret),
    File(PathBuf),
}

impl PasswordSource {
    /// The password as of now; a file's last line break is not part of it.
    ///
    /// # Errors
    /// A sentence for the administrator. An empty password is one: many servers take it for an
    /// anonymous login and report success (RFC 4513 §5.1.2).
    pub fn read(&self) -> Result<Secret, String> {
        let password = match self {
            Self::Given(password) => password.clone(),
            Self::File(path) => {
                let text =
                    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
                warn_of_readers(path);
                Secret::new(text.trim_end_matches(['\r', '\n']))
            }
        };
        if password.reveal().is_empty() { Err("the password is empty".to_owned()) } else { Ok(password) }
    }
}

/// Opens connections, and keeps the one in use.
pub struct Connections {
    servers: Vec<Address>,
    tls: Option<TlsConnector>,
    account: Option<Account>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    open: Option<Open>,
    opened: u64,
    /// For each server: since when it is left alone.
    resting: Vec<Option<Instant>>,
    refused: Option<(Secret, Instant)>,
}

struct Open {
    session: Session,
    born: Instant,
    used: Instant,
}

/// A handle to the connection in use.
#[derive(Clone)]
pub struct Session {
    pub ldap: Ldap,
    number: u64,
    server: usize,
    verdict: Verdict,
    /// Whether this connection has served before: then a failure may only mean that it is old.
    pub reused: bool,
}

impl Connections {
    pub fn new(servers: Vec<Address>, tls: Option<TlsConnector>, account: Option<Account>) -> Self {
        let state = State { resting: vec![None; servers.len()], ..State::default() };
        Self { servers, tls, account, state: Mutex::new(state) }
    }

    /// Whether another server can stand in.
    pub fn has_reserve(&self) -> bool {
        self.servers.len() > 1
    }

    /// A session that is bound and ready.
    pub async fn session(&self) -> Result<Session, DirectoryError> {
        // Held while connecting: all who wait want this same connection.
        let mut state = self.state.lock().await;
        let now = Instant::now();
        if let Some(open) = &mut state.open
            && !open.session.ldap.is_closed()
            && now.duration_since(open.born) < MAX_LIFE
            && now.duration_since(open.used) < MAX_IDLE
        {
            open.used = now;
            return Ok(Session { reused: true, ..open.session.clone() });
        }
        state.open = None;
        let rested = |since: &Option<Instant>| since.is_none_or(|since| now.duration_since(since) >= REST);
        let (first, last): (Vec<_>, Vec<_>) =
            (0..self.servers.len()).partition(|&server| rested(&state.resting[server]));
        let mut failure = DirectoryError::Unreachable("no server is configured".to_owned());
        for server in first.into_iter().chain(last) {
            match self.open(server, &mut state).await {
                Ok(session) => {
                    state.resting[server] = None;
                    state.open = Some(Open { session: session.clone(), born: now, used: now });
                    return Ok(session);
                }
                Err(error) => {
                    tracing::warn!(server = %self.servers[server], %error, "a directory server failed");
                    state.resting[server] = Some(now);
                    failure = error;
                }
            }
        }
        Err(failure)
    }

    /// No further lookup uses `session`: its messages may be out of step.
    pub async fn discard(&self, session: &Session) {
        let mut state = self.state.lock().await;
        if state.open.as_ref().is_some_and(|open| open.session.number == session.number) {
            state.open = None;
        }
    }

    /// As [`Self::discard`], and another server is asked first for a while.
    pub async fn avoid(&self, session: &Session) {
        self.discard(session).await;
        self.state.lock().await.resting[session.server] = Some(Instant::now());
    }

    async fn open(&self, server: usize, state: &mut State) -> Result<Session, DirectoryError> {
        let address = &self.servers[server];
        let (stream, verdict) = timeout(CONNECT, self.connect(address))
            .await
            .map_err(|_| DirectoryError::TimedOut("connecting"))??;
        let settings = LdapConnSettings::new().set_std_stream(StdStream::Unix(stream));
        let (connection, ldap) = LdapConnAsync::with_settings(settings, "ldapi://relay")
            .await
            .map_err(|error| translated(&error, &verdict))?;
        // A panic inside ends this task and with it the connection, nothing else.
        tokio::spawn(connection.drive());
        state.opened += 1;
        let mut session = Session { ldap, number: state.opened, server, verdict, reused: false };
        timeout(BIND, self.bind(&mut session, state))
            .await
            .map_err(|_| DirectoryError::TimedOut("logging in"))??;
        Ok(session)
    }

    async fn connect(
        &self,
        address: &Address,
    ) -> Result<(std::os::unix::net::UnixStream, Verdict), DirectoryError> {
        let mut stream = dialled(address).await?;
        let relayed = match (address.protection, &self.tls) {
            (Protection::Plaintext, _) => relay::open(stream),
            (Protection::Tls, Some(tls)) => relay::open(tls::verified(tls, &address.host, stream).await?),
            (Protection::StartTls, Some(tls)) => {
                tls::requested(&mut stream).await?;
                relay::open(tls::verified(tls, &address.host, stream).await?)
            }
            (_, None) => return Err(DirectoryError::Untrusted("TLS is not set up".to_owned())),
        };
        relayed.map_err(|error| DirectoryError::Unreachable(error.kind().to_string()))
    }

    async fn bind(&self, session: &mut Session, state: &mut State) -> Result<(), DirectoryError> {
        let Some(account) = &self.account else { return Ok(()) };
        let password = account.password.read().map_err(DirectoryError::Refused)?;
        if let Some((refused, at)) = &state.refused
            && *refused == password
            && at.elapsed() < LOCKOUT_CARE
        {
            return Err(DirectoryError::Refused(
                "not tried again yet, as the password is the same".to_owned(),
            ));
        }
        let bound = session.ldap.simple_bind(&account.dn, password.reveal()).await;
        match session.reply(bound)?.rc {
            0 => state.refused = None,
            49 => {
                state.refused = Some((password, Instant::now()));
                return Err(DirectoryError::Refused("wrong name or password".to_owned()));
            }
            rc @ (51 | 52) => return Err(DirectoryError::Unreachable(format!("busy, result {rc}"))),
            rc => return Err(DirectoryError::Refused(format!("result {rc}"))),
        }
        self.recognised(session).await
    }

    /// Some servers answer a bind by success and leave the connection anonymous: its searches then
    /// look like "no groups". Servers without this question (RFC 4532) are believed.
    async fn recognised(&self, session: &mut Session) -> Result<(), DirectoryError> {
        let asked = session.ldap.extended(ldap3::exop::WhoAmI).await;
        let reply = session.reply(asked)?;
        if reply.1.rc == 0 && reply.0.val.is_none_or(|name| name.is_empty()) {
            return Err(DirectoryError::Refused("logged in, but anonymous".to_owned()));
        }
        Ok(())
    }
}

impl Session {
    /// The outcome of an operation, in our words.
    pub fn reply<T>(&self, outcome: Result<T, LdapError>) -> Result<T, DirectoryError> {
        outcome.map_err(|error| translated(&error, &self.verdict))
    }
}

fn translated(error: &LdapError, verdict: &Verdict) -> DirectoryError {
    match (verdict.objection(), error) {
        (Some(Objection::TooLong), _) => DirectoryError::TooLarge("4 MiB in one message"),
        (Some(Objection::TooMany), _) => DirectoryError::TooLarge("100,000 values in one message"),
        (Some(objection), _) => DirectoryError::Protocol(objection.to_string()),
        (None, LdapError::FilterParsing) => DirectoryError::Protocol("a filter it cannot read".to_owned()),
        (None, _) => DirectoryError::Unreachable("the connection ended".to_owned()),
    }
}

/// A connection to the first of the host's addresses that takes it.
///
/// Each gets an equal share of the time that is left, so that a dead first one costs no other.
async fn dialled(address: &Address) -> Result<TcpStream, DirectoryError> {
    let unreachable = |error: std::io::Error| DirectoryError::Unreachable(error.kind().to_string());
    let began = Instant::now();
    let found: Vec<_> = tokio::net::lookup_host((address.host.as_str(), address.port))
        .await
        .map_err(|_| DirectoryError::Unreachable("its name has no address".to_owned()))?
        .collect();
    let mut failure = DirectoryError::Unreachable("its name has no address".to_owned());
    for (tried, &place) in found.iter().enumerate() {
        let left = CONNECT.saturating_sub(began.elapsed());
        let share = left / u32::try_from(found.len() - tried).unwrap_or(u32::MAX);
        let socket = if place.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() };
        let socket = socket.map_err(unreachable)?;
        socket.set_keepalive(true).map_err(unreachable)?;
        match timeout(share, socket.connect(place)).await {
            Ok(Ok(stream)) => {
                // Without it a login takes 43 ms instead of one: Nagle waits for a delayed ACK.
                stream.set_nodelay(true).map_err(unreachable)?;
                return Ok(stream);
            }
            Ok(Err(error)) => failure = unreachable(error),
            Err(_) => failure = DirectoryError::TimedOut("connecting"),
        }
    }
    Err(failure)
}

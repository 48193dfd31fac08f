//! What each command does.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use jupyterhub_presets::api::caller::Gate;
use jupyterhub_presets::api::server::{self, Doors};
use jupyterhub_presets::api::specification;
use jupyterhub_presets::api::wire::tls;
use jupyterhub_presets::clock::{Clock, SharedClock, SystemClock};
use jupyterhub_presets::config::{self, Config, ConfigRefused};
use jupyterhub_presets::desk::Desk;
use jupyterhub_presets::desk::apply::{self, NotApplied};
use jupyterhub_presets::desk::forms::View;
use jupyterhub_presets::desk::presets::NotDone;
use jupyterhub_presets::directory::{self, Directory, Memberships};
use jupyterhub_presets::groups::{NameRefused, Username};
use jupyterhub_presets::hub::Hub;
use jupyterhub_presets::pages;
use jupyterhub_presets::render;
use jupyterhub_presets::site::Site;
use jupyterhub_presets::store::backup::NotBackedUp;
use jupyterhub_presets::store::{DatabaseUrl, Store, StoreError, UrlRefused};

use crate::{account, end, parent, signals, telemetry};

/// Connections to the database, at most.
const CONNECTIONS: u32 = 8;

/// Why a command ended without doing what it was asked. The text is the whole message.
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    #[error(transparent)]
    Config(#[from] ConfigRefused),
    #[error("{0}\nNothing was changed.")]
    NotApplied(#[from] NotApplied),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Backup(#[from] NotBackedUp),
    #[error(transparent)]
    Name(#[from] NameRefused),
    #[error("“{0}” is no instant: write one like 2026-12-01T09:05:00Z or 2026-12-01T10:05:00+01:00")]
    Instant(String),
    #[error("“{0}” is no group or event in which {name} could act then; without --context it says in which they can", name = .1.as_str().escape_debug())]
    Context(String, Username),
    #[error("{0}: {1}")]
    Io(String, std::io::Error),
    #[error("{0}")]
    NotReady(String),
    #[error("{}\nThe audit is not as it was written.", .0.join("\n"))]
    Changed(Vec<String>),
    #[error("nothing is set aside as “{}”: without a name, this command says what is", .0.as_str().escape_debug())]
    NotSetAside(Username),
    #[error("“{0}” is no anchor: copy one from a line “the audit is sealed” of the log, as in 12:9f86…")]
    Anchor(String),
}

/// Everything a command needs, from the configuration. Waits for nothing: connections are made in the background.
fn desk(config: &Config) -> Result<Arc<Desk>, Failed> {
    let sources = sources(config)?;
    let store = open(config)?;
    let clock: SharedClock = Arc::new(SystemClock);
    Ok(Arc::new(Desk {
        site: Arc::new(Site::new(store.clone())),
        store,
        memberships: Memberships::new(sources, config.membership, clock.clone()),
        clock,
        prefix: config.prefix.clone(),
        files: format!(
            "{}{}",
            config.hub.as_ref().and_then(|hub| hub.own_origin()).unwrap_or_default(),
            config.prefix
        ),
        unknown_people: config.unknown_people,
        shelf: render::Shelf::default(),
        refusals: Default::default(),
    }))
}

fn sources(config: &Config) -> Result<Vec<Box<dyn Directory>>, ConfigRefused> {
    directory::open(&config.directory).map_err(|(pointer, why)| config.mistake(pointer, why))
}

pub fn address(config: &Config) -> Result<DatabaseUrl, ConfigRefused> {
    config.database.reveal().parse().map_err(|why: UrlRefused| config.mistake("/database", why.to_string()))
}

pub fn open(config: &Config) -> Result<Store, Failed> {
    Ok(Store::open(&address(config)?, CONNECTIONS))
}

fn hub(config: &Config, clock: &SharedClock) -> Result<Option<Hub>, ConfigRefused> {
    let Some(settings) = config.hub.clone() else {
        tracing::warn!("no hub is configured (hub.api_url, hub.api_token_file): only its plugin is served");
        return Ok(None);
    };
    if settings.insecure_cookies {
        tracing::warn!("hub.insecure_cookies is on: sessions travel unencrypted; for development only");
    }
    let hub = Hub::new(settings, clock.clone());
    hub.map(Some).map_err(|(pointer, why)| config.mistake(pointer, why))
}

pub fn read(path: &Path) -> Result<Config, Failed> {
    Ok(Config::read(path, &config::environment())?)
}

pub fn block_on<T>(future: impl Future<Output = Result<T, Failed>>) -> Result<T, Failed> {
    actix_web::rt::System::new().block_on(future)
}

pub fn serve(path: &Path) -> Result<(), Failed> {
    telemetry::start();
    let config = read(path)?;
    if config.managed {
        parent::end_with_parent();
    }
    let (listen, secrets) = config.serving()?;
    let desk = desk(&config)?;
    let gate = Gate::new(secrets, hub(&config, &desk.clock)?);
    let listening = |error| Failed::Io(format!("cannot listen on {listen}"), error);
    let doors = doors(&config, listen)?;
    block_on(async {
        let asked = signals::end_asked_for();
        actix_web::rt::spawn(desk.site.clone().follow());
        actix_web::rt::spawn(desk.clone().keep_house(config.retention));
        gate.hub.iter().for_each(|hub| drop(actix_web::rt::spawn(hub.clone().watch())));
        tracing::info!(address = %listen, prefix = config.prefix, managed = config.managed, "listening");
        server::serve(doors, desk, gate, pages::routes, asked).await.map_err(listening)?;
        // Nothing is under way any more. A thread that waits for a silent database would hold us up.
        end::end(0)
    })
}

/// Where to serve: everything that can be wrong with it is wrong before anybody is served.
fn doors(config: &Config, listen: SocketAddr) -> Result<Doors, Failed> {
    let listening = config.listening.clone();
    let mistake = |why: String| Failed::Config(config.mistake("/tls", why));
    let tls = listening.tls.as_ref().map(tls::server).transpose().map_err(mistake)?;
    let bind = |address| {
        TcpListener::bind(address).map_err(|error| Failed::Io(format!("cannot listen on {address}"), error))
    };
    let metrics = listening.metrics.map(bind).transpose()?;
    Ok(Doors { metrics, tls, listening, ..Doors::plain(bind(listen)?) })
}

pub fn check(path: &Path, site: Option<&Path>) -> Result<(), Failed> {
    let config = read(path)?;
    // No store is opened: that alone would make an SQLite file.
    address(&config)?;
    sources(&config)?;
    say(&format!("{}: in order", path.display()));
    if let Some(site) = site {
        apply::check(site)?.remarks.iter().for_each(|remark| say(remark));
        say(&format!("{}: in order", site.display()));
    }
    Ok(())
}

pub fn apply(path: &Path, site: &Path, dry_run: bool) -> Result<(), Failed> {
    let config = read(path)?;
    let checked = apply::check(site)?;
    checked.remarks.iter().for_each(|remark| say(remark));
    let store = open(&config)?;
    block_on(async {
        // First: whoever reads only the beginning, reads this.
        apply::breakage(&store, &checked).await?.lines().iter().for_each(|line| say(line));
        if dry_run {
            let changes = apply::difference(&store, &checked).await?;
            list(&changes);
            say(&format!("{} would change. Nothing was changed.", objects(changes.len())));
            return Ok(());
        }
        let done = apply::apply(&store, &checked, &account::operator(), SystemClock.now()).await?;
        list(&done.changes);
        say(&match done.changes.len() {
            0 => format!("Nothing differs; still revision {}.", done.revision),
            n => format!("{} changed; this is revision {}.", objects(n), done.revision),
        });
        Ok(())
    })
}

pub fn explain(
    path: &Path,
    user: &str,
    hub_groups: Vec<String>,
    at: Option<&str>,
    context: Option<String>,
) -> Result<(), Failed> {
    let config = read(path)?;
    let person = Username::try_from(user)?;
    let at = at.map(instant).transpose()?;
    block_on(async {
        let desk = desk(&config)?;
        desk.site.refresh().await?;
        let view = View { hub_groups, context, ..View::of(person, at) };
        let explained = desk.explain(&view).await.map_err(|not_done| match (not_done, view.context) {
            (NotDone::NotFound, Some(context)) => Failed::Context(context, view.person),
            _ => Failed::NotReady("nothing has been applied yet".to_owned()),
        });
        say(&explained?);
        Ok(())
    })
}

/// An instant as people write it for a command.
fn instant(text: &str) -> Result<DateTime<Utc>, Failed> {
    let read = DateTime::parse_from_rfc3339(text);
    read.map(|at| at.to_utc()).map_err(|_| Failed::Instant(text.to_owned()))
}

pub fn migrate(path: &Path) -> Result<(), Failed> {
    let store = open(&read(path)?)?;
    block_on(async {
        store.migrate().await?;
        say("The tables are up to date.");
        Ok(())
    })
}

pub fn openapi() -> Result<(), Failed> {
    let text = specification().to_pretty_json();
    say(&text.map_err(|error| Failed::Io("the description".to_owned(), error.into()))?);
    Ok(())
}

/// A plain HTTP/1.0 request: the one place that would need a client is not worth one.
pub fn healthcheck(path: &Path) -> Result<(), Failed> {
    let config = read(path)?;
    // With TLS only the proxy is let in.
    let (listen, ready) = match (&config.listening.tls, config.listening.metrics) {
        (None, _) => (config.address()?, format!("{}api/v1/health/ready", config.prefix)),
        (Some(_), Some(metrics)) => (metrics, "/ready".to_owned()),
        (Some(_), None) => {
            let why = "a service with tls is asked where it gives its figures: set metrics: 127.0.0.1:PORT";
            return Err(config.mistake("/tls", why.to_owned()).into());
        }
    };
    let unreachable = |error| Failed::Io(format!("{listen} does not answer"), error);
    let mut stream = TcpStream::connect_timeout(&listen, Duration::from_secs(2)).map_err(unreachable)?;
    stream.set_read_timeout(Some(Duration::from_secs(3))).map_err(unreachable)?;
    let request = format!("GET {ready} HTTP/1.0\r\nHost: localhost\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(unreachable)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(unreachable)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body).to_owned();
    if answer.split_whitespace().nth(1) == Some("200") {
        say(&body);
        return Ok(());
    }
    Err(Failed::NotReady(body))
}

fn objects(count: usize) -> String {
    if count == 1 { "1 object".to_owned() } else { format!("{count} objects") }
}

fn list(changes: &[jupyterhub_presets::store::site::Change]) {
    apply::describe(changes).iter().for_each(|line| say(line));
}

/// Writes to standard output; whoever reads only the first lines (`| head`) is no error.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

//! The service on a port of its own, with a site, as a test wants it; and a plain HTTP client.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use jupyterhub_presets::api::caller::Gate;
use jupyterhub_presets::api::server::{self, Doors};
use jupyterhub_presets::clock::{Clock as _, SharedClock, SystemClock};
use jupyterhub_presets::config::directory::MembershipSettings;
use jupyterhub_presets::config::hub::HubSettings;
use jupyterhub_presets::config::listen::{Limits, Rate};
use jupyterhub_presets::config::secret::HubSecrets;
use jupyterhub_presets::desk::{Desk, apply};
use jupyterhub_presets::directory::{Directory, FileDirectory, Memberships};
use jupyterhub_presets::hub::Hub;
use jupyterhub_presets::pages;
use jupyterhub_presets::render::Shelf;
use jupyterhub_presets::site::Site;
use jupyterhub_presets::store::Store;
use serde_json::Value as Json;

use crate::replicas;
use crate::scratch::Scratch;
use crate::scripted_hub::ScriptedHub;

pub const SECRET: &str = "5a4b3c2d1e0f5a4b3c2d1e0f9a8b7c6d";
pub const OLD_SECRET: &str = "zyxwvutsrqponmlkjihgfedcba987654";
pub const PREFIX: &str = "/services/presets/";

/// A running service; it ends when it is dropped.
pub struct Running {
    pub address: SocketAddr,
    pub store: Store,
    /// A second replica that takes turns with the first.
    other: Option<replicas::Other>,
    /// One of each replica: without them they end.
    _lives: Vec<Life>,
    _folder: tempfile::TempDir,
    /// A service whose database is gone says so.
    _scratch: Option<Scratch>,
}

/// A service lives as long as this is kept.
type Life = tokio::sync::oneshot::Sender<()>;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Answer {
    pub fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The body of a problem without what names this one occurrence.
    pub fn occurrence(&self) -> Json {
        let mut problem = self.json();
        for name in ["instance", "request_id"] {
            assert!(problem.as_object_mut().unwrap().remove(name).is_some(), "no {name}: {self:?}");
        }
        problem
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(": ")?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

impl Running {
    /// Serves `site` (YAML) from `store`, with `groups` (YAML of the file directory), and without a hub.
    pub fn start(store: Store, site: &str, groups: &str) -> Self {
        Self::below(PREFIX, store, site, groups)
    }

    /// The same at another prefix.
    pub fn below(prefix: &str, store: Store, site: &str, groups: &str) -> Self {
        Self::serve(prefix, store, site, groups, None, Arc::new(SystemClock), doors)
    }

    /// The same beside `hub`, by `clock`.
    pub fn start_with(store: Store, site: &str, groups: &str, hub: &ScriptedHub, clock: SharedClock) -> Self {
        Self::serve(PREFIX, store, site, groups, Some(hub.settings()), clock, doors)
    }

    /// The same behind `doors` of the test's own.
    pub fn start_behind(
        store: Store,
        site: &str,
        groups: &str,
        hub: &ScriptedHub,
        doors: impl FnOnce(TcpListener) -> Doors + Send + 'static,
    ) -> Self {
        Self::serve(PREFIX, store, site, groups, Some(hub.settings()), Arc::new(SystemClock), doors)
    }

    fn serve(
        prefix: &str,
        store: Store,
        site: &str,
        groups: &str,
        hub: Option<HubSettings>,
        clock: SharedClock,
        doors: impl FnOnce(TcpListener) -> Doors + Send + 'static,
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let prefix = prefix.to_owned();
        let place = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let site = place("site.yaml", site);
        let groups = place("groups.yaml", groups);
        let surroundings = (hub, clock);
        type Opened = Box<dyn FnOnce() -> Doors + Send>;
        let serve = |store: Store, groups: FileDirectory, doors: Opened, apply: bool| {
            let (ready, wait) = std::sync::mpsc::channel();
            let (life, end) = life();
            let (prefix, site, (hub, clock)) = (prefix.clone(), site.clone(), surroundings.clone());
            std::thread::spawn(move || {
                actix_web::rt::System::new().block_on(async move {
                    if apply {
                        let checked = apply::check(&site).unwrap_or_else(|error| panic!("{error}"));
                        apply::apply(&store, &checked, "test", SystemClock.now()).await.unwrap();
                    }
                    let hub = hub.map(|settings| Hub::new(settings, clock.clone()).unwrap());
                    let desk = desk(&prefix, store, vec![Box::new(groups)], clock);
                    if !apply {
                        desk.store.migrate().await.unwrap();
                    }
                    desk.site.refresh().await.unwrap();
                    actix_web::rt::spawn(desk.site.clone().follow());
                    ready.send(()).unwrap();
                    let gate = Gate::new(secrets(), hub);
                    server::serve(doors(), desk, gate, pages::routes, end).await.unwrap();
                });
            });
            wait.recv_timeout(Duration::from_secs(20)).expect("the service starts");
            life
        };
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let opened = Box::new(|| doors(listener));
        let mut lives = vec![serve(store.clone(), FileDirectory::open(&groups).unwrap(), opened, true)];
        let other = replicas::are_wanted(&store).then(|| {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            let opened = Box::new(|| self::doors(listener));
            lives.push(serve(store.beside(), FileDirectory::open(&groups).unwrap(), opened, false));
            replicas::Other::at(address)
        });
        Self { address, store, other, _lives: lives, _folder: folder, _scratch: None }
    }

    /// Serves from a store that never answered.
    pub fn without_database(store: Store) -> Self {
        Self::from_nothing(store, None)
    }

    /// The same beside `hub`.
    pub fn without_database_with(store: Store, hub: &ScriptedHub) -> Self {
        Self::from_nothing(store, Some(hub.settings()))
    }

    fn from_nothing(store: Store, hub: Option<HubSettings>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let kept = store.clone();
        let (life, end) = life();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let desk = desk(PREFIX, store, vec![], Arc::new(SystemClock));
                let hub = hub.map(|settings| Hub::new(settings, desk.clock.clone()).unwrap());
                actix_web::rt::spawn(desk.site.clone().follow());
                let gate = Gate::new(secrets(), hub);
                server::serve(doors(listener), desk, gate, pages::routes, end).await.unwrap();
            });
        });
        let folder = tempfile::tempdir().unwrap();
        Self { address, store: kept, other: None, _lives: vec![life], _folder: folder, _scratch: None }
    }

    /// With the database it was started from, which lives as long.
    pub fn keeping(self, scratch: Scratch) -> Self {
        Self { _scratch: Some(scratch), ..self }
    }

    /// Asked by itself, even where the tests' services have a replica that takes turns.
    pub fn alone(self) -> Self {
        Self { other: None, ..self }
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// A call of the plugin.
    pub fn hub(&self, call: &str, body: &Json) -> Answer {
        self.hub_raw(call, &body.to_string())
    }

    pub fn hub_raw(&self, call: &str, body: &str) -> Answer {
        let bearer = format!("Bearer {SECRET}");
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        self.send("POST", &format!("{PREFIX}api/v1/hub/{call}"), &headers, body)
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let address = self.other.as_ref().map_or(self.address, |other| other.turn(self.address));
        let answer = Self::ask(address, method, path, headers, body);
        self.other.iter().for_each(|other| other.answered(method, path));
        answer
    }

    /// One request to whatever listens at `address`.
    pub fn ask(
        address: SocketAddr,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length =
            if body.is_empty() { String::new() } else { format!("content-length: {}\r\n", body.len()) };
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}{length}\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        // A service that refuses early may close before it has read everything.
        let _ = stream.write_all(body.as_bytes());
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) =
            text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{method} {path}: no answer: {text:?}"));
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap();
        Answer { status, head: head.to_owned(), body: body.to_owned() }
    }
}

fn life() -> (Life, impl Future<Output = ()>) {
    let (life, end) = tokio::sync::oneshot::channel();
    (life, async { drop(end.await) })
}

/// Tests ask more often than people do, and more of them at once.
pub fn doors(listener: TcpListener) -> Doors {
    let mut doors = Doors::plain(listener);
    let often = Rate { per_second: 100_000.0, burst: 100_000.0 };
    doors.listening.limits =
        Limits { reads: often, writes: often, anonymous: often, at_once: 10_000, ..Limits::default() };
    doors
}

fn secrets() -> HubSecrets {
    HubSecrets::read(&format!("{SECRET} {OLD_SECRET}")).unwrap()
}

fn desk(prefix: &str, store: Store, sources: Vec<Box<dyn Directory>>, clock: SharedClock) -> Arc<Desk> {
    Arc::new(Desk {
        site: Arc::new(Site::new(store.clone())),
        store,
        memberships: Memberships::new(sources, MembershipSettings::default(), clock.clone()),
        clock,
        prefix: prefix.to_owned(),
        files: prefix.to_owned(),
        unknown_people: None,
        shelf: Shelf::default(),
        refusals: Default::default(),
    })
}

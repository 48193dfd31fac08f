//! A hub on the loopback that says of tokens what a test wants: for speed, for faults, and to count.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jupyterhub_presets::config::hub::HubSettings;
use jupyterhub_presets::config::secret::Secret;
use serde_json::{Value as Json, json};

/// The service's own token at this hub.
pub const OWN_TOKEN: &str = "own-token-of-the-service-0123456789";
/// Opens the service.
pub const ACCESS: &str = "access:services!service=presets";

/// A hub that answers `GET /hub/api/user` by its table, and other paths as it was told.
#[derive(Clone)]
pub struct ScriptedHub {
    pub address: SocketAddr,
    script: Arc<Mutex<Script>>,
}

#[derive(Default)]
struct Script {
    models: HashMap<String, Json>,
    answers: HashMap<String, Vec<u8>>,
    trouble: Option<Vec<u8>>,
    delay: Duration,
    delays: HashMap<String, Duration>,
    heads: Vec<String>,
    bodies: Vec<(String, String)>,
}

impl ScriptedHub {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let script = Arc::new(Mutex::new(Script::default()));
        let hub = Self { address, script };
        let answering = hub.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let hub = answering.clone();
                std::thread::spawn(move || hub.answer(&stream.unwrap()));
            }
        });
        hub
    }

    /// How the service is told of this hub.
    pub fn settings(&self) -> HubSettings {
        HubSettings {
            api_url: format!("http://{}/hub/api", self.address),
            api_token: Secret::new(OWN_TOKEN),
            service: "presets".to_owned(),
            client_id: "service-presets".to_owned(),
            callback_url: "/services/presets/oauth_callback".to_owned(),
            base_url: "/".to_owned(),
            host: String::new(),
            public_url: None,
            public_hub_url: None,
            cookie_host_prefix: false,
            insecure_cookies: false,
            tls: None,
        }
    }

    /// From now on the user `name` has `token`, with access and these scopes beside it.
    pub fn user(&self, token: &str, name: &str, scopes: &[&str]) {
        let scopes: Vec<&str> = [ACCESS].iter().chain(scopes).copied().collect();
        self.knows(token, model("user", name, &scopes));
    }

    /// From now on the service `name` has `token`, with access and these scopes beside it.
    pub fn service(&self, token: &str, name: &str, scopes: &[&str]) {
        let scopes: Vec<&str> = [ACCESS].iter().chain(scopes).copied().collect();
        self.knows(token, model("service", name, &scopes));
    }

    /// From now on `token` is answered with `model`, see [`model`].
    pub fn knows(&self, token: &str, model: Json) {
        self.script.lock().unwrap().models.insert(token.to_owned(), model);
    }

    /// From now on `token` is revoked.
    pub fn forgets(&self, token: &str) {
        self.script.lock().unwrap().models.remove(token);
    }

    /// From now on `METHOD /path` (without query) is answered with these bytes, whoever asks.
    pub fn answers(&self, request: &str, answer: impl Into<Vec<u8>>) {
        self.script.lock().unwrap().answers.insert(request.to_owned(), answer.into());
    }

    /// From now on everything is answered with these bytes, and the connection closed; none: as scripted.
    pub fn breaks(&self, answer: Option<&[u8]>) {
        self.script.lock().unwrap().trouble = answer.map(<[u8]>::to_vec);
    }

    /// From now on each answer takes this long.
    pub fn takes(&self, delay: Duration) {
        self.script.lock().unwrap().delay = delay;
    }

    /// From now on the answer to `METHOD /path` takes this long.
    pub fn takes_for(&self, request: &str, delay: Duration) {
        self.script.lock().unwrap().delays.insert(request.to_owned(), delay);
    }

    /// The bodies of the requests `METHOD /path` so far.
    pub fn bodies(&self, request: &str) -> Vec<String> {
        let script = self.script.lock().unwrap();
        script.bodies.iter().filter(|(of, _)| of == request).map(|(_, body)| body.clone()).collect()
    }

    /// How often anything was asked so far.
    pub fn calls(&self) -> usize {
        self.script.lock().unwrap().heads.len()
    }

    /// How often it was asked about `token` so far.
    pub fn calls_about(&self, token: &str) -> usize {
        let header = format!("token {token}\r\n");
        self.heads().iter().filter(|head| head.contains(&header)).count()
    }

    /// The heads of the requests so far.
    pub fn heads(&self) -> Vec<String> {
        self.script.lock().unwrap().heads.clone()
    }

    fn answer(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let header = |name: &str| {
            head.lines().find_map(|line| {
                let (key, value) = line.split_once(": ")?;
                key.eq_ignore_ascii_case(name).then(|| value.to_owned())
            })
        };
        let length = header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        let _ = reader.read_exact(&mut body);
        let request = head.split([' ', '?']).take(2).collect::<Vec<_>>().join(" ");
        let token = header("authorization").and_then(|value| Some(value.split_once(' ')?.1.to_owned()));
        let (answer, delay) = {
            let mut script = self.script.lock().unwrap();
            script.heads.push(head.clone());
            script.bodies.push((request.clone(), String::from_utf8_lossy(&body).into_owned()));
            let model = token.and_then(|token| script.models.get(&token).cloned());
            let scripted = script.trouble.clone().or_else(|| script.answers.get(&request).cloned());
            let answer = scripted.unwrap_or_else(|| match (request.as_str(), model) {
                ("GET /hub/api/user", Some(model)) => http(200, &model.to_string()),
                _ => http(403, &json!({ "status": 403, "message": null }).to_string()),
            });
            (answer, script.delays.get(&request).copied().unwrap_or(script.delay))
        };
        std::thread::sleep(delay);
        let mut stream = stream;
        let _ = stream.write_all(&answer);
    }
}

/// What a hub says of a token.
pub fn model(kind: &str, name: &str, scopes: &[&str]) -> Json {
    let (groups, session): (&[&str], _) = (&[], Json::Null);
    json!({ "kind": kind, "name": name, "admin": false, "groups": groups, "scopes": scopes,
            "token_id": "a1", "session_id": session })
}

/// An answer with a JSON body, on the wire.
pub fn http(status: u16, body: &str) -> Vec<u8> {
    let head =
        format!("HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\nconnection: close\r\n");
    format!("{head}content-length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

//! What the wire takes: every request of a connection in time, whole, and plainly written; one answer for each.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jupyterhub_presets::api::server::Doors;
use jupyterhub_presets::api::wire::{Deadlines, LONGEST_TARGET, MOST_HEADERS, Porter, Rules};
use serde_json::Value as Json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{GROUPS, SITE, form, start};
use crate::running::{Answer, PREFIX, Running, SECRET, doors};
use crate::scratch::Scratch;
use crate::scripted_hub::ScriptedHub;
use jupyterhub_presets::store::Store;

const LIVE: &str = "/services/presets/api/v1/health/live";
/// What a test waits for where the service is slow on purpose.
const SOON: Duration = Duration::from_millis(400);

/// A connection that is spoken to byte by byte.
pub struct Wire(BufReader<TcpStream>);

impl Wire {
    pub fn to(service: &Running) -> Self {
        let stream = TcpStream::connect(service.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream.set_nodelay(true).unwrap();
        Self(BufReader::new(stream))
    }

    pub fn says(&mut self, bytes: &[u8]) {
        self.0.get_mut().write_all(bytes).unwrap();
    }

    pub fn gets(&mut self, path: &str) -> Answer {
        self.says(format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes());
        self.hears()
    }

    /// The next answer, as its length says where it ends.
    pub fn hears(&mut self) -> Answer {
        self.hears_or_ends().expect("an answer")
    }

    pub fn hears_or_ends(&mut self) -> Option<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            match self.0.read_line(&mut head) {
                Ok(0) | Err(_) if head.is_empty() => return None,
                done => assert!(done.unwrap() > 0, "cut off: {head:?}"),
            }
        }
        let mut answer = Answer {
            status: head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap(),
            head: head.trim_end().to_owned(),
            body: String::new(),
        };
        let length = answer.header("content-length").map_or(0, |length| length.parse().unwrap());
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        answer.body = String::from_utf8(body).unwrap();
        Some(answer)
    }

    /// Waits for the other side to close.
    pub fn ends(&mut self) {
        let mut rest = Vec::new();
        // A reset is an end too, where the other side stopped reading.
        let _ = self.0.read_to_end(&mut rest);
        assert_eq!(String::from_utf8_lossy(&rest), "", "something came instead of the end");
    }
}

/// Deadlines that a test can wait for.
fn hasty() -> Deadlines {
    Deadlines {
        head: SOON,
        body: SOON * 3,
        first_of_body: SOON,
        write: SOON,
        idle: SOON * 2,
        handler: SOON,
        ..Deadlines::default()
    }
}

fn start_hasty() -> Running {
    let scratch = Scratch::sqlite();
    let store = Store::open(&scratch.url(), 4);
    Running::start_behind(store, SITE, GROUPS, &ScriptedHub::start(), |listener| Doors {
        deadlines: hasty(),
        ..doors(listener)
    })
    .keeping(scratch)
}

fn assert_problem(answer: &Answer, status: u16, kind: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer:?}");
    let problem = answer.json();
    assert_eq!(problem["type"], format!("/problems/{kind}"), "{answer:?}");
    assert_eq!(problem["request_id"].as_str(), answer.header("x-request-id"), "{answer:?}");
    let instance = problem["instance"].as_str().unwrap().replace('-', "");
    assert_eq!(instance.strip_prefix("urn:uuid:"), problem["request_id"].as_str(), "{answer:?}");
}

#[tokio::test]
async fn a_head_has_its_deadline_on_every_request_of_a_connection() {
    let service = start_hasty();
    for requests_before in [0, 1, 3] {
        let mut wire = Wire::to(&service);
        for _ in 0..requests_before {
            assert_eq!(wire.gets(LIVE).status, 200);
        }
        wire.says(b"GET /services/presets/ HTTP/1.1\r\nhost: x\r\nx-slow: ");
        let began = Instant::now();
        // A byte now and then does not help.
        for _ in 0..5 {
            std::thread::sleep(SOON / 8);
            wire.says(b"a");
        }
        assert_problem(&wire.hears(), 408, "too-slow");
        assert!((SOON..SOON * 3).contains(&(began.elapsed() + SOON / 10)), "{:?}", began.elapsed());
        wire.ends();
    }
    // Whoever says nothing at all is not answered either.
    Wire::to(&service).ends();
}

#[tokio::test]
async fn a_body_has_its_deadline_and_its_slowest_rate() {
    let service = start_hasty();
    let head = format!("POST {PREFIX}api/v1/hub/form HTTP/1.1\r\nhost: x\r\n");
    for framing in ["content-length: 40000\r\n\r\n", "transfer-encoding: chunked\r\n\r\n9c40\r\n"] {
        let mut wire = Wire::to(&service);
        wire.says(format!("{head}{framing}").as_bytes());
        assert_problem(&wire.hears(), 408, "too-slow");
        wire.ends();
        // At a rate that is always just enough, the whole of it is too slow in the end.
        let mut wire = Wire::to(&service);
        wire.says(format!("{head}{framing}").as_bytes());
        let began = Instant::now();
        while began.elapsed() < SOON * 3 - SOON / 4 {
            wire.says(&[b'x'; 512]);
            std::thread::sleep(SOON / 8);
        }
        assert_problem(&wire.hears(), 408, "too-slow");
        assert!(began.elapsed() < SOON * 5, "{:?}", began.elapsed());
        wire.ends();
    }
}

#[tokio::test]
async fn a_client_that_takes_no_answer_is_dropped() {
    let (ours, mut client) = tokio::io::duplex(1 << 10);
    let rules = Rules { deadlines: hasty(), trusted_proxies: BTreeSet::default(), meter: Arc::default() };
    let mut porter = Porter::new(ours, None, Arc::new(rules), Box::pin(std::future::pending()));
    client.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut request = [0; 64];
    assert_eq!(porter.read(&mut request).await.unwrap(), 27);
    let began = Instant::now();
    let dropped = porter.write_all(&[b'x'; 1 << 16]).await.unwrap_err();
    assert_eq!(dropped.kind(), std::io::ErrorKind::TimedOut);
    assert!((SOON..SOON * 4).contains(&began.elapsed()), "{:?}", began.elapsed());
}

#[tokio::test]
async fn an_idle_connection_is_kept_for_its_time_and_then_closed() {
    let service = start_hasty();
    let mut wire = Wire::to(&service);
    for _ in 0..3 {
        assert_eq!(wire.gets(LIVE).status, 200);
        std::thread::sleep(SOON);
    }
    let began = Instant::now();
    wire.ends();
    assert!(began.elapsed() < SOON * 3, "{:?}", began.elapsed());
}

#[tokio::test]
async fn requests_sent_ahead_are_answered_in_their_order() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    let mut wire = Wire::to(&service);
    let hub = form("alice").to_string();
    let mut ahead = Vec::new();
    for _ in 0..20 {
        ahead.extend_from_slice(format!("GET {LIVE} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes());
        ahead.extend_from_slice(
            format!(
                "POST {PREFIX}api/v1/hub/form HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {SECRET}\r\n\
                 content-type: application/json\r\ncontent-length: {}\r\n\r\n{hub}",
                hub.len()
            )
            .as_bytes(),
        );
        ahead.extend_from_slice(
            b"POST /services/presets/ HTTP/1.1\r\nhost: x\r\ncontent-length: 70000\r\n\r\n",
        );
        ahead.extend_from_slice(&[b'y'; 70_000]);
    }
    let mut sender = wire.0.get_ref().try_clone().unwrap();
    let sending = std::thread::spawn(move || sender.write_all(&ahead).unwrap());
    for _ in 0..20 {
        assert_eq!(wire.hears().json()["status"], "alive");
        assert!(wire.hears().json()["html"].is_string());
        assert_problem(&wire.hears(), 413, "too-large");
    }
    sending.join().unwrap();
}

#[tokio::test]
async fn limits_hold_and_say_which() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    let get = |rest: &str| format!("GET {LIVE}{rest} HTTP/1.1\r\nhost: x\r\n");
    let target = |length: usize| format!("{}\r\n", get(&format!("?{}", "a".repeat(length - LIVE.len() - 1))));
    let headers = |count: usize| format!("{}{}\r\n", get(""), "a: b\r\n".repeat(count - 1));
    let body = |size: usize, rest: &str| {
        format!("POST {PREFIX}api/v1/hub/form HTTP/1.1\r\nhost: x\r\n{rest}content-length: {size}\r\n\r\n")
    };
    let chunks = |size: usize| {
        let head = "POST /services/presets/ HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
        format!("{head}{}0\r\n\r\n", format!("400\r\n{}\r\n", "x".repeat(1024)).repeat(size / 1024))
    };
    let cases = [
        (target(LONGEST_TARGET), 200, "", false),
        (target(LONGEST_TARGET + 1), 414, "target-too-long", true),
        (format!("GET /{}", "a".repeat(20_000)), 414, "target-too-long", true),
        (headers(MOST_HEADERS), 200, "", false),
        (headers(MOST_HEADERS + 1), 431, "headers-too-large", true),
        (format!("{}a: {}\r\n\r\n", get(""), "b".repeat(40_000)), 431, "headers-too-large", true),
        (body(65_536, "") + &"x".repeat(65_536), 401, "unauthenticated", false),
        (body(65_537, "") + &"x".repeat(65_537), 413, "too-large", false),
        (body(1_000_000_000, ""), 413, "too-large", true),
        (body(100_000, "expect: 100-continue\r\n"), 413, "too-large", true),
        (chunks(65_536), 405, "method-not-allowed", false),
        (chunks(65_536 + 1024), 413, "too-large", false),
        (chunks(3 << 20), 413, "too-large", true),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), 400, "malformed-request", true),
        (
            "GET http://x/services/presets/ HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
            400,
            "malformed-request",
            true,
        ),
        ("\u{16}\u{3}\u{1}\0\u{1}".to_owned(), 400, "malformed-request", true),
    ];
    for (n, (request, status, kind, closes)) in cases.into_iter().enumerate() {
        let mut wire = Wire::to(&service);
        // Half of it may be refused before the other half is sent.
        let _ = wire.0.get_mut().write_all(request.as_bytes());
        let answer = wire.hears();
        if status == 200 {
            assert_eq!(answer.status, 200, "{n}: {answer:?}");
        } else {
            assert_problem(&answer, status, kind);
        }
        assert_eq!(answer.header("connection") == Some("close"), closes, "{n}: {answer:?}");
        if closes {
            wire.ends();
        } else {
            assert_eq!(wire.gets(LIVE).status, 200, "{n}");
        }
    }
}

#[tokio::test]
async fn whoever_asks_before_sending_is_told() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    let mut wire = Wire::to(&service);
    let body = form("alice").to_string();
    wire.says(
        format!(
            "POST {PREFIX}api/v1/hub/form HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {SECRET}\r\n\
             content-type: application/json\r\nexpect: 100-continue\r\ncontent-length: {}\r\n\r\n",
            body.len()
        )
        .as_bytes(),
    );
    assert_eq!(wire.hears().status, 100);
    wire.says(body.as_bytes());
    assert_eq!(wire.hears().status, 200);
}

#[tokio::test]
async fn an_early_refusal_leaves_the_connection_in_order() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    let rounds = 50;
    let secret = format!("authorization: Bearer {SECRET}\r\n");
    let path = format!("{PREFIX}api/v1/hub/form");
    let cases: [(&str, &str, &str, usize, u16); 6] = [
        ("POST", &path, &secret, 1_000_000, 413),
        ("POST", &path, "", 60_000, 401),
        ("POST", "/services/presets/nothing", "", 60_000, 404),
        ("POST", &path, &secret, 60_000, 415),
        ("DELETE", &path, &secret, 60_000, 405),
        ("POST", "/services/presets/nothing", "", 1_000_000, 413),
    ];
    let mut wire = Wire::to(&service);
    for round in 0..rounds {
        for (method, path, header, size, status) in cases {
            let head =
                format!("{method} {path} HTTP/1.1\r\nhost: x\r\n{header}content-length: {size}\r\n\r\n");
            wire.says(head.as_bytes());
            wire.says(&vec![b'z'; size]);
            let answer = wire.hears();
            assert_eq!((answer.status, answer.header("connection")), (status, None), "{round}: {answer:?}");
            assert_eq!(wire.gets(LIVE).json()["status"], "alive", "{round}: after {status}");
        }
    }
}

#[tokio::test]
async fn only_plain_paths_below_the_prefix_exist() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    let mut wire = Wire::to(&service);
    for path in [
        "/",
        "/services/presetsX/",
        "/services/presetsX/api/v1/health/live",
        "//services/presets/",
        "/services//presets/",
        "/services/./presets/",
        "/services/x/../presets/",
        "/services%2Fpresets/",
        "/services%2fpresets%2fapi%2fv1/health/live",
        "/services/%70resets/",
        "/services/presets//api/v1/health/live",
        "/services/presets/./api/v1/health/live",
        "/services/presets/api/../api/v1/health/live",
        "/services/presets/api/v1/health/live/",
        "/services/presets/api/v1/health/%6cive",
        "/services/presets/api/v1/health%2Flive",
        "/services/presets/api/v1%5chealth/live",
        "/services/presets/api/v1/health/live%00",
        "/services/presets/%2e%2e/presets/api/v1/health/live",
        "/services/presets/..%2f..%2fhub/home",
        "/services/presets/assets/",
        "/services/presets/assets/..%2fassets",
    ] {
        assert_problem(&wire.gets(path), 404, "not-found");
    }
    let answer = wire.gets("/services/presets");
    assert_eq!((answer.status, answer.header("location")), (308, Some(PREFIX)));
    assert_eq!(wire.gets(&format!("{LIVE}?%2e%2e%2f=%00//./")).status, 200);
}

#[tokio::test]
async fn what_anybody_can_write_into_a_header_changes_nothing() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    let mut wire = Wire::to(&service);
    for header in [
        "x-http-method-override: POST",
        "x-http-method: POST",
        "x-method-override: DELETE",
        "x-original-url: /services/presets/nothing",
        "x-rewrite-url: /services/presets/nothing",
        "x-forwarded-host: evil.example",
        "x-forwarded-proto: https",
        "x-forwarded-prefix: /evil",
        "forwarded: for=1.1.1.1;host=evil.example",
        "x-real-ip: 10.0.0.1",
        "x-remote-user: admin",
        "upgrade: websocket",
        "upgrade: h2c",
        "te: trailers",
    ] {
        for (path, status) in [(LIVE, 200), ("/services/presets", 308)] {
            wire.says(format!("GET {path} HTTP/1.1\r\nhost: evil.example\r\n{header}\r\n\r\n").as_bytes());
            let answer = wire.hears();
            assert_eq!(answer.status, status, "{header}: {answer:?}");
            assert!(!format!("{answer:?}").contains("evil"), "{header}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_head_request_gets_the_head() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    let mut wire = Wire::to(&service);
    wire.says(
        format!("HEAD {LIVE} HTTP/1.1\r\nhost: x\r\n\r\nGET {LIVE} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes(),
    );
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        wire.0.read_line(&mut head).unwrap();
    }
    assert!(head.starts_with("HTTP/1.1 200") && head.contains("content-length: 18"), "{head}");
    assert_eq!(wire.hears().json()["status"], "alive");
}

#[tokio::test]
async fn every_method_that_is_not_understood_is_told_which_is() {
    let scratch = Scratch::sqlite();
    let service = start(&scratch);
    for method in ["TRACE", "OPTIONS", "PATCH", "PROPFIND", "BREW", "CONNECT"] {
        let mut wire = Wire::to(&service);
        wire.says(format!("{method} {LIVE} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes());
        let answer = wire.hears();
        assert_problem(&answer, 405, "method-not-allowed");
        assert_eq!(answer.header("allow"), Some("GET"), "{method}");
    }
}

#[tokio::test]
async fn any_prefix_works_however_it_is_written() {
    for (prefix, look_alike) in [
        ("/", "/api/v1/health/live/x"),
        ("/presets/", "/presets2/"),
        ("/jh/services/presets/", "/services/presets/"),
        ("/jh%20space/services/presets/", "/jh+space/services/presets/"),
        ("/%C3%BCbung/services/%E2%82%AC/", "/%FCbung/services/%E2%82%AC/"),
        ("/a.b~c-d_e/+/@x/", "/a.b~c-d_e/%2B/@x/"),
    ] {
        let scratch = Scratch::sqlite();
        let service = Running::below(prefix, Store::open(&scratch.url(), 4), SITE, GROUPS);
        let mut wire = Wire::to(&service);
        assert_eq!(wire.gets(&format!("{prefix}api/v1/health/live")).status, 200, "{prefix}");
        assert_eq!(wire.gets(prefix).status, 200, "{prefix}");
        if prefix != "/" {
            let answer = wire.gets(prefix.trim_end_matches('/'));
            assert_eq!((answer.status, answer.header("location")), (308, Some(prefix)));
        }
        assert_problem(&wire.gets(look_alike), 404, "not-found");
        assert_problem(&wire.gets(&format!("{prefix}assets/none.css")), 404, "not-found");
        wire.says(
            format!("POST {prefix}api/v1/hub/form HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {SECRET}\r\n\
                     content-type: application/json\r\ncontent-length: 31\r\n\r\n{{\"protocol\":1,\"user\":\"alice\"  }}")
                .as_bytes(),
        );
        let form: Json = wire.hears().json();
        assert!(form["html"].is_string(), "{prefix}: {form}");
    }
}

#[test]
fn a_connection_is_kept_longer_than_any_proxy_keeps_it() {
    // The proxy never closes: what it sends into a connection that we are closing is lost (requirement R47).
    assert!(Deadlines::default().idle >= Duration::from_secs(75));
}

#[tokio::test]
async fn a_letter_of_a_path_written_in_another_way_gets_nobody_in() {
    let service = start_hasty();
    let operations = super::description::operations();
    for (operation, _) in &operations {
        let (method, pattern) = operation.split_once(' ').unwrap();
        let last = pattern.rsplit('/').find(|step| !step.starts_with('{')).unwrap();
        // Where an id may stand, it may be written so: whoever is led on by it is asked who they are all the same.
        let (before, after) = pattern.split_once(&format!("/{last}")).unwrap();
        let may_be_an_id = |other: &str| {
            let rest = other.strip_prefix(before).and_then(|rest| rest.strip_prefix("/{"));
            rest.and_then(|rest| rest.split_once('}')).is_some_and(|(_, rest)| rest == after)
        };
        let is_id = operations.iter().any(|(other, _)| may_be_an_id(other.split_once(' ').unwrap().1));
        let odd = format!("/%{:02x}{}", last.as_bytes()[0], &last[1..]);
        let path = pattern.replacen(&format!("/{last}"), &odd, 1).replace(['{', '}'], "");
        let answer = service.send(method, &format!("{}{path}", PREFIX.trim_end_matches('/')), &[], "");
        let told = if is_id { [401, 405].contains(&answer.status) } else { answer.status == 404 };
        assert!(told, "{method} {path}: {answer:?}");
    }
}

//! The rights matrix of the pages: every page the server routes to, asked by everybody, answers as `matrix.yaml` says.

use std::collections::{BTreeMap, BTreeSet};
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::{self, ServiceConfig};
use chrono::TimeDelta;
use jupyterhub_presets::api::caller::Gate;
use jupyterhub_presets::api::description::PATHS;
use jupyterhub_presets::api::server;
use jupyterhub_presets::clock::{Clock as _, SetClock, SystemClock};
use jupyterhub_presets::config::secret::HubSecrets;
use jupyterhub_presets::pages;
use jupyterhub_presets::render::assets;
use jupyterhub_presets::store::Store;
use serde::Deserialize;

use super::{Browser, grants, hub, knows, serve_by};
use crate::running::{PREFIX, Running, SECRET, desk, doors};
use crate::scratch::Scratch;
use crate::scripted_hub::ACCESS;

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
/// Where the server of these tests tells what it routes to.
const WITNESS: &str = "witness-of-the-routes";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Matrix {
    principals: Vec<String>,
    pages: BTreeMap<String, Row>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    get: Vec<u16>,
    post: Option<Vec<u16>>,
    other: u16,
}

impl Row {
    /// What `method` is answered, for each principal.
    fn statuses(&self, method: &str, principals: usize) -> Vec<u16> {
        let named = match method {
            "GET" => Some(&self.get),
            "POST" => self.post.as_ref(),
            _ => None,
        };
        named.cloned().unwrap_or_else(|| vec![self.other; principals])
    }
}

fn matrix() -> Matrix {
    serde_saphyr::from_str(include_str!("matrix.yaml")).unwrap()
}

/// A file that pages refer to; none where the frontend was not built.
fn stylesheet() -> Option<String> {
    assets::name_of("fragment", "css")
}

/// The path of a page, as a browser asks for it.
fn path_of(page: &str) -> String {
    let name = stylesheet().unwrap_or_else(|| "missing.css".to_owned());
    let path = page.replace("{name}", &name).replace("{page}", "nowhere");
    assert!(!path.contains('{'), "{page}: say here what its parameters are given");
    format!("{}{path}", root())
}

fn root() -> &'static str {
    PREFIX.trim_end_matches('/')
}

/// Every pattern the server routes by, as actix holds it once all are registered: pages, files and API.
fn registered() -> BTreeSet<String> {
    async fn tells(request: HttpRequest) -> String {
        format!("{:?}", request.resource_map())
    }
    fn with_a_witness(config: &mut ServiceConfig, prefix: &str) {
        config.route(&format!("{prefix}/{WITNESS}"), web::get().to(tells));
        pages::routes(config, prefix);
    }
    let scratch = Scratch::sqlite();
    let store = Store::open(&scratch.url(), 1);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (life, end) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let desk = desk(PREFIX, store, vec![], Arc::new(SystemClock));
            let gate = Gate::new(HubSecrets::read(SECRET).unwrap(), None);
            let end = async { drop(end.await) };
            server::serve(doors(listener), desk, gate, with_a_witness, end).await.unwrap();
        });
    });
    let told = Running::ask(address, "GET", &format!("{PREFIX}{WITNESS}"), &[], "");
    drop(life);
    assert_eq!(told.status, 200, "{told:?}");
    assert!(!told.body.contains("patterns: List("), "a route of several patterns is not read here: {told:?}");
    let patterns = told.body.split("patterns: Single(\"").skip(1).map(|rest| rest.split('"').next().unwrap());
    let ours = format!("{PREFIX}{WITNESS}");
    // The empty one is the application's own.
    patterns.filter(|pattern| !pattern.is_empty() && *pattern != ours).map(str::to_owned).collect()
}

#[tokio::test]
async fn every_page_has_its_row_and_every_row_its_page() {
    let matrix = matrix();
    for (page, row) in &matrix.pages {
        for method in METHODS {
            let statuses = row.statuses(method, matrix.principals.len());
            assert_eq!(statuses.len(), matrix.principals.len(), "{page:?}: a status for each principal");
        }
    }
    let (below, beside): (BTreeSet<String>, BTreeSet<String>) =
        registered().into_iter().partition(|pattern| pattern.starts_with(root()));
    let api = format!("{PREFIX}api/v1");
    let pages: BTreeSet<String> = below.into_iter().filter(|pattern| *pattern != api).collect();
    let rows: BTreeSet<String> = matrix.pages.keys().map(|page| format!("{}{page}", root())).collect();
    assert_eq!(pages, rows, "left: the pages that are registered; right: the rows of matrix.yaml");
    // What else there is, is written from the API's scope on, and has its rows in the matrix of the API.
    let described: BTreeSet<String> =
        PATHS.patterns().map(|path| path.trim_start_matches("/api/v1").to_owned()).collect();
    assert_eq!(beside, described, "left: what else is registered; right: what the description knows");
}

#[tokio::test]
async fn everybody_is_shown_what_the_matrix_says() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let clock = Arc::new(SetClock::at(SystemClock.now()));
    let service = serve_by(&scratch, &hub, clock.clone());
    let signed_in = |token: &str, name: &str, scopes: &[&str]| {
        knows(&hub, token, name, scopes);
        grants(&hub, token);
        let mut browser = Browser::at_the_hub();
        browser.signs_in(&service);
        browser
    };
    let people = BTreeMap::from([
        ("nobody", (Browser::default(), None)),
        ("stranger", (Browser::default(), Some("Bearer fallen-token"))),
        ("fallen", (signed_in("fallen-token", "carol", &[ACCESS]), None)),
        ("person", (signed_in("alice-token", "alice", &[ACCESS]), None)),
        ("admin", (signed_in("admin-token", "bob", &[ACCESS, "custom:presets:admin"]), None)),
    ]);
    knows(&hub, "fallen-token", "carol", &["access:servers"]);
    clock.set(clock.now() + TimeDelta::seconds(31)); // beyond what is remembered of the hub's word
    let matrix = matrix();
    let mut strays = Vec::new();
    for (page, row) in &matrix.pages {
        for method in METHODS {
            let statuses = row.statuses(method, matrix.principals.len());
            for (principal, expected) in matrix.principals.iter().zip(statuses) {
                let (browser, token) = &people[principal.as_str()];
                let mut headers = vec![("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")];
                headers.extend(token.map(|token| ("authorization", token)));
                let mut body = "";
                if method != "GET" {
                    headers.push(("content-type", "application/x-www-form-urlencoded"));
                    body = "csrf=none";
                }
                let answer = browser.clone().asks(&service, method, &path_of(page), &headers, body);
                let missing = page == "/assets/{name}" && method == "GET" && stylesheet().is_none();
                let expected = if missing { 404 } else { expected };
                if answer.status != expected {
                    let (is, said) = (answer.status, answer.body);
                    strays.push(format!(
                        "{method} {page:?} as {principal}: {is} instead of {expected}: {said}"
                    ));
                }
            }
        }
    }
    assert!(strays.is_empty(), "\n{}\n", strays.join("\n"));
    for principal in ["person", "admin"] {
        let (mut browser, _) = people[principal].clone();
        assert!(browser.is_signed_in(&service), "{principal} was logged out by one of these");
    }
}

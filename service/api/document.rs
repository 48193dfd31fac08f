//! The description of the API as a whole: what stands around the operations, and what they share.

use std::collections::BTreeMap;

use utoipa::Modify;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{AllOfBuilder, Type};
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{
    ContentBuilder, Header, ObjectBuilder, OpenApi, Ref, RefOr, Response, ResponseBuilder,
};

use super::problem::{Kind, Problem, Responses};

/// The description, as it is served and shown.
pub type Document = OpenApi;

/// Everything of the document that is no operation.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "jupyterhub-presets",
        description = "Spawn presets per person, group and training event, beside a JupyterHub.\n\n\
            Errors are problems (RFC 9457, `application/problem+json`): their `type` never changes, their \
            `detail` says what to do. A path that is called with a method it does not understand answers \
            405 with `Allow`. Every answer carries `X-Request-Id`.",
        license(name = "BSD-3-Clause", identifier = "BSD-3-Clause")
    ),
    servers((url = "/services/presets", description = "Where the hub puts the service by default")),
    tags(
        (name = "about", description = "This description"),
        (name = "health", description = "Whether the service lives and serves"),
        (name = "me", description = "What is one's own: who one is, preferences, what one started last"),
        (name = "presets", description = "Named starts, of the site, of a group, of an event, of a person"),
        (name = "groups", description = "The groups one is in, and what they offer"),
        (name = "events", description = "Courses, workshops and hackathons: when, for whom, with which limits"),
        (name = "catalogue", description = "What the site offers, and its versions"),
        (name = "records", description = "What was changed and decided, by whom and why"),
        (name = "people", description = "What is kept about a person: export and erasure"),
        (name = "hub", description = "What the hub's plugin asks when somebody starts a server"),
    ),
    components(schemas(Problem)),
    modifiers(&Schemes)
)]
pub struct Described;

/// How callers say who they are.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut OpenApi) {
        let bearer = |about: &str| {
            let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(about));
            SecurityScheme::Http(scheme.build())
        };
        let key = |name: &str, about: &str| ApiKeyValue::with_description(name, about);
        let components = document.components.get_or_insert_default();
        let schemes = [
            ("hub", bearer("The secret that service and hub plugin share.")),
            (
                "token",
                bearer(
                    "A token of the hub, for a person or a service, that may access this service \
                     (`access:services!service=NAME`). Where an operation names scopes, the token needs one \
                     of them, or `custom:presets:admin`.",
                ),
            ),
            (
                "session",
                SecurityScheme::ApiKey(ApiKey::Cookie(key(
                    "__Secure-presets-presets",
                    "The session of somebody who signed in with the browser; ends in the service's name.",
                ))),
            ),
            (
                "csrf",
                SecurityScheme::ApiKey(ApiKey::Header(key(
                    "X-CSRF-Token",
                    "Goes with the session wherever something changes; the pages hold it.",
                ))),
            ),
        ];
        for (name, scheme) in schemes {
            components.add_security_scheme(name, scheme);
        }
    }
}

/// Headers that mean the same wherever they are named.
const HEADERS: [(&str, &str); 6] = [
    ("Allow", "The methods that this path understands"),
    ("ETag", "The version, in quotation marks, for `If-Match` or `If-None-Match`"),
    ("Idempotency-Replayed", "`true` where this is the stored answer to an earlier request of the same key"),
    ("Location", "Where what was made is found"),
    ("Retry-After", "Seconds after which it is worth trying again"),
    ("WWW-Authenticate", "`Bearer`: send a token of the hub"),
];

/// The headers a problem of this status comes with.
const fn headers_with(status: u16) -> &'static [&'static str] {
    match status {
        401 => &["WWW-Authenticate"],
        412 => &["ETag"],
        429 | 503 => &["Retry-After"],
        _ => &[],
    }
}

/// A problem among an operation's responses, until [`finish`] merges those of one status.
pub fn entry(kind: &Kind) -> [(String, RefOr<Response>); 1] {
    let response = ResponseBuilder::new().description(kind.title).build();
    [(format!("{} {}", kind.status.as_str(), kind.kind), RefOr::T(response))]
}

/// Merges the problems of each operation by status, and adds what follows from what it says.
pub fn finish(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for (changes, operation) in operations(item) {
            let responses = std::mem::take(&mut operation.responses.responses);
            operation.responses.responses = merged(responses);
            if let Some(security) = &mut operation.security {
                let takes_tokens = security.iter().any(|one| {
                    serde_json::to_value(one).is_ok_and(|requirement| requirement.get("token").is_some())
                });
                // A session is a token that the service keeps: it opens what its token opens.
                let session = SecurityRequirement::new("session", NONE);
                match (takes_tokens, changes) {
                    (true, true) => security.push(session.add("csrf", NONE)),
                    (true, false) => security.push(session),
                    (false, _) => {}
                }
            }
        }
    }
}

const NONE: [&str; 0] = [];

/// Each operation of a path, and whether its method is one that changes things.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let PathItem { get, post, put, patch, delete, .. } = item;
    [(false, get), (true, post), (true, put), (true, patch), (true, delete)]
        .into_iter()
        .filter_map(|(changes, operation)| Some((changes, operation.as_mut()?)))
}

fn merged(collected: Responses) -> Responses {
    let mut responses = Responses::new();
    let mut problems: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (key, response) in collected {
        match (key.split_once(' '), response) {
            (Some((status, kind)), RefOr::T(entry)) => {
                problems.entry(status.to_owned()).or_default().push((kind.to_owned(), entry.description));
            }
            (_, mut response) => {
                if let RefOr::T(response) = &mut response {
                    explain_headers(response);
                }
                responses.insert(key, response);
            }
        }
    }
    for (status, kinds) in problems {
        let problem = RefOr::T(Response::new(""));
        if let RefOr::T(response) = responses.entry(status.clone()).or_insert(problem) {
            add_problems(response, &status, &kinds);
        }
    }
    responses
}

/// One response for all problems of a status; there may be another answer of that status beside them.
fn add_problems(response: &mut Response, status: &str, kinds: &[(String, String)]) {
    let titles: Vec<String> =
        kinds.iter().map(|(kind, title)| format!("{title} (`{}`).", short(kind))).collect();
    let titles = titles.join(" ");
    response.description = match response.description.as_str() {
        "" => titles,
        answer => format!("{}. {titles}", answer.trim_end_matches('.')),
    };
    let kind = ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(kinds.iter().map(|(kind, _)| kind.as_str())));
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name("Problem"))
        .item(ObjectBuilder::new().property("type", kind));
    let content = ContentBuilder::new().schema(Some(schema)).build();
    response.content.insert("application/problem+json".to_owned(), content.into());
    let status = status.parse().unwrap_or_default();
    for name in headers_with(status) {
        response.headers.insert((*name).to_owned(), Header::default().into());
    }
    explain_headers(response);
}

/// `not-found` of `/problems/not-found`.
pub fn short(kind: &str) -> &str {
    kind.rsplit('/').next().unwrap_or(kind)
}

fn explain_headers(response: &mut Response) {
    for (name, header) in &mut response.headers {
        let meaning = HEADERS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        if let (RefOr::T(header), Some((_, meaning))) = (header, meaning) {
            header.description.get_or_insert_with(|| (*meaning).to_owned());
        }
    }
}

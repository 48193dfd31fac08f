//! Pages as they are sent: their headers, and what is said where there is no page.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, AUTHORIZATION, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, LOCATION, REFERRER_POLICY,
    RETRY_AFTER,
};
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse, HttpResponseBuilder, ResponseError as _, web};

use crate::api::caller::Gate;
use crate::api::observe::RequestId;
use crate::api::problem::Problem;
use crate::api::refusals::Refused;
use crate::desk::Desk;
use crate::render::page::{self, Message, Shell};

const FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");

/// What every page needs to know of where it stands.
pub struct Place<'a> {
    pub request: &'a HttpRequest,
    pub desk: &'a web::Data<Desk>,
    pub gate: &'a web::Data<Gate>,
}

impl<'a> Place<'a> {
    /// # Panics
    /// Outside the server, which puts both there.
    pub fn of(request: &'a HttpRequest) -> Self {
        let (desk, gate) = (request.app_data(), request.app_data());
        Self {
            request,
            desk: desk.expect("the server has a desk"),
            gate: gate.expect("the server has a gate"),
        }
    }

    pub fn prefix(&self) -> &'a str {
        &self.desk.get_ref().prefix
    }

    /// Where browsers find the hub's pages; a guess where we were not told of the hub.
    pub fn hub_pages(&self) -> String {
        self.gate.hub.as_ref().map_or_else(|| "/hub/".to_owned(), |hub| hub.pages())
    }

    /// Around a page for nobody in particular.
    pub fn shell(&self) -> Shell {
        Shell { prefix: self.prefix().to_owned(), hub: self.hub_pages(), person: None, csrf: None }
    }

    /// Whom to ask, in a sentence.
    pub fn contact(&self) -> String {
        self.desk.contact()
    }

    /// A page of ours (requirement R122).
    pub fn page(&self, status: StatusCode, html: String) -> HttpResponse {
        self.with_policy(status).content_type("text/html; charset=utf-8").body(html)
    }

    /// A page that says what went wrong, and how to go on.
    pub fn message(&self, status: StatusCode, message: Message) -> HttpResponse {
        let id = self.request.extensions().get::<RequestId>().map(ToString::to_string);
        let message = Message { request_id: id.filter(|_| !status.is_success()), ..message };
        let mut response = self.page(status, page::message(&message, &self.shell()));
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, 5.into());
        }
        response
    }

    /// The same for somebody who is refused: the audit hears of it.
    pub fn refusal(&self, problem: &Problem, message: Message) -> HttpResponse {
        let mut response = self.message(StatusCode::FORBIDDEN, message);
        response.extensions_mut().insert(Refused(problem.clone()));
        response
    }

    /// Somewhere else; `address` is ours or the hub's, and plain.
    pub fn redirect(&self, status: StatusCode, address: &str) -> HttpResponse {
        self.with_policy(status).insert_header((LOCATION, address)).finish()
    }

    fn with_policy(&self, status: StatusCode) -> HttpResponseBuilder {
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
             form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
             report-uri {}security/csp-report",
            self.hub_pages()
        );
        let mut response = HttpResponse::build(status);
        response.insert_header((CONTENT_SECURITY_POLICY, policy));
        response.insert_header((REFERRER_POLICY, "same-origin"));
        response
    }

    /// What stands in a page's place for somebody who may not see it, or not now.
    pub fn instead(&self, problem: &Problem) -> HttpResponse {
        if !is_navigation(self.request.headers()) {
            return problem.error_response();
        }
        let detail = problem.detail.clone().unwrap_or_default().into_owned();
        let again = Some(("Try again".to_owned(), self.request.path().to_owned()));
        let said = |title: &str, paragraphs: Vec<String>| Message {
            title: title.to_owned(),
            paragraphs,
            button: again.clone(),
            ..Message::default()
        };
        let message = match problem.kind {
            "/problems/forbidden" => return self.not_admitted(None, problem),
            "/problems/other-account" => Message {
                button: Some(("Open the hub’s start page".to_owned(), format!("{}spawn", self.hub_pages()))),
                ..said(
                    "Somebody had your name before",
                    vec![
                        "What is kept here under your name was saved by an earlier account of that name at the hub. Once you have opened the hub’s page to start a server, it is set aside, and this page is yours.".into(),
                        format!("If that account was yours, {} can give it back to you.", self.contact()),
                    ],
                )
            },
            "/problems/hub-away" => said(
                "The hub is not answering",
                vec!["Nobody can be let in while the hub can’t say who is asking. This passes: try again in a minute.".into()],
            ),
            "/problems/sign-in-not-configured" => Message {
                button: None,
                ..said(
                    "Nobody can sign in here yet",
                    vec![
                        "This service was not told of its hub. Your presets work all the same on the hub’s own page, where you start a server.".into(),
                        format!("For {}: {detail}", self.contact()),
                    ],
                )
            },
            "/problems/unavailable" => said(
                "Your presets can’t be shown right now",
                vec!["The database is not answering. This passes: try again in a minute.".into()],
            ),
            _ => said("This did not work", vec![detail]),
        };
        match StatusCode::from_u16(problem.status) {
            Ok(StatusCode::FORBIDDEN) => self.refusal(problem, message),
            status => self.message(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), message),
        }
    }

    /// For a form that no page of this session sent: most often one that was shown long ago.
    pub fn open_too_long(&self, problem: &Problem) -> HttpResponse {
        if !is_navigation(self.request.headers()) {
            return problem.error_response();
        }
        let message = Message {
            title: "This page was open too long".to_owned(),
            paragraphs: vec![
                "Nothing was changed. Go back, load it again, and repeat what you did.".to_owned(),
                format!("If that does not help, tell {}.", self.contact()),
            ],
            button: Some(("My presets".to_owned(), self.prefix().to_owned())),
            ..Message::default()
        };
        self.refusal(problem, message)
    }

    /// For somebody who followed a link to nothing.
    pub fn nowhere(&self) -> HttpResponse {
        let message = Message {
            title: "There is no such page".to_owned(),
            paragraphs: vec!["The address may be mistyped, or the link may be old.".to_owned()],
            button: Some(("My presets".to_owned(), self.prefix().to_owned())),
            ..Message::default()
        };
        self.message(StatusCode::NOT_FOUND, message)
    }

    /// For somebody the hub knows, and has not let in here.
    pub fn not_admitted(&self, name: Option<&str>, problem: &Problem) -> HttpResponse {
        let service = self.gate.hub.as_ref().map_or("presets", |hub| hub.settings.service.as_str());
        let who = name.map(|name| format!(" ({name})")).unwrap_or_default();
        let message = Message {
            title: "You may not use this service".to_owned(),
            paragraphs: vec![
                format!(
                    "The hub knows you{who}, but your account there does not have the permission access:services!service={service}."
                ),
                format!("Ask {} to add it.", self.contact()),
            ],
            button: Some(("Back to the hub".to_owned(), format!("{}home", self.hub_pages()))),
            link: Some(("Log in as somebody else".to_owned(), format!("{}logout", self.hub_pages()))),
            request_id: None,
        };
        self.refusal(problem, message)
    }
}

/// Whether somebody goes to a page, rather than a program asking for it.
pub fn is_navigation(headers: &HeaderMap) -> bool {
    match headers.get(FETCH_MODE) {
        Some(mode) => mode == "navigate",
        None => accepts(headers, "text/html"),
    }
}

/// Whether the browser itself says so, with nobody's script in between (requirement R24).
pub fn is_certainly_navigation(request: &HttpRequest) -> bool {
    request.headers().get(FETCH_MODE).is_some_and(|mode| mode == "navigate")
}

/// Whether it is only asked whether we are there: no browser, nobody in particular, no wish.
pub fn is_probe(request: &HttpRequest) -> bool {
    let named = [FETCH_MODE, AUTHORIZATION].iter().any(|name| request.headers().contains_key(name));
    let headers = request.headers();
    !named && !accepts(headers, "text/html") && !accepts(headers, "application/json")
}

fn accepts(headers: &HeaderMap, kind: &str) -> bool {
    let mut accepted = headers.get_all(ACCEPT).filter_map(|value| value.to_str().ok());
    accepted.any(|value| value.contains(kind))
}

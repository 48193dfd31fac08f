//! What a cookie alone can do: look. And the headers that keep pages to themselves.

use super::{Browser, SESSION, grants, hub, is_refusal, is_the_refusal, knows, refusals, serve, set_cookies};
use crate::running::{Answer, PREFIX, Running};
use crate::scratch::Scratch;
use crate::scripted_hub::ACCESS;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");
const OURS: (&str, &str) = ("sec-fetch-site", "same-origin");

/// What the page gives its own forms.
fn token_of(browser: &mut Browser, service: &Running) -> String {
    let page = browser.goes_to(service, "").body;
    let (_, rest) = page.split_once("name=\"csrf\" value=\"").unwrap_or_else(|| panic!("{page}"));
    rest[..rest.find('"').unwrap()].to_owned()
}

fn logs_out(browser: &mut Browser, service: &Running, headers: &[(&str, &str)], body: &str) -> Answer {
    browser.asks(service, "POST", &format!("{PREFIX}logout"), headers, body)
}

#[tokio::test]
async fn a_form_is_sent_by_our_page_or_not_at_all() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    browser.signs_in(&service);
    let token = token_of(&mut browser, &service);
    let (right, wrong) = (format!("csrf={token}"), format!("csrf={}", "0".repeat(64)));
    let text = ("content-type", "text/plain");
    let theirs = ("sec-fetch-site", "same-site");
    for headers in [[FORM, OURS], [FORM, theirs], [text, OURS], [text, theirs]] {
        for body in [&right, &wrong] {
            if headers == [FORM, OURS] && *body == right {
                continue;
            }
            let answer = logs_out(&mut browser, &service, &headers, body);
            let expected = if headers[0] == FORM { 403 } else { 415 };
            assert_eq!(answer.status, expected, "{headers:?} {body}: {answer:?}");
            assert!(browser.is_signed_in(&service), "{headers:?} {body}");
        }
    }
    for (headers, body) in [
        (&[FORM][..], right.as_str()),
        (&[FORM, OURS], ""),
        (&[FORM, OURS], "csrf="),
        (&[FORM, OURS, ("x-csrf-token", token.as_str())], ""),
    ] {
        assert_eq!(logs_out(&mut browser, &service, headers, body).status, 403, "{headers:?} {body}");
    }
    let answer = logs_out(&mut browser, &service, &[FORM, OURS], &right);
    assert_eq!((answer.status, answer.header("location")), (303, Some("/services/presets/logout")));
}

#[tokio::test]
async fn a_token_is_good_for_its_own_session_only() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut alice = Browser::at_the_hub();
    alice.signs_in(&service);
    let mut mallory = Browser::at_the_hub();
    mallory.signs_in(&service);
    let body = format!("csrf={}", token_of(&mut mallory, &service));
    assert_eq!(logs_out(&mut alice, &service, &[FORM, OURS], &body).status, 403);
    assert!(alice.is_signed_in(&service));
}

#[tokio::test]
async fn the_api_takes_json_from_our_pages_and_nothing_else() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    knows(&hub, "robot-token", "root", &[ACCESS, "custom:presets:resolve"]);
    grants(&hub, "robot-token");
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    browser.signs_in(&service);
    let token = token_of(&mut browser, &service);
    let (right, wrong) = (("x-csrf-token", token.as_str()), ("x-csrf-token", "00"));
    let body = r#"{"protocol":1,"user":"alice"}"#;
    let theirs = ("sec-fetch-site", "cross-site");
    let path = format!("{PREFIX}api/v1/hub/form");
    let mut passed = 0;
    for kind in [JSON, FORM] {
        for site in [OURS, theirs] {
            for proof in [right, wrong] {
                let status = browser.asks(&service, "POST", &path, &[kind, site, proof], body).status;
                let all = (kind, site, proof) == (JSON, OURS, right);
                assert_eq!(status == 200, all, "{kind:?} {site:?} {proof:?}: {status}");
                passed += usize::from(status == 200);
            }
        }
    }
    assert_eq!(passed, 1);
    let bearer = [("authorization", "Bearer robot-token"), JSON];
    assert_eq!(browser.asks(&service, "POST", &path, &bearer, body).status, 200, "a token needs no more");
}

#[tokio::test]
async fn scripts_that_fetch_a_page_find_no_token_in_it() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    browser.signs_in(&service);
    for headers in [
        &[("sec-fetch-mode", "cors")][..],
        &[("sec-fetch-mode", "same-origin")],
        &[("sec-fetch-mode", "no-cors")],
        &[("accept", "text/html")],
    ] {
        let answer = browser.asks(&service, "GET", PREFIX, headers, "");
        assert_eq!(answer.status, 200, "{answer:?}");
        assert!(!answer.body.contains("csrf"), "{headers:?}: {}", answer.body);
    }
    assert!(browser.goes_to(&service, "").body.contains("name=\"csrf\""));
}

#[tokio::test]
async fn logging_out_leaves_nothing_behind() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    browser.signs_in(&service);
    let mut copy = browser.clone();
    let body = format!("csrf={}", token_of(&mut browser, &service));
    let answer = logs_out(&mut browser, &service, &[FORM, OURS], &body);
    assert_eq!(answer.status, 303);
    assert_eq!(answer.header("clear-site-data"), Some("\"cache\""));
    assert!(set_cookies(&answer).iter().any(|set| set.starts_with(&format!("{SESSION}=;"))), "{answer:?}");
    assert!(!copy.is_signed_in(&service), "nor for whoever kept the cookie");
    let farewell = browser.goes_to(&service, "logout");
    assert_eq!(farewell.status, 200);
    assert!(farewell.body.contains("href=\"/hub/logout\""), "{}", farewell.body);
    assert_eq!(logs_out(&mut browser, &service, &[], "").status, 303, "twice is once");
}

#[tokio::test]
async fn every_page_keeps_itself_to_itself() {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
        connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
        require-trusted-types-for 'script'; report-uri /hub/security/csp-report";
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    let strays = [
        browser.goes_to(&service, "oauth_callback"),
        browser.goes_to(&service, "logout"),
        browser.goes_to(&service, "login"),
    ];
    browser.signs_in(&service);
    let pages = [browser.goes_to(&service, ""), browser.goes_to(&service, "token")];
    for answer in strays.iter().chain(&pages) {
        assert_eq!(answer.header("content-security-policy"), Some(POLICY), "{answer:?}");
        for (name, value) in [
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{answer:?}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), None);
    }
    for answer in &pages {
        assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
    }
    assert_eq!(strays[0].header("referrer-policy"), Some("no-referrer"), "its address held a code");
    for (path, allow) in [("", "GET"), ("login", "GET"), ("token", "GET"), ("logout", "GET, POST")] {
        let answer = service.send("DELETE", &format!("{PREFIX}{path}"), &[], "");
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{answer:?}");
    }
}

#[tokio::test]
async fn a_request_without_the_pages_token_is_in_the_audit_with_whose_session_it_was_sent_in() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    browser.signs_in(&service);
    let route = format!("{PREFIX}api/v1/me/preferences");
    let refused = browser.asks(&service, "PUT", &route, &[JSON, ("if-match", "\"0\"")], "{}");
    assert_eq!(refused.status, 403, "{refused:?}");
    is_the_refusal(&service, "alice", &format!("PUT {route}"), &refused).await;
}

#[tokio::test]
async fn a_form_of_an_old_page_is_told_so_and_is_in_the_audit_with_whose_session_it_was_sent_in() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    browser.signs_in(&service);
    let old = format!("csrf={}", "0".repeat(64));
    let page = logs_out(&mut browser, &service, &[FORM, OURS, ("sec-fetch-mode", "navigate")], &old);
    assert_eq!((page.status, page.header("content-type")), (403, Some("text/html; charset=utf-8")));
    assert!(page.body.contains("This page was open too long"), "{}", page.body);
    assert!(!page.body.contains("You may not use this service"), "{}", page.body);
    let problem = logs_out(&mut browser, &service, &[FORM, OURS], &old);
    assert_eq!((problem.status, problem.header("content-type")), (403, Some("application/problem+json")));
    // A form of the wrong type is a mistake, not a refusal.
    assert_eq!(logs_out(&mut browser, &service, &[("content-type", "text/plain"), OURS], &old).status, 415);
    let found = refusals(&service).await;
    assert_eq!(found.len(), 2, "{found:?}");
    for (entry, answer) in found.iter().zip([&problem, &page]) {
        is_refusal(entry, "alice", &format!("POST {PREFIX}logout"), answer);
        let after = entry.after.as_ref().unwrap();
        assert!(
            after["problem"] == "forbidden" && after["detail"].to_string().contains("too old"),
            "{after}"
        );
    }
    assert!(browser.is_signed_in(&service));
}

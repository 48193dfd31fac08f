//! From a link to the hub and back: once, in one browser, and only where it may lead.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use jupyterhub_presets::clock::{Clock as _, SetClock, SystemClock};
use jupyterhub_presets::store::Store;
use jupyterhub_presets::store::audit::Actor;
use serde_json::json;

use super::{
    Browser, SESSION, exchanges, grants, hub, is_the_refusal, knows, refusals, serve, serve_by, set_cookies,
    state_in,
};
use crate::running::{PREFIX, Running};
use crate::scratch::Scratch;
use crate::scripted_hub::{ACCESS, ScriptedHub, http};

#[tokio::test]
async fn somebody_without_a_session_goes_to_the_login_and_comes_back_to_the_page() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    let answer = browser.goes_to(&service, "token");
    let login = format!("{PREFIX}login?next=%2Fservices%2Fpresets%2Ftoken");
    assert_eq!((answer.status, answer.header("location")), (302, Some(login.as_str())));
    let state = browser.begins(&service, "?next=%2Fservices%2Fpresets%2Ftoken");
    let answer = browser.returns(&service, &state);
    assert_eq!((answer.status, answer.header("location")), (302, Some("/services/presets/token")));
    assert!(browser.goes_to(&service, "token").body.contains("access:services!service=presets"));
    assert!(browser.goes_to(&service, "").body.contains("<strong>alice</strong>"));
}

#[tokio::test]
async fn the_hub_is_asked_exactly_what_it_expects() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    let answer = browser.goes_to(&service, "login");
    let location = answer.header("location").unwrap();
    let (address, query) = location.split_once('?').unwrap();
    assert_eq!(address, "/hub/api/oauth2/authorize");
    let keys: Vec<&str> = query.split('&').map(|pair| pair.split_once('=').unwrap().0).collect();
    let expected =
        ["client_id", "redirect_uri", "response_type", "state", "code_challenge", "code_challenge_method"];
    assert_eq!(keys, expected);
    assert!(query.contains("redirect_uri=%2Fservices%2Fpresets%2Foauth_callback&response_type=code&state="));
    assert!(query.ends_with("&code_challenge_method=S256"));
    let state = state_in(location);
    assert_eq!(state.len(), 64);
    browser.returns(&service, &state);
    let token = hub.heads().into_iter().find(|head| head.starts_with("POST ")).unwrap();
    assert!(token.to_lowercase().contains("content-type: application/x-www-form-urlencoded"), "{token}");
    assert!(!token.to_lowercase().contains("authorization"), "the hub refuses a token there: {token}");
}

#[tokio::test]
async fn cookies_are_secure_and_stay_on_our_path() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    let begun = browser.goes_to(&service, "login");
    let [login] = set_cookies(&begun)[..] else { panic!("{begun:?}") };
    assert!(login.starts_with("__Secure-presets-presets-login-"), "{login}");
    assert!(
        login.ends_with("; Path=/services/presets/; HttpOnly; SameSite=Lax; Secure; Max-Age=600"),
        "{login}"
    );
    let state = state_in(begun.header("location").unwrap());
    let done = browser.returns(&service, &state);
    let session = set_cookies(&done).into_iter().find(|set| set.starts_with(&format!("{SESSION}="))).unwrap();
    assert!(session.ends_with("; Path=/services/presets/; HttpOnly; SameSite=Lax; Secure"), "{session}");
    assert_eq!(browser.cookies[SESSION].len(), 64);
    assert!(browser.cookies.keys().all(|name| !name.contains("login")), "{:?}", browser.cookies);
}

#[tokio::test]
async fn a_callback_that_was_not_begun_here_asks_the_hub_nothing() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut alice = Browser::at_the_hub();
    let state = alice.begins(&service, "");
    let unknown = "ab".repeat(32);
    let mut mallory = Browser::at_the_hub();
    let foreign = mallory.begins(&service, "");
    for query in [
        String::new(),
        "?code=c0de".to_owned(),
        format!("?code=c0de&state={unknown}"),
        format!("?code=c0de&state={foreign}"),
        format!("?code=c0de&state={state}&state={state}"),
        format!("?code=c0de&state={}", &state[..63]),
        format!("?code=c0de&state={}", "x".repeat(64)),
        "?code=c0de&state=..%2f..".to_owned(),
        format!("?state={foreign}"),
        format!("?error=access_denied&state={foreign}"),
    ] {
        let answer = alice.goes_to(&service, &format!("oauth_callback{query}"));
        assert_eq!(answer.status, 403, "{query}: {answer:?}");
        assert!(answer.body.contains("was not completed"), "{answer:?}");
        assert!(
            !set_cookies(&answer).iter().any(|set| set.starts_with(&format!("{SESSION}="))),
            "{answer:?}"
        );
    }
    assert_eq!(hub.calls(), 0);
    let found = refusals(&service).await;
    assert_eq!(found.len(), 10, "each is in the audit: {found:?}");
    for entry in &found {
        assert_eq!(entry.actor, Actor::Operator("nobody who is known".to_owned()));
        assert_eq!(entry.object_id, format!("GET {PREFIX}oauth_callback"));
        assert_eq!(entry.after.as_ref().unwrap()["problem"], "forbidden");
    }
    assert_eq!(alice.returns(&service, &state).status, 302, "and it is not used up by others' tries");
}

#[tokio::test]
async fn a_login_is_finished_once() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    let state = browser.begins(&service, "");
    let mut copy = browser.clone();
    assert_eq!(browser.returns(&service, &state).status, 302);
    assert_eq!(copy.returns(&service, &state).status, 403);
    assert_eq!(exchanges(&hub), 1);
}

#[tokio::test]
async fn a_login_may_take_ten_minutes_and_no_more() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let clock = Arc::new(SetClock::at(SystemClock.now()));
    let service = serve_by(&scratch, &hub, clock.clone());
    let mut browser = Browser::at_the_hub();
    let (one, other) = (browser.begins(&service, ""), browser.begins(&service, ""));
    clock.set(clock.now() + TimeDelta::seconds(599));
    assert_eq!(browser.returns(&service, &one).status, 302);
    clock.set(clock.now() + TimeDelta::seconds(1));
    assert_eq!(browser.returns(&service, &other).status, 403);
    assert_eq!(exchanges(&hub), 1);
}

#[tokio::test]
async fn what_the_hub_declines_is_said_without_asking_it_again() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    for (query, said) in [
        ("error=access_denied", "cancelled"),
        ("", "cancelled"),
        ("error=invalid_scope&error_description=%3Cb%3Etoo+wide", "invalid_scope"),
        ("error=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", "&#60;img src=x"),
        ("error=access_denied&code=c0de", "cancelled"),
    ] {
        let mut browser = Browser::at_the_hub();
        let state = browser.begins(&service, "");
        let answer = browser.goes_to(&service, &format!("oauth_callback?{query}&state={state}"));
        assert_eq!(answer.status, 403, "{query}");
        assert!(answer.body.contains(said), "{query}: {}", answer.body);
        assert!(!answer.body.contains("<img src=x") && !answer.body.contains("<b>"), "{}", answer.body);
        assert_eq!(browser.returns(&service, &state).status, 403, "it is over");
    }
    assert_eq!(hub.calls(), 0);
    let found = refusals(&service).await;
    let details = found.iter().map(|entry| entry.after.as_ref().unwrap()["detail"].to_string());
    let declined = details.filter(|detail| detail.contains("the hub declined")).count();
    assert_eq!((found.len(), declined), (7, 2), "whoever cancels is refused by nobody: {found:?}");
}

#[tokio::test]
async fn the_hub_s_trouble_is_told_apart_from_a_bad_code() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    for (answer, status, said) in [
        (http(400, r#"{"error":"invalid_grant"}"#), 403, "does not accept"),
        (http(401, r#"{"error":"invalid_client"}"#), 503, "does not recognise this service"),
        (http(500, "oops"), 503, "The hub is not answering"),
        (http(200, "<html>canary</html>"), 503, "The hub is not answering"),
        (http(302, ""), 503, "The hub is not answering"),
        (b"canary\r\n".to_vec(), 503, "The hub is not answering"),
    ] {
        hub.answers("POST /hub/api/oauth2/token", answer);
        let mut browser = Browser::at_the_hub();
        let state = browser.begins(&service, "");
        let told = browser.returns(&service, &state);
        assert_eq!(told.status, status, "{told:?}");
        assert!(told.body.contains(said) && !told.body.contains("canary"), "{told:?}");
        assert!(!browser.is_signed_in(&service));
    }
}

#[tokio::test]
async fn whoever_is_not_admitted_is_told_so_and_by_whom_it_can_be_changed() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    knows(&hub, "narrow", "bob", &["access:servers"]);
    grants(&hub, "narrow");
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    let state = browser.begins(&service, "");
    let answer = browser.returns(&service, &state);
    assert_eq!(answer.status, 403);
    assert!(answer.body.contains("access:services!service=presets"), "{}", answer.body);
    assert!(!browser.cookies.contains_key(SESSION));
    is_the_refusal(&service, "bob", &format!("GET {PREFIX}oauth_callback"), &answer).await;
}

#[tokio::test]
async fn whoever_may_not_come_in_any_more_is_told_so_and_is_in_the_audit() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let clock = Arc::new(SetClock::at(SystemClock.now()));
    let service = serve_by(&scratch, &hub, clock.clone());
    let mut browser = Browser::at_the_hub();
    browser.signs_in(&service);
    knows(&hub, "alice-token", "alice", &["access:servers"]);
    clock.set(clock.now() + TimeDelta::seconds(31)); // beyond what is remembered of the hub's word
    let page = browser.goes_to(&service, "");
    assert_eq!(page.status, 403, "{page:?}");
    assert!(page.body.contains("You may not use this service"), "{}", page.body);
    assert_eq!(Browser::default().goes_to(&service, "").status, 302, "that is no refusal");
    is_the_refusal(&service, "alice", &format!("GET {PREFIX}"), &page).await;
}

#[tokio::test]
async fn a_token_of_another_session_at_the_hub_signs_nobody_in() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    for hub_session in [None, Some("another")] {
        let mut browser = Browser::default();
        hub_session.map(|id| browser.cookies.insert("jupyterhub-session-id".into(), id.into()));
        let state = browser.begins(&service, "");
        let answer = browser.returns(&service, &state);
        assert_eq!(answer.status, 403, "{answer:?}");
        assert!(answer.body.contains("jupyterhub-session-id"), "{}", answer.body);
        assert!(!browser.cookies.contains_key(SESSION));
    }
}

#[tokio::test]
async fn two_tabs_both_finish_in_either_order() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    for turned in [false, true] {
        let mut browser = Browser::at_the_hub();
        let mut states =
            [browser.begins(&service, ""), browser.begins(&service, "?next=%2Fservices%2Fpresets%2Ftoken")];
        let mut nexts = ["/services/presets/", "/services/presets/token"];
        if turned {
            states.reverse();
            nexts.reverse();
        }
        for (state, next) in states.iter().zip(nexts) {
            assert_eq!(browser.returns(&service, state).header("location"), Some(next));
        }
        assert!(browser.is_signed_in(&service));
    }
}

#[tokio::test]
async fn a_forgetful_browser_collects_no_cookies() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    for _ in 0..30 {
        browser.begins(&service, "");
        assert!(browser.cookies.len() <= 10, "{}", browser.cookies.len());
    }
    browser.signs_in(&service);
}

on_each_database! {
    async fn a_login_survives_a_restart_and_ends_at_another_replica(scratch: Scratch) {
        let hub = hub();
        let (one, other) = (serve(&scratch, &hub), serve(&scratch, &hub));
        let mut browser = Browser::at_the_hub();
        let state = browser.begins(&one, "");
        assert_eq!(browser.returns(&other, &state).status, 302);
        let mut elsewhere = browser.clone();
        assert!(elsewhere.is_signed_in(&one) && browser.is_signed_in(&other));
        assert_eq!(browser.returns(&one, &state).status, 403);
    }
}

#[tokio::test]
async fn a_login_that_leads_nowhere_stops_by_itself() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    for _ in 0..3 {
        browser.signs_in(&service);
        browser.cookies.remove(SESSION); // as if it had not been kept
    }
    let answer = browser.goes_to(&service, "login");
    assert_eq!(answer.status, 403, "{answer:?}");
    assert!(answer.body.contains("does not come to an end"), "{}", answer.body);
    browser.signs_in(&service);
    assert!(browser.is_signed_in(&service), "and may be tried anew");
    for _ in 0..5 {
        browser.signs_in(&service);
        assert!(browser.is_signed_in(&service), "a page was shown: nothing is counted");
    }
}

#[tokio::test]
async fn a_program_is_refused_and_never_sent_elsewhere() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    for headers in [
        &[("sec-fetch-mode", "cors")][..],
        &[("sec-fetch-mode", "no-cors"), ("accept", "text/html")],
        &[("accept", "application/json")],
    ] {
        for path in ["", "token", "login"] {
            let answer = service.send("GET", &format!("{PREFIX}{path}"), headers, "");
            assert_eq!(answer.status, 401, "{path} {headers:?}: {answer:?}");
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
}

#[tokio::test]
async fn whoever_follows_a_link_to_nothing_reads_so_and_a_program_gets_a_problem() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let page = Browser::default().goes_to(&service, "nowhere");
    assert_eq!((page.status, page.header("content-type")), (404, Some("text/html; charset=utf-8")));
    assert!(page.body.contains("There is no such page"), "{page:?}");
    let problem = service.get(&format!("{PREFIX}nowhere"));
    assert_eq!((problem.status, &problem.json()["type"]), (404, &serde_json::json!("/problems/not-found")));
}

#[tokio::test]
async fn the_hub_s_probe_is_answered_whatever_is_away() {
    let url = "postgres://nobody@127.0.0.1:9/none".parse().unwrap();
    let began = Instant::now();
    let service = Running::without_database(Store::open(&url, 4));
    for headers in [&[][..], &[("accept", "*/*")]] {
        let answer = service.send("GET", PREFIX, headers, "");
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let answer = Browser::default().goes_to(&service, "");
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.body.contains("was not told of its hub"), "{}", answer.body);
}

#[tokio::test]
async fn without_a_database_nobody_waits_for_a_login() {
    let url = "postgres://nobody@127.0.0.1:9/none".parse().unwrap();
    let hub = ScriptedHub::start();
    knows(&hub, "t", "alice", &[ACCESS]);
    let service = Running::without_database_with(Store::open(&url, 4), &hub);
    let began = Instant::now();
    let mut browser = Browser::at_the_hub();
    let answer = browser.goes_to(&service, "login");
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.body.contains("The database is not answering"), "{}", answer.body);
    browser.cookies.insert(SESSION.into(), json!("ab").to_string().replace('"', "").repeat(32));
    let answer = browser.goes_to(&service, "");
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
}

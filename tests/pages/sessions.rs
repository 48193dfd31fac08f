//! How long a session lasts, what ends it, and that nobody slips into another's.

use std::sync::Arc;

use chrono::TimeDelta;
use diesel::prelude::*;
use jupyterhub_presets::clock::{Clock as _, SetClock, SystemClock};

use super::{Browser, HUB_SESSION, SESSION, grants, hub, knows, serve, serve_by};
use crate::running::{PREFIX, Running};
use crate::scratch::Scratch;
use crate::scripted_hub::{ACCESS, http};

on_each_database! {
    async fn a_session_ends_when_the_hub_forgets_its_token(scratch: Scratch) {
        let hub = hub();
        let clock = Arc::new(SetClock::at(SystemClock.now()));
        let service = serve_by(&scratch, &hub, clock.clone());
        let mut browser = Browser::at_the_hub();
        browser.signs_in(&service);
        assert!(browser.is_signed_in(&service));
        hub.forgets("alice-token");
        clock.set(clock.now() + TimeDelta::seconds(31)); // beyond what is remembered of the hub's word
        assert!(!browser.is_signed_in(&service));
        knows(&hub, "alice-token", "alice", &[ACCESS]);
        clock.set(clock.now() + TimeDelta::seconds(31));
        assert!(!browser.is_signed_in(&service), "it is gone, not asleep");
    }

    async fn a_session_ends_after_a_day_and_after_eight_hours_unused(scratch: Scratch) {
        let hub = hub();
        let clock = Arc::new(SetClock::at(SystemClock.now()));
        let service = serve_by(&scratch, &hub, clock.clone());
        let mut idle = Browser::at_the_hub();
        idle.signs_in(&service);
        let mut busy = Browser::at_the_hub();
        busy.signs_in(&service);
        for hour in 1..8 {
            clock.set(clock.now() + TimeDelta::hours(1));
            assert!(busy.is_signed_in(&service), "hour {hour}");
            // Uses are written down beside the request.
            tokio::time::sleep(std::time::Duration::from_millis(150)).await;
        }
        clock.set(clock.now() + TimeDelta::hours(1));
        assert!(!idle.is_signed_in(&service));
        for hour in 8..24 {
            assert!(busy.is_signed_in(&service), "hour {hour}");
            tokio::time::sleep(std::time::Duration::from_millis(150)).await;
            clock.set(clock.now() + TimeDelta::hours(1));
        }
        assert!(!busy.is_signed_in(&service));
    }

    async fn what_is_kept_signs_nobody_in(scratch: Scratch) {
        let hub = hub();
        let service = serve(&scratch, &hub);
        let mut browser = Browser::at_the_hub();
        let state = browser.begins(&service, "");
        browser.signs_in(&service);
        let secrets = ["alice-token".to_owned(), state, browser.cookies[SESSION].clone()];
        let dump = dump(&service).await;
        assert!(dump.contains("alice") && dump.len() > 200, "{dump}");
        for secret in secrets.iter().chain(browser.cookies.values()).filter(|kept| *kept != HUB_SESSION) {
            let dumped = dump.contains(secret.as_str());
            assert!(!dumped || secret == "1", "{secret} is in the database");
        }
    }
}

/// Every text of the two tables.
async fn dump(service: &Running) -> String {
    #[derive(diesel::QueryableByName)]
    struct Line {
        #[diesel(sql_type = diesel::sql_types::Text)]
        line: String,
    }
    let query = "SELECT state || browser || verifier || next AS line FROM sign_ins
                 UNION ALL SELECT id || person || token || hub_session AS line FROM sessions";
    let lines: Vec<Line> =
        service.store.read(move |conn| Ok(diesel::sql_query(query).load(conn)?)).await.unwrap();
    lines.into_iter().map(|line| line.line).collect()
}

#[tokio::test]
async fn a_session_belongs_to_the_hub_s_session_of_the_same_browser() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    browser.signs_in(&service);
    for other in [None, Some("other")] {
        let mut changed = browser.clone();
        changed.cookies.remove("jupyterhub-session-id");
        other.map(|id| changed.cookies.insert("jupyterhub-session-id".into(), id.into()));
        assert!(!changed.is_signed_in(&service), "{other:?}");
    }
    assert!(browser.is_signed_in(&service));
}

#[tokio::test]
async fn of_two_cookies_with_our_name_none_counts() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    browser.signs_in(&service);
    let kept = &browser.cookies[SESSION];
    let other = "0".repeat(64);
    for cookies in [
        format!("{SESSION}={kept}; {SESSION}={other}; jupyterhub-session-id={HUB_SESSION}"),
        format!("{SESSION}={other}; {SESSION}={kept}; jupyterhub-session-id={HUB_SESSION}"),
        format!("jupyterhub-session-id=x; {SESSION}={kept}; jupyterhub-session-id={HUB_SESSION}"),
    ] {
        let headers = [("sec-fetch-mode", "navigate"), ("cookie", cookies.as_str())];
        assert_eq!(service.send("GET", PREFIX, &headers, "").status, 302, "{cookies}");
    }
}

#[tokio::test]
async fn nobody_is_signed_in_by_what_they_brought_along() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    let planted = "f".repeat(64);
    browser.cookies.insert(SESSION.into(), planted.clone());
    browser.signs_in(&service);
    let first = browser.cookies[SESSION].clone();
    assert_ne!(first, planted);
    let mut stale = browser.clone();
    browser.signs_in(&service);
    assert_ne!(browser.cookies[SESSION], first);
    assert!(!stale.is_signed_in(&service), "the one before is over");
}

#[tokio::test]
async fn a_header_wins_over_a_session_and_the_two_never_merge() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    hub.user("bob-token", "bob", &[]);
    let service = serve(&scratch, &hub);
    let mut browser = Browser::at_the_hub();
    browser.signs_in(&service);
    let headers = [("authorization", "Bearer bob-token"), ("sec-fetch-mode", "navigate")];
    let answer = browser.asks(&service, "GET", PREFIX, &headers, "");
    assert_eq!(answer.status, 200);
    assert!(
        answer.body.contains("<strong>bob</strong>") && !answer.body.contains("alice"),
        "{}",
        answer.body
    );
    assert!(!answer.body.contains("name=\"csrf\""), "a token needs none");
    let headers = [("authorization", "Bearer wrong"), ("sec-fetch-mode", "navigate")];
    assert_eq!(browser.asks(&service, "GET", PREFIX, &headers, "").status, 401);
}

#[tokio::test]
async fn while_the_hub_is_away_nobody_is_signed_out() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let clock = Arc::new(SetClock::at(SystemClock.now()));
    let service = serve_by(&scratch, &hub, clock.clone());
    let mut browser = Browser::at_the_hub();
    browser.signs_in(&service);
    clock.set(clock.now() + TimeDelta::minutes(2));
    hub.breaks(Some(&http(502, "bad gateway")));
    let answer = browser.goes_to(&service, "");
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(answer.body.contains("The hub is not answering"), "{}", answer.body);
    hub.breaks(None);
    assert!(browser.is_signed_in(&service));
}

#[tokio::test]
async fn an_admin_of_the_hub_is_nobody_special_here() {
    let (scratch, hub) = (Scratch::sqlite(), hub());
    let service = serve(&scratch, &hub);
    for (scopes, administers) in [(&[ACCESS][..], false), (&[ACCESS, "custom:presets:admin"], true)] {
        knows(&hub, "root-token", "root", scopes);
        grants(&hub, "root-token");
        let mut browser = Browser::at_the_hub();
        browser.signs_in(&service);
        let page = browser.goes_to(&service, "").body;
        assert_eq!(page.contains("You administer presets"), administers, "{page}");
        hub.forgets("root-token");
    }
}

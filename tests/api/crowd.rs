//! Many at once and much too often: each is told when to come again, and the hub is always served.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use jupyterhub_presets::api::server::Doors;
use jupyterhub_presets::config::listen::{Limits, Rate};
use jupyterhub_presets::store::Store;

use super::{GROUPS, SITE, form};
use crate::running::{Answer, PREFIX, Running, SECRET};
use crate::scratch::Scratch;
use crate::scripted_hub::ScriptedHub;

/// Five, and then hardly any more.
const FEW: Rate = Rate { per_second: 0.01, burst: 5.0 };

fn start(hub: &ScriptedHub, change: impl FnOnce(&mut Doors) + Send + 'static) -> Running {
    let scratch = Scratch::sqlite();
    let store = Store::open(&scratch.url(), 4);
    Running::start_behind(store, SITE, GROUPS, hub, |listener: TcpListener| {
        let mut doors = Doors::plain(listener);
        doors.listening.limits = Limits { reads: FEW, writes: FEW, anonymous: FEW, ..Limits::default() };
        change(&mut doors);
        doors
    })
    .keeping(scratch)
}

fn assert_told_to_wait(answer: &Answer) {
    assert_eq!(answer.json()["type"], "/problems/too-many-requests", "{answer:?}");
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3600).contains(&wait), "{answer:?}");
}

#[tokio::test]
async fn whoever_is_nobody_may_not_ask_for_ever() {
    let service = start(&ScriptedHub::start(), |doors| {
        doors.listening.trusted_proxies.insert("127.0.0.1".parse().unwrap());
    });
    let ask = |client: &str| service.send("GET", PREFIX, &[("x-forwarded-for", client)], "");
    for n in 0..8 {
        // What stands before the proxy's own entry, anybody can write.
        let answer = ask(&format!("10.0.0.{n}, 192.0.2.1"));
        if n < 5 {
            assert_eq!(answer.status, 200);
        } else {
            assert_eq!(answer.status, 429);
            assert_told_to_wait(&answer);
        }
    }
    assert_eq!(ask("192.0.2.2").status, 200);
    // A wrong token is nobody's either.
    let wrong = |client: &str| {
        let json_type = ("content-type", "application/json");
        let headers = [("x-forwarded-for", client), ("authorization", "Bearer nonsense"), json_type];
        service.send("POST", &format!("{PREFIX}api/v1/hub/form"), &headers, &form("alice").to_string())
    };
    let told: Vec<u16> = (0..7).map(|_| wrong("192.0.2.3").status).collect();
    assert_eq!(told, [401, 401, 401, 401, 401, 429, 429]);
    // The sign of life is for everybody, and the hub is never counted.
    for _ in 0..20 {
        assert_eq!(service.get(&format!("{PREFIX}api/v1/health/live")).status, 200);
        assert_eq!(service.hub("form", &form("alice")).status, 200);
    }
}

#[tokio::test]
async fn a_forwarded_address_is_believed_from_nobody_who_was_not_named() {
    let service = start(&ScriptedHub::start(), |_| {});
    let ask = |n: usize| {
        let client = format!("192.0.2.{n}");
        service.send("GET", PREFIX, &[("x-forwarded-for", client.as_str())], "").status
    };
    // All of them come through one proxy, which has the patience for ten.
    let told: Vec<u16> = (0..60).map(ask).collect();
    assert_eq!(told.iter().filter(|status| **status == 200).count(), 50);
    assert!(told[50..].iter().all(|status| *status == 429), "{told:?}");
}

#[tokio::test]
async fn while_the_hub_is_slow_people_wait_their_turn_and_starts_do_not() {
    let hub = ScriptedHub::start();
    let service = start(&hub, |doors| doors.listening.limits.at_once = 4);
    hub.takes(Duration::from_millis(1_500));
    let path = format!("{PREFIX}api/v1/hub/form");
    let bearer = format!("Bearer {SECRET}");
    std::thread::scope(|scope| {
        for n in 0..4 {
            let (service, path) = (&service, &path);
            scope.spawn(move || {
                let token = format!("Bearer unknown-{n}");
                let headers = [("authorization", token.as_str()), ("content-type", "application/json")];
                service.send("POST", path, &headers, &form("alice").to_string())
            });
        }
        std::thread::sleep(Duration::from_millis(300));
        let began = Instant::now();
        let turned_away = service.send("GET", PREFIX, &[("authorization", "Bearer x")], "");
        assert_eq!(turned_away.json()["type"], "/problems/busy", "{turned_away:?}");
        let wait: u64 = turned_away.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=5).contains(&wait));
        assert!(began.elapsed() < Duration::from_millis(100), "{:?}", began.elapsed());
        let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
        assert_eq!(service.send("POST", &path, &headers, &form("alice").to_string()).status, 200);
    });
}

#[tokio::test]
async fn each_caller_has_a_rate_of_their_own_and_the_hub_has_none() {
    let hub = ScriptedHub::start();
    hub.user("adas", "ada", &[]);
    hub.user("adas-other", "ada", &[]);
    hub.user("bens", "ben", &[]);
    hub.service("services", "ada", &[]);
    let service = start(&hub, |_| {});
    let reads = |token: &str| {
        let bearer = format!("Bearer {token}");
        service.send(
            "GET",
            &format!("{PREFIX}api/v1/me/preferences"),
            &[("authorization", bearer.as_str())],
            "",
        )
    };
    for n in 0..8 {
        // Another token is not another person.
        let answer = reads(if n % 2 == 0 { "adas" } else { "adas-other" });
        if n < 5 {
            assert_eq!(answer.status, 200, "{answer:?}");
        } else {
            assert_eq!(answer.status, 429, "{answer:?}");
            assert_told_to_wait(&answer);
        }
    }
    assert_eq!(reads("bens").status, 200);
    // A service of that name is somebody else; whatever it may read, it is not told to wait.
    assert_ne!(reads("services").status, 429);
    // What somebody may read says nothing about what they may write.
    let bearer = ("authorization", "Bearer adas");
    let writes = || service.send("DELETE", &format!("{PREFIX}api/v1/me/selections"), &[bearer], "").status;
    let told: Vec<u16> = (0..7).map(|_| writes()).collect();
    assert!(told[..5].iter().all(|status| *status != 429), "{told:?}");
    assert_eq!(told[5..], [429, 429]);
    for _ in 0..20 {
        assert_eq!(service.hub("form", &form("alice")).status, 200);
    }
}

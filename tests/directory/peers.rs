//! Peers that do what slapd cannot be made to do: hang, drip, lie about lengths, cut off.

use std::net::{TcpListener, TcpStream};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::thread::sleep;
use std::time::{Duration, Instant};

use jupyterhub_presets::config::directory::GroupSchema::{Member, MemberOf, Posix};
use jupyterhub_presets::directory::{DirectoryError, LdapDirectory};
use ldap3::asn1::PL;

use super::peer::{ALICE, DONE, Peer, alice, ber, entry, message, next, result, text};
use super::{ask, directory, groups, settings};

async fn error(directory: &LdapDirectory) -> (DirectoryError, Duration) {
    let began = Instant::now();
    let error = ask(directory, "alice").await.expect_err("an error");
    (error, began.elapsed())
}

/// A peer that answers as it should, to show that the scripts below fail by their faults alone.
#[tokio::test]
async fn a_peer_that_keeps_to_the_rules_is_understood() {
    let peer = Peer::scripted(|mut request, _| {
        if request.is_for_people() {
            request.reply(&[alice(), result(DONE, 0)]);
        } else {
            request.reply(&[result(DONE, 0)]);
        }
    });
    let ldap = peer.directory();
    for _ in 0..3 {
        assert!(ask(&ldap, "alice").await.expect("a complete answer").found);
    }
    assert_eq!(peer.connections.load(Ordering::SeqCst), 1, "one connection serves all");
}

#[tokio::test]
async fn a_peer_that_says_nothing_ends_the_lookup_in_three_seconds() {
    let peer = Peer::raw(|stream| {
        sleep(Duration::from_secs(30));
        drop(stream);
    });
    let (error, took) = error(&peer.directory()).await;
    assert_eq!(error, DirectoryError::TimedOut("logging in"));
    assert!(took < Duration::from_millis(3_500), "{took:?}");
}

#[tokio::test]
async fn a_connection_that_is_never_taken_ends_the_lookup_in_three_seconds() {
    let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
    socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let listener = socket.listen(0).expect("a listener");
    let place = listener.local_addr().expect("bound");
    // The system takes one or two connections on the listener's behalf; then nobody answers.
    let held: Vec<_> =
        (0..4).map(|_| TcpStream::connect_timeout(&place, Duration::from_millis(200))).collect();
    assert!(held.iter().any(Result::is_err), "the queue is full");
    let (error, took) = error(&directory(&settings(place.port(), &[Member]))).await;
    assert_eq!(error, DirectoryError::TimedOut("connecting"));
    assert!(took < Duration::from_millis(3_500), "{took:?}");
}

#[tokio::test]
async fn a_peer_that_drips_entries_ends_the_lookup_in_six_seconds() {
    let peer = Peer::scripted(|mut request, _| {
        for _ in 0..60 {
            request.reply(&[alice()]);
            sleep(Duration::from_millis(500));
        }
    });
    let ldap = peer.directory();
    let (error, took) = error(&ldap).await;
    assert_eq!(error, DirectoryError::TimedOut("looking up a person"));
    assert!((5_900..6_500).contains(&took.as_millis()), "{took:?}");
}

#[tokio::test]
async fn a_peer_that_drips_bytes_ends_the_lookup_in_six_seconds() {
    let peer = Peer::scripted(|mut request, _| {
        for byte in message(&request.number, &alice()) {
            request.raw(&[byte]);
            sleep(Duration::from_millis(300));
        }
    });
    let (error, took) = error(&peer.directory()).await;
    assert_eq!(error, DirectoryError::TimedOut("looking up a person"));
    assert!((5_900..6_500).contains(&took.as_millis()), "{took:?}");
}

#[tokio::test]
async fn a_connection_cut_in_a_search_drops_what_came_and_is_tried_once_more() {
    let peer = Peer::scripted(|mut request, _| {
        if request.is_for_people() {
            request.reply(&[alice(), result(DONE, 0)]);
        } else {
            request.reply(&[entry("cn=physics,ou=groups,dc=example,dc=org", &[])]);
            let _ = request.stream.shutdown(std::net::Shutdown::Both);
        }
    });
    let (error, _) = error(&peer.directory()).await;
    assert!(matches!(error, DirectoryError::Unreachable(_)), "{error:?}");
    assert_eq!(peer.connections.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn results_that_are_no_success_are_no_answer() {
    for rc in [1, 3, 4, 10, 11, 32, 50, 51, 52, 53, 80] {
        let peer = Peer::scripted(move |mut request, _| {
            if request.is_for_people() {
                request.reply(&[alice(), result(DONE, 0)]);
            } else {
                request.reply(&[entry("cn=physics,ou=groups,dc=example,dc=org", &[]), result(DONE, rc)]);
            }
        });
        let (error, _) = error(&peer.directory()).await;
        let busy = matches!(rc, 51 | 52);
        assert_eq!(matches!(error, DirectoryError::Unreachable(_)), busy, "{rc}: {error:?}");
        assert_eq!(matches!(error, DirectoryError::Incomplete(_)), !busy, "{rc}: {error:?}");
    }
}

#[tokio::test]
async fn a_busy_server_is_left_for_the_next() {
    let busy = Peer::scripted(|mut request, _| request.reply(&[result(DONE, 51)]));
    let ready = Peer::scripted(|mut request, _| request.reply(&[alice(), result(DONE, 0)]));
    let mut settings = settings(busy.port, &[Posix]);
    settings.groups.nested = false;
    settings.urls.push(format!("ldap://127.0.0.1:{}", ready.port));
    let answer = ask(&directory(&settings), "alice").await.expect("the second answers");
    assert!(answer.found);
}

#[tokio::test]
async fn a_reference_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").expect("a free port");
    elsewhere.set_nonblocking(true).expect("a socket");
    let place = elsewhere.local_addr().expect("bound");
    let peer = Peer::scripted(move |mut request, _| {
        let reference = ber(0x73, &text(&format!("ldap://{place}/ou=people,dc=example,dc=org")));
        request.reply(&[alice(), reference, result(DONE, 0)]);
    });
    let (error, _) = error(&peer.directory()).await;
    assert!(matches!(error, DirectoryError::Incomplete(_)), "{error:?}");
    assert!(elsewhere.accept().is_err(), "nobody came");
}

#[tokio::test]
async fn a_message_announced_as_a_tebibyte_ends_the_connection() {
    let peer = Peer::scripted(|mut request, _| {
        request.raw(&[0x30, 0x86, 1, 0, 0, 0, 0, 0, 2, 1, 2]);
        sleep(Duration::from_secs(10));
    });
    let (error, took) = error(&peer.directory()).await;
    assert!(matches!(error, DirectoryError::TooLarge(_)), "{error:?}");
    assert!(took < Duration::from_secs(1), "no byte of it is waited for: {took:?}");
}

/// Values in values, `levels` deep.
fn nested(levels: usize) -> Vec<u8> {
    (0..levels).fold(vec![0x04, 0], |inner, _| ber(0x30, &inner))
}

/// None of this may take down more than the connection it came on.
#[tokio::test]
async fn bytes_that_are_no_answer_cost_their_connection_and_nothing_else() {
    type Reply = fn(&[u8]) -> Vec<u8>;
    let replies: [(&str, Reply); 9] = [
        ("deep nesting", |number| message(number, &nested(6_000))),
        ("deep nesting in an entry", |number| message(number, &ber(0x64, &nested(20)))),
        ("another operation", |number| message(number, &result(0x61, 0))),
        ("an entry without attributes", |number| message(number, &ber(0x64, &text("cn=x")))),
        ("an entry that is a text", |number| message(number, &ber(0x44, b"x"))),
        ("a result without a code", |number| message(number, &ber(DONE, &[]))),
        ("an empty message", |_| ber(0x30, &[])),
        ("a message without a number", |_| ber(0x30, &text("x"))),
        ("a text of another protocol", |_| b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
    ];
    for (what, reply) in replies {
        let peer = Peer::scripted(move |mut request, earlier| {
            if earlier == 0 {
                let bytes = reply(&request.number);
                request.raw(&bytes);
            } else if request.is_for_people() {
                request.reply(&[alice(), result(DONE, 0)]);
            } else {
                request.reply(&[result(DONE, 0)]);
            }
        });
        let ldap = peer.directory();
        let began = Instant::now();
        match ask(&ldap, "alice").await {
            // Tried once more, on a new connection.
            Ok(answer) => assert!(answer.found, "{what}"),
            Err(DirectoryError::Protocol(_)) => {}
            Err(other) => panic!("{what}: {other:?}"),
        }
        assert!(began.elapsed() < Duration::from_secs(2), "{what}: {:?}", began.elapsed());
        assert!(ask(&ldap, "alice").await.expect(what).found, "{what}: and again");
        assert_eq!(peer.connections.load(Ordering::SeqCst), 2, "{what}: on a new connection");
    }
}

#[tokio::test]
async fn only_listed_attributes_are_asked_for() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let peer = Peer::scripted(move |mut request, _| {
        let PL::C(attributes) = &request.parts()[7].payload else { panic!("a list") };
        for attribute in attributes {
            let PL::P(name) = &attribute.payload else { panic!("a name") };
            seen.lock().expect("no panic").push(String::from_utf8(name.clone()).expect("text"));
        }
        if request.is_for_people() {
            let group = ("memberOf", "cn=physics,ou=groups,dc=example,dc=org");
            request.reply(&[entry(ALICE, &[("uid", "alice"), group]), result(DONE, 0)]);
        } else {
            request.reply(&[result(DONE, 0)]);
        }
    });
    let ldap = directory(&settings(peer.port, &[Member, MemberOf, Posix]));
    assert_eq!(groups(&ldap, "alice").await, ["cn=physics"]);
    let asked = asked.lock().expect("no panic").clone();
    assert_eq!(asked, ["uid", "memberOf", "gidNumber", "1.1", "1.1", "1.1"]);
}

#[tokio::test]
async fn a_part_of_the_groups_on_an_entry_is_incomplete() {
    let peer = Peer::scripted(|mut request, _| {
        let part = ("memberOf;range=0-0", "cn=physics,ou=groups,dc=example,dc=org");
        request.reply(&[entry(ALICE, &[("uid", "alice"), part]), result(DONE, 0)]);
    });
    let error = ask(&directory(&settings(peer.port, &[MemberOf])), "alice").await.expect_err("incomplete");
    assert!(matches!(error, DirectoryError::Incomplete(_)), "{error:?}");
}

#[tokio::test]
async fn a_login_that_stays_anonymous_is_refused() {
    let peer = Peer::raw(|stream| {
        while let Some(mut request) = next(&stream) {
            match request.operation.id {
                0 => request.reply(&[result(0x61, 0)]),
                23 => request
                    .reply(&[ber(0x78, &[ber(0x0a, &[0]), text(""), text(""), ber(0x8b, b"")].concat())]),
                _ => request.reply(&[alice(), result(DONE, 0)]),
            }
        }
    });
    let (error, _) = error(&peer.directory()).await;
    assert!(matches!(error, DirectoryError::Refused(_)), "{error:?}");
}

#[tokio::test]
async fn a_refused_starttls_is_never_followed_by_a_login() {
    let said = Arc::new(Mutex::new(Vec::new()));
    let heard = said.clone();
    let peer = Peer::raw(move |stream| {
        while let Some(mut request) = next(&stream) {
            heard.lock().expect("no panic").push(request.operation.id);
            request.reply(&[result(0x78, 2)]);
        }
    });
    let mut settings = settings(peer.port, &[Member]);
    (settings.plaintext, settings.starttls) = (false, true);
    let (error, _) = error(&directory(&settings)).await;
    assert!(matches!(error, DirectoryError::Untrusted(_)), "{error:?}");
    assert_eq!(*said.lock().expect("no panic"), [23], "StartTLS was asked for, and nothing else said");
}

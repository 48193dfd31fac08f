//! A database that is stopped rather than down: it neither answers nor hangs up.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{noon, small_site};
use crate::scratch::Scratch;
use jupyterhub_presets::store::{Store, StoreError, revision, site};

/// Stands between the store and PostgreSQL, and can hold everything back.
struct Relay {
    address: SocketAddr,
    holds: Arc<AtomicBool>,
}

impl Relay {
    fn before(server: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = Self { address: listener.local_addr().unwrap(), holds: Arc::default() };
        let holds = relay.holds.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let upstream = TcpStream::connect(&server).unwrap();
                pass(client.try_clone().unwrap(), upstream.try_clone().unwrap(), holds.clone());
                pass(upstream, client, holds.clone());
            }
        });
        relay
    }
}

/// Passes bytes on in one direction until either side hangs up.
fn pass(mut from: TcpStream, mut to: TcpStream, holds: Arc<AtomicBool>) {
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(1..) = from
            .read(&mut buffer[..])
            .inspect(|_| wait(&holds))
            .and_then(|n| to.write_all(&buffer[..n]).map(|()| n))
        {}
        let _ = to.shutdown(std::net::Shutdown::Both);
    });
}

fn wait(holds: &AtomicBool) {
    while holds.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// `host:port` of a URL.
fn server(address: &str) -> String {
    let authority = address.split_once("://").unwrap().1.split(['/', '?']).next().unwrap();
    let host = authority.rsplit('@').next().unwrap();
    if host.contains(':') { host.to_owned() } else { format!("{host}:5432") }
}

#[tokio::test]
async fn a_stopped_database_delays_nobody_and_is_used_again_when_it_goes_on() {
    let Some(scratch) = Scratch::postgres() else { return };
    let server = server(&scratch.address());
    let relay = Relay::before(server.clone());
    let address = scratch.address().replacen(&server, &relay.address.to_string(), 1);
    let store = Store::open(&address.parse().unwrap(), 2);
    store.migrate().await.unwrap();

    relay.holds.store(true, Ordering::Relaxed);
    for _ in 0..4 {
        let began = Instant::now();
        let outcome = store.read(revision::current).await;
        assert!(matches!(outcome, Err(StoreError::Unavailable(_))), "{outcome:?}");
        assert!(began.elapsed() < Duration::from_millis(2300), "{:?}", began.elapsed());
    }

    relay.holds.store(false, Ordering::Relaxed);
    let began = Instant::now();
    while store.read(revision::current).await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(5), "it goes on by itself");
    }
    store.write(|conn| site::replace(conn, &small_site(), "root", noon())).await.unwrap();
}

//! Loopback ports, and just enough HTTP to see whether a server answers.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::trouble::{Result, Trouble};

/// Below those that the system gives to connections: one of these stays free until it is listened on.
const PORTS: std::ops::Range<u16> = 20_000..32_000;

/// `N` different ports that are free now, and were given to nobody else of this process.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    let mut given = GIVEN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut ports = [0; N];
    for port in &mut ports {
        // By chance, as other labs look for ports at the same time.
        let chance = usize::try_from(RandomState::new().hash_one(given.len()) % 0xFFFF).unwrap_or_default();
        let mut tried = PORTS.cycle().skip(chance % PORTS.len()).take(PORTS.len());
        let free =
            tried.find(|port| !given.contains(port) && TcpListener::bind(("127.0.0.1", *port)).is_ok());
        *port = free.ok_or_else(|| Trouble::new("no port from 20000 to 31999 is free"))?;
        given.insert(*port);
    }
    Ok(ports)
}

/// `wanted` if it is free, else the next one that is.
pub fn free_port_from(wanted: u16) -> Result<u16> {
    (wanted..=wanted.saturating_add(200))
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .ok_or_else(|| Trouble::new(format!("no port from {wanted} on is free: choose another with --port")))
}

/// Whether somebody listens on that port of ours.
pub fn listens(port: u16) -> bool {
    TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), Duration::from_millis(500)).is_ok()
}

/// The status and body of `GET path` on a loopback port; `None` while nobody answers.
pub fn get(port: u16, path: &str, token: Option<&str>) -> Option<(u16, String)> {
    get_as(port, "127.0.0.1", path, token)
}

/// [`get`] from a server that has several names: asked for as `host`.
pub fn get_as(port: u16, host: &str, path: &str, token: Option<&str>) -> Option<(u16, String)> {
    let mut stream =
        TcpStream::connect_timeout(&SocketAddr::from(([127, 0, 0, 1], port)), Duration::from_secs(1)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let authorization = token.map(|token| format!("Authorization: token {token}\r\n")).unwrap_or_default();
    let request =
        format!("GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\n{authorization}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let status = text.strip_prefix("HTTP/1.")?.split_whitespace().nth(1)?.parse().ok()?;
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default();
    Some((status, body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice_and_none_that_a_connection_may_have() {
        let [together, later]: [[u16; 8]; 2] =
            [(); 2].map(|()| free_ports().expect("loopback has free ports"));
        let all: BTreeSet<u16> = together.into_iter().chain(later).collect();
        assert_eq!(all.len(), 16);
        assert!(all.iter().all(|port| PORTS.contains(port)), "{all:?}");
    }

    #[test]
    fn a_taken_port_is_passed_over() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has free ports");
        let port = taken.local_addr().expect("it is bound").port();
        assert_ne!(free_port_from(port).expect("one of the next 200 is free"), port);
    }
}

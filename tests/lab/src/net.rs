//! Loopback ports, and just enough HTTP to see whether a server answers.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use crate::trouble::{Doing, Result, Trouble};

/// `N` different ports that are free now.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    // Held until all are known, so that none is given twice.
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0)).doing("looking for a free port")?;
        *port = listener.local_addr().doing("asking for a port's number")?.port();
        held.push(listener);
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
    fn ports_given_together_differ() {
        let ports: [u16; 8] = free_ports().expect("loopback has free ports");
        let mut sorted = ports.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), 8);
    }

    #[test]
    fn a_taken_port_is_passed_over() {
        let taken = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has free ports");
        let port = taken.local_addr().expect("it is bound").port();
        assert_ne!(free_port_from(port).expect("one of the next 200 is free"), port);
    }
}

//! A scripted LDAP server, for what slapd cannot be made to do.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jupyterhub_presets::config::directory::GroupSchema::Member;
use jupyterhub_presets::directory::LdapDirectory;
use ldap3::asn1::{PL, StructureTag, parse_tag};

use super::{directory, settings};

/// A value in BER with the identifier `kind`.
pub fn ber(kind: u8, contents: &[u8]) -> Vec<u8> {
    let length = u32::try_from(contents.len()).expect("short").to_be_bytes();
    [&[kind, 0x84], length.as_slice(), contents].concat()
}

pub fn text(text: &str) -> Vec<u8> {
    ber(0x04, text.as_bytes())
}

pub fn message(number: &[u8], operation: &[u8]) -> Vec<u8> {
    ber(0x30, &[&ber(0x02, number), operation].concat())
}

/// An operation that ends with result `rc`.
pub fn result(kind: u8, rc: u8) -> Vec<u8> {
    ber(kind, &[ber(0x0a, &[rc]), text(""), text("")].concat())
}

pub fn entry(dn: &str, attributes: &[(&str, &str)]) -> Vec<u8> {
    let attributes: Vec<u8> = attributes
        .iter()
        .flat_map(|(name, value)| ber(0x30, &[text(name), ber(0x31, &text(value))].concat()))
        .collect();
    ber(0x64, &[text(dn), ber(0x30, &attributes)].concat())
}

pub const DONE: u8 = 0x65;
pub const ALICE: &str = "uid=alice,ou=people,dc=example,dc=org";

pub fn alice() -> Vec<u8> {
    entry(ALICE, &[("uid", "alice")])
}

/// One request of the client.
pub struct Request {
    pub number: Vec<u8>,
    pub operation: StructureTag,
    pub stream: TcpStream,
}

impl Request {
    pub fn reply(&mut self, operations: &[Vec<u8>]) {
        for operation in operations {
            self.raw(&message(&self.number, operation));
        }
    }

    pub fn raw(&mut self, bytes: &[u8]) {
        // The client may have hung up: that is for its own test to judge.
        let _ = self.stream.write_all(bytes);
    }

    pub fn parts(&self) -> &[StructureTag] {
        let PL::C(parts) = &self.operation.payload else { panic!("a request has parts") };
        parts
    }

    /// Whether this is the search for the person (and not for groups).
    pub fn is_for_people(&self) -> bool {
        matches!(&self.parts()[0].payload, PL::P(base) if base.starts_with(b"ou=people"))
    }
}

/// A server that logs everybody in and leaves searches to `script`; its threads end with it.
pub struct Peer {
    pub port: u16,
    pub connections: Arc<AtomicUsize>,
}

impl Peer {
    /// `script` sees each search, and how many there were before on all connections.
    pub fn scripted(script: impl Fn(Request, usize) + Send + Sync + 'static) -> Self {
        let searches = AtomicUsize::new(0);
        Self::raw(move |stream| {
            while let Some(mut request) = next(&stream) {
                match request.operation.id {
                    0 => request.reply(&[result(0x61, 0)]),
                    23 => {
                        let ok = [ber(0x0a, &[0]), text(""), text(""), ber(0x8b, b"dn:cn=reader")].concat();
                        request.reply(&[ber(0x78, &ok)]);
                    }
                    3 => script(request, searches.fetch_add(1, Ordering::SeqCst)),
                    _ => return,
                }
            }
        })
    }

    pub fn raw(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let connections = Arc::new(AtomicUsize::new(0));
        let (serve, counted) = (Arc::new(serve), connections.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                counted.fetch_add(1, Ordering::SeqCst);
                let serve = serve.clone();
                std::thread::spawn(move || serve(stream));
            }
        });
        Self { port, connections }
    }

    pub fn directory(&self) -> LdapDirectory {
        directory(&settings(self.port, &[Member]))
    }
}

pub fn next(stream: &TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut reader = stream;
    loop {
        let mut some = [0];
        if reader.read(&mut some).ok()? == 0 {
            return None;
        }
        bytes.push(some[0]);
        let Ok((_, request)) = parse_tag(&bytes) else { continue };
        let PL::C(mut parts) = request.payload else { panic!("a message has parts") };
        let operation = parts.remove(1);
        let PL::P(number) = parts.remove(0).payload else { panic!("a message has a number") };
        return Some(Request { number, operation, stream: stream.try_clone().expect("a handle") });
    }
}

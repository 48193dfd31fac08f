//! The head of a request: read strictly, refused where two readers could differ, and written anew in one plain form.

use std::net::IpAddr;

use crate::api::problem::Problem;

/// The longest target, in bytes.
pub const LONGEST_TARGET: usize = 8 << 10;
/// The most headers.
pub const MOST_HEADERS: usize = 64;
/// The longest head, in bytes: cookies of a hub on a subdomain have room, a flood has not.
pub const LONGEST_HEAD: usize = 32 << 10;
/// What stands around the target in the longest request line.
const AROUND_TARGET: usize = 32;

/// A head that leaves no doubt where its request ends.
#[derive(Debug, PartialEq, Eq)]
pub struct Head {
    /// How many bytes of the input it took.
    pub length: usize,
    pub framing: Framing,
    /// The client waits to be asked for the body.
    pub waits: bool,
    /// The client wants no other answer on this connection.
    pub is_last: bool,
    /// The last entry of `X-Forwarded-For`: who spoke to the proxy, if the peer is one.
    pub forwarded_for: Option<IpAddr>,
    /// Request line and headers for the application, without the empty line at their end.
    pub plain: Vec<u8>,
}

/// Where the body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    None,
    Length(u64),
    Chunked,
}

/// Headers that say how to speak on one connection, or that somebody else is asking: the application
/// sees none of them. Its address comes from the configuration, its callers prove themselves.
const NOT_PASSED_ON: &[&str] = &[
    "connection",
    "content-length",
    "expect",
    "forwarded",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-real-ip",
    "x-remote-user",
    "x-rewrite-url",
];

/// Reads a head from the start of `input`; none while its end has not come.
///
/// `seen` is how much of `input` was looked at before, and is updated.
///
/// # Errors
/// What is wrong with it, to be answered before the connection is closed.
pub fn read(input: &[u8], seen: &mut usize) -> Result<Option<Head>, Problem> {
    let Some(length) = end(input, seen)? else { return Ok(None) };
    let mut slots = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut request = httparse::Request::new(&mut slots);
    match request.parse(&input[..length]) {
        Ok(httparse::Status::Complete(parsed)) if parsed == length => {}
        Err(httparse::Error::TooManyHeaders) => {
            return Err(Problem::headers_too_large(format!("send at most {MOST_HEADERS} headers")));
        }
        _ => return Err(Problem::malformed("the head of the request is not HTTP/1.1")),
    }
    let (Some(method), Some(target), Some(version)) = (request.method, request.path, request.version) else {
        return Err(Problem::malformed("the head of the request is not HTTP/1.1"));
    };
    check_target(target)?;
    let plain = Vec::with_capacity(length + 32);
    let mut head =
        Head { length, framing: Framing::None, waits: false, is_last: false, forwarded_for: None, plain };
    head.plain.extend_from_slice(format!("{method} {target} HTTP/1.{version}\r\n").as_bytes());
    let mut said = Said::default();
    for header in request.headers.iter() {
        said.take(header, &mut head)?;
    }
    head.framing = said.framing(version)?;
    head.is_last = said.closes || (version == 0 && !said.stays);
    match (said.closes, said.stays, version) {
        (true, ..) => head.plain.extend_from_slice(b"connection: close\r\n"),
        (false, true, 0) => head.plain.extend_from_slice(b"connection: keep-alive\r\n"),
        _ => {}
    }
    Ok(Some(head))
}

/// Where the head ends, if it has come; refuses what no head contains as soon as it is there.
fn end(input: &[u8], seen: &mut usize) -> Result<Option<usize>, Problem> {
    let mut at = *seen;
    while let Some(found) = memchr::memchr2(b'\n', 0, &input[at..]) {
        let n = at + found;
        if input[n] == 0 {
            return Err(Problem::malformed("the head of the request contains a zero byte"));
        }
        if n == 0 || input[n - 1] != b'\r' {
            return Err(Problem::malformed("a line of the head does not end with CR LF"));
        }
        if n >= LONGEST_HEAD {
            break;
        }
        if n >= 3 && &input[n - 3..n] == b"\r\n\r" {
            return Ok(Some(n + 1));
        }
        at = n + 1;
    }
    *seen = input.len();
    let first_line = &input[..input.len().min(LONGEST_TARGET + AROUND_TARGET)];
    if input.len() > first_line.len() && !first_line.contains(&b'\n') {
        return Err(too_long());
    }
    if input.len() > LONGEST_HEAD {
        return Err(Problem::headers_too_large(format!("send at most {LONGEST_HEAD} bytes of head")));
    }
    Ok(None)
}

fn too_long() -> Problem {
    Problem::target_too_long(format!("send at most {LONGEST_TARGET} bytes of path and query"))
}

fn check_target(target: &str) -> Result<(), Problem> {
    if target.len() > LONGEST_TARGET {
        return Err(too_long());
    }
    if !target.starts_with('/') {
        return Err(Problem::malformed("ask for a path that begins with /"));
    }
    if !target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        return Err(Problem::malformed("the path holds a character that has to be written with %"));
    }
    Ok(())
}

/// What the headers say about the message itself.
#[derive(Default)]
struct Said {
    hosts: usize,
    length: Option<u64>,
    chunked: bool,
    closes: bool,
    stays: bool,
}

impl Said {
    fn take(&mut self, header: &httparse::Header<'_>, head: &mut Head) -> Result<(), Problem> {
        let malformed = |what: &'static str| Err(Problem::malformed(what));
        let name = header.name.to_ascii_lowercase();
        let value = header.value.trim_ascii();
        let is = |word: &str| value.eq_ignore_ascii_case(word.as_bytes());
        match name.as_str() {
            "host" => {
                self.hosts += 1;
                let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-_:[]".contains(byte);
                if !value.iter().all(plain) {
                    return malformed("the Host header names no host");
                }
            }
            "content-length" => {
                let digits = std::str::from_utf8(value).ok().filter(|text| {
                    (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
                });
                match (self.length, digits.and_then(|digits| digits.parse().ok())) {
                    (None, Some(length)) => self.length = Some(length),
                    _ => return malformed("send one Content-Length, with digits only"),
                }
            }
            "transfer-encoding" if self.chunked || !is("chunked") => {
                return malformed("the only Transfer-Encoding understood is chunked");
            }
            "transfer-encoding" => self.chunked = true,
            "connection" => {
                for word in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                    self.closes |= word.eq_ignore_ascii_case(b"close");
                    self.stays |= word.eq_ignore_ascii_case(b"keep-alive");
                }
            }
            "expect" => head.waits |= is("100-continue"),
            "x-forwarded-for" => {
                let last = value.rsplit(|byte| *byte == b',').next().unwrap_or_default().trim_ascii();
                head.forwarded_for = std::str::from_utf8(last).ok().and_then(|text| text.parse().ok());
            }
            _ => {}
        }
        if !NOT_PASSED_ON.contains(&name.as_str()) && !name.starts_with("x-forwarded-") {
            head.plain.extend_from_slice(name.as_bytes());
            head.plain.extend_from_slice(b": ");
            head.plain.extend_from_slice(value);
            head.plain.extend_from_slice(b"\r\n");
        }
        Ok(())
    }

    fn framing(&self, version: u8) -> Result<Framing, Problem> {
        if self.hosts > 1 || (self.hosts == 0 && version == 1) {
            return Err(Problem::malformed("send exactly one Host header"));
        }
        match (self.chunked, self.length) {
            (true, Some(_)) => Err(Problem::malformed("send Content-Length or Transfer-Encoding, not both")),
            (true, None) if version == 0 => {
                Err(Problem::malformed("HTTP/1.0 does not know Transfer-Encoding"))
            }
            (true, None) => Ok(Framing::Chunked),
            (false, Some(0) | None) => Ok(Framing::None),
            (false, Some(length)) => Ok(Framing::Length(length)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(text: &str) -> Result<Option<Head>, u16> {
        read(text.as_bytes(), &mut 0).map_err(|problem| problem.status)
    }

    #[test]
    fn a_head_is_found_wherever_it_is_cut() {
        let text = "GET /a?b HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
        let head = whole(text).expect("good").expect("complete");
        assert_eq!((head.length, head.framing), (text.len() - 3, Framing::Length(3)));
        for cut in 0..head.length {
            let mut seen = 0;
            assert_eq!(read(&text.as_bytes()[..cut], &mut seen).expect("good so far"), None, "{cut}");
            assert_eq!(read(text.as_bytes(), &mut seen).expect("good").expect("complete"), head, "{cut}");
        }
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for (lines, status) in [
            ("Host: x\r\nHost: x", 400),
            ("A: b", 400),
            ("Host: x y", 400),
            ("Host: x\r\nContent-Length: 1\r\nContent-Length: 1", 400),
            ("Host: x\r\nContent-Length: +1", 400),
            ("Host: x\r\nContent-Length: 1, 1", 400),
            ("Host: x\r\nContent-Length: ", 400),
            ("Host: x\r\nContent-Length: 0x1", 400),
            ("Host: x\r\nContent-Length: 99999999999999999999", 400),
            ("Host: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked", 400),
            ("Host: x\r\nTransfer-Encoding: identity", 400),
            ("Host: x\r\nTransfer-Encoding: gzip, chunked", 400),
            ("Host: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked", 400),
            ("Host: x\r\nTransfer-Encoding : chunked", 400),
            ("Host: x\r\nA: b\r\n c", 400),
            ("Host: x\r\n : b", 400),
            ("Host: x\nA: b", 400),
            ("Host: x\r\nA: b\0", 400),
        ] {
            assert_eq!(whole(&format!("POST / HTTP/1.1\r\n{lines}\r\n\r\n")), Err(status), "{lines:?}");
        }
        for line in [
            "GET http://x/ HTTP/1.1",
            "GET * HTTP/1.1",
            "GET /ü HTTP/1.1",
            "GET /#a HTTP/1.1",
            "GET / HTTP/2.0",
        ] {
            assert_eq!(whole(&format!("{line}\r\nHost: x\r\n\r\n")), Err(400), "{line}");
        }
        assert_eq!(whole("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), Err(400));
    }

    #[test]
    fn limits_hold_to_the_byte() {
        let target = |length: usize| format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "a".repeat(length - 1));
        assert!(whole(&target(LONGEST_TARGET)).expect("good").is_some());
        assert_eq!(whole(&target(LONGEST_TARGET + 1)), Err(414));
        assert_eq!(whole(&"a".repeat(LONGEST_TARGET + AROUND_TARGET + 1)), Err(414));
        let headers =
            |count: usize| format!("GET / HTTP/1.1\r\nHost: x\r\n{}\r\n", "A: b\r\n".repeat(count - 1));
        assert!(whole(&headers(MOST_HEADERS)).expect("good").is_some());
        assert_eq!(whole(&headers(MOST_HEADERS + 1)), Err(431));
        assert_eq!(whole(&format!("GET / HTTP/1.1\r\nHost: {}", "x".repeat(LONGEST_HEAD))), Err(431));
    }

    #[test]
    fn the_application_sees_nothing_it_must_not_believe() {
        let head = whole(
            "PUT /a HTTP/1.1\r\nHOST: x\r\nX-Forwarded-For: 1.1.1.1, 10.0.0.7\r\nX-Forwarded-Proto: https\r\n\
             Forwarded: for=a\r\nX-Real-IP: b\r\nX-Remote-User: admin\r\nX-HTTP-Method-Override: DELETE\r\n\
             Expect: 100-continue\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nAccept: */*\r\n\r\n",
        )
        .expect("good")
        .expect("complete");
        let plain = String::from_utf8(head.plain).expect("ASCII");
        assert_eq!(plain, "PUT /a HTTP/1.1\r\nhost: x\r\naccept: */*\r\nconnection: close\r\n");
        assert_eq!(head.forwarded_for, Some("10.0.0.7".parse().expect("an address")));
        assert!(head.waits);
    }
}

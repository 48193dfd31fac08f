//! What a server may send at all: every message is measured before a parser sees it.
//!
//! `lber` descends into nested values by recursion and trusts every length; a hostile or broken
//! server could end the process with a stack overflow, or keep it waiting for bytes that cannot
//! come. So each message is checked as a whole, without recursion deeper than [`DEEPEST`].

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt};

/// The longest message in bytes; a person's entry with 10,000 groups takes about one tenth.
pub const LONGEST: usize = 4 * 1024 * 1024;
/// How deep values may nest; an entry of a search needs five levels.
pub const DEEPEST: usize = 16;
/// The most values in one message: parsed, each costs far more memory than on the wire.
pub const MOST: usize = 100_000;

/// Why a message is not passed on; the connection ends with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Objection {
    #[error("a message longer than 4 MiB")]
    TooLong,
    #[error("values nested more than 16 deep")]
    TooDeep,
    #[error("more than 100,000 values in one message")]
    TooMany,
    #[error("not an LDAP message")]
    Malformed,
}

/// The next whole message from `server`, checked; none at a clean end of the stream.
///
/// Reads not one byte more than the message, and keeps memory in step with the bytes that really
/// came: a claimed length reserves nothing.
///
/// # Errors
/// The connection's own, or an [`Objection`] as [`io::ErrorKind::InvalidData`].
pub async fn next_message<S: AsyncRead + Unpin>(server: &mut S) -> io::Result<Option<Vec<u8>>> {
    let mut message = Vec::with_capacity(512);
    if server.take(2).read_to_end(&mut message).await? == 0 {
        return Ok(None);
    }
    let &[kind, first] = message.as_slice() else { return Err(cut_off()) };
    if kind != SEQUENCE {
        return Err(refused(Objection::Malformed));
    }
    let more = length_bytes(first).map_err(refused)?;
    if server.take(more as u64).read_to_end(&mut message).await? != more {
        return Err(cut_off());
    }
    let (length, _) = length(&message[1..]).map_err(refused)?;
    if length > LONGEST {
        return Err(refused(Objection::TooLong));
    }
    if server.take(length as u64).read_to_end(&mut message).await? != length {
        return Err(cut_off());
    }
    check(&message).map_err(refused)?;
    Ok(Some(message))
}

/// The contents of a checked message.
pub fn contents(message: &[u8]) -> Option<&[u8]> {
    message.get(1..).and_then(after_length)
}

/// What follows a length at the start of `bytes`.
pub fn after_length(bytes: &[u8]) -> Option<&[u8]> {
    let (_, taken) = length(bytes).ok()?;
    bytes.get(taken..)
}

fn refused(objection: Objection) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, objection)
}

fn cut_off() -> io::Error {
    io::ErrorKind::UnexpectedEof.into()
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const CONSTRUCTED: u8 = 0x20;

/// Whether `message` is one LDAP message: a sequence that starts with a message number and an
/// operation, with every inner length filling its parent exactly.
fn check(message: &[u8]) -> Result<(), Objection> {
    let (kind, body, rest) = value(message)?;
    if kind != SEQUENCE || !rest.is_empty() {
        return Err(Objection::Malformed);
    }
    let (number, digits, operation) = value(body)?;
    if number != INTEGER || digits.is_empty() || digits.len() > 4 || operation.is_empty() {
        return Err(Objection::Malformed);
    }
    let mut seen = 0;
    descend(body, 1, &mut seen)
}

fn descend(mut body: &[u8], depth: usize, seen: &mut usize) -> Result<(), Objection> {
    if depth > DEEPEST {
        return Err(Objection::TooDeep);
    }
    while !body.is_empty() {
        *seen += 1;
        if *seen > MOST {
            return Err(Objection::TooMany);
        }
        let (kind, inner, rest) = value(body)?;
        if kind & CONSTRUCTED != 0 {
            descend(inner, depth + 1, seen)?;
        }
        body = rest;
    }
    Ok(())
}

/// The identifier and the contents of the first value in `bytes`, and what follows it.
fn value(bytes: &[u8]) -> Result<(u8, &[u8], &[u8]), Objection> {
    let (&kind, rest) = bytes.split_first().ok_or(Objection::Malformed)?;
    // LDAP has no tag numbers above 30, and `lber` cannot read them.
    if kind & 0x1f == 0x1f {
        return Err(Objection::Malformed);
    }
    let (length, taken) = length(rest)?;
    let contents = rest.get(taken..).ok_or(Objection::Malformed)?;
    if contents.len() < length {
        return Err(Objection::Malformed);
    }
    let (inner, rest) = contents.split_at(length);
    Ok((kind, inner, rest))
}

/// How many bytes of length follow the first one; LDAP forbids the indefinite form (RFC 4511 §5.1).
fn length_bytes(first: u8) -> Result<usize, Objection> {
    match first {
        0..=0x7f => Ok(0),
        0x81..=0x88 => Ok(usize::from(first & 0x7f)),
        _ => Err(Objection::Malformed),
    }
}

/// A length, and how many bytes it took.
fn length(bytes: &[u8]) -> Result<(usize, usize), Objection> {
    let &first = bytes.first().ok_or(Objection::Malformed)?;
    let more = length_bytes(first)?;
    if more == 0 {
        return Ok((usize::from(first), 1));
    }
    let digits = bytes.get(1..=more).ok_or(Objection::Malformed)?;
    let length = digits.iter().fold(0_u64, |length, &digit| length << 8 | u64::from(digit));
    Ok((usize::try_from(length).map_err(|_| Objection::TooLong)?, 1 + more))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(kind: u8, inner: &[u8]) -> Vec<u8> {
        let length = u32::try_from(inner.len()).expect("short").to_be_bytes();
        [&[kind, 0x84], length.as_slice(), inner].concat()
    }

    fn message(operation: &[u8]) -> Vec<u8> {
        wrapped(SEQUENCE, &[&[INTEGER, 1, 7], operation].concat())
    }

    fn nested(levels: usize) -> Vec<u8> {
        (0..levels).fold(vec![0x04, 0], |inner, _| wrapped(SEQUENCE, &inner))
    }

    #[test]
    fn an_ordinary_message_passes() {
        let done = [0x65, 7, 0x0a, 1, 0, 4, 0, 4, 0];
        assert_eq!(check(&message(&done)), Ok(()));
        assert_eq!(check(&[&[0x30, 12, 2, 1, 7], done.as_slice()].concat()), Ok(()));
    }

    #[test]
    fn deep_nesting_is_refused_where_the_parser_would_still_live() {
        assert_eq!(check(&message(&nested(DEEPEST - 1))), Ok(()));
        assert_eq!(check(&message(&nested(DEEPEST))), Err(Objection::TooDeep));
        assert_eq!(check(&message(&nested(8_000))), Err(Objection::TooDeep));
    }

    #[test]
    fn too_many_values_are_refused() {
        assert_eq!(check(&message(&wrapped(0x31, &[4, 0].repeat(MOST)))), Err(Objection::TooMany));
    }

    #[test]
    fn lengths_that_do_not_add_up_are_refused() {
        for odd in [
            vec![],
            vec![0x30],
            vec![0x30, 0x80, 0, 0],
            vec![0x30, 0],
            vec![0x30, 3, 2, 1, 7],
            vec![0x30, 5, 4, 1, 7, 5, 0],
            vec![0x30, 5, 2, 1, 7, 4, 9],
            vec![0x30, 5, 2, 1, 7, 0x1f, 0],
            [message(&[5, 0]), vec![0]].concat(),
            message(&[0x24, 0x89, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
        ] {
            assert_eq!(check(&odd), Err(Objection::Malformed), "{odd:02x?}");
        }
    }

    proptest::proptest! {
        // A failure is told with its input; nothing is written into the tree.
        #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..proptest::prelude::ProptestConfig::default() })]

        #[test]
        fn whatever_passes_is_read_to_its_end(noise in proptest::collection::vec(0_u8..=255, 0..200)) {
            for bytes in [message(&noise), noise] {
                if check(&bytes).is_ok() {
                    let (rest, _) = ldap3::asn1::parse_tag(&bytes).expect("the parser agrees");
                    proptest::prop_assert!(rest.is_empty());
                }
            }
        }
    }
}

//! The body of a request: taken in whole, up to its limit; beyond it thrown away, up to another.

use bytes::{Buf, BytesMut};

use super::head::Framing;
use crate::api::extract::LARGEST_BODY;
use crate::api::problem::Problem;

/// What is read and thrown away of a body that is too large, so that its sender hears why and may
/// use the connection again. In bytes.
pub const MOST_DISCARDED: u64 = 2 << 20;
/// The longest line between chunks, in bytes.
const LONGEST_LINE: usize = 256;
/// The most lines behind the last chunk.
const MOST_TRAILERS: usize = 16;

/// A body on its way in.
#[derive(Debug)]
pub struct Body {
    state: State,
    /// What has come so far, without its framing; empty once it is too much.
    pub content: Vec<u8>,
    /// How much has come, in bytes.
    pub received: u64,
}

#[derive(Debug)]
enum State {
    /// So many bytes are still to come.
    Length(u64),
    ChunkSize,
    Chunk(u64),
    ChunkEnd,
    /// So many lines have come behind the last chunk.
    Trailers(usize),
    Complete,
}

/// How far it has come.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    More,
    Complete,
    /// It came to its end, and is too large.
    Discarded,
}

impl Body {
    /// # Errors
    /// Where it is announced to be larger than is worth reading.
    pub fn new(framing: Framing) -> Result<Self, Problem> {
        let (state, room) = match framing {
            Framing::None => (State::Complete, 0),
            Framing::Length(length) if length > MOST_DISCARDED => return Err(too_large()),
            Framing::Length(length) => (State::Length(length), 1024),
            Framing::Chunked => (State::ChunkSize, 1024),
        };
        Ok(Self { state, content: Vec::with_capacity(room), received: 0 })
    }

    /// Whether it is announced to be larger than is taken: nobody needs to be asked for it.
    pub fn announced_too_large(&self) -> bool {
        matches!(self.state, State::Length(length) if length > LARGEST_BODY as u64)
    }

    /// Takes from `input` what belongs to it.
    ///
    /// # Errors
    /// Where its framing is broken, or it is larger than is worth reading.
    pub fn take(&mut self, input: &mut BytesMut) -> Result<Progress, Problem> {
        loop {
            match self.state {
                State::Complete if self.received > LARGEST_BODY as u64 => return Ok(Progress::Discarded),
                State::Complete => return Ok(Progress::Complete),
                _ if input.is_empty() => return Ok(Progress::More),
                State::Length(left) => {
                    let left = left - self.content_from(input, left)?;
                    self.state = if left == 0 { State::Complete } else { State::Length(left) };
                }
                State::Chunk(left) => {
                    let left = left - self.content_from(input, left)?;
                    self.state = if left == 0 { State::ChunkEnd } else { State::Chunk(left) };
                }
                State::ChunkSize => match line(input)? {
                    None => return Ok(Progress::More),
                    Some(line) => {
                        let size = chunk_size(&line).ok_or_else(broken)?;
                        self.state = if size == 0 { State::Trailers(0) } else { State::Chunk(size) };
                    }
                },
                State::ChunkEnd => match line(input)? {
                    None => return Ok(Progress::More),
                    Some(line) if line.is_empty() => self.state = State::ChunkSize,
                    Some(_) => return Err(broken()),
                },
                State::Trailers(count) => match line(input)? {
                    None => return Ok(Progress::More),
                    Some(line) if line.is_empty() => self.state = State::Complete,
                    Some(_) if count < MOST_TRAILERS => self.state = State::Trailers(count + 1),
                    Some(_) => return Err(broken()),
                },
            }
        }
    }

    fn content_from(&mut self, input: &mut BytesMut, left: u64) -> Result<u64, Problem> {
        let taken = input.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.received += taken as u64;
        if self.received > MOST_DISCARDED {
            return Err(too_large());
        }
        if self.received > LARGEST_BODY as u64 {
            self.content = Vec::new();
        } else {
            self.content.extend_from_slice(&input[..taken]);
        }
        input.advance(taken);
        Ok(taken as u64)
    }
}

/// The refusal of a body that is larger than is taken.
pub fn too_large() -> Problem {
    Problem::too_large(format!("send at most {LARGEST_BODY} bytes"))
}

fn broken() -> Problem {
    Problem::malformed("the body's chunks are not framed as HTTP/1.1 has it")
}

/// The next line without its end, if all of it has come.
fn line(input: &mut BytesMut) -> Result<Option<BytesMut>, Problem> {
    match input.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n') {
        None if input.len() >= LONGEST_LINE => Err(broken()),
        None => Ok(None),
        Some(end) if end == 0 || input[end - 1] != b'\r' || input[..end - 1].contains(&b'\r') => {
            Err(broken())
        }
        Some(end) => {
            let mut line = input.split_to(end + 1);
            line.truncate(end - 1);
            Ok(Some(line))
        }
    }
}

/// Hexadecimal digits; an extension behind them is for nobody.
fn chunk_size(line: &[u8]) -> Option<u64> {
    let digits = line.split(|byte| *byte == b';').next()?;
    let plain = (1..=8).contains(&digits.len()) && digits.iter().all(u8::is_ascii_hexdigit);
    u64::from_str_radix(std::str::from_utf8(digits).ok().filter(|_| plain)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fed byte by byte: how it ended, what came, what was left over.
    fn feed(framing: Framing, bytes: &[u8]) -> (Result<Progress, u16>, Vec<u8>, usize) {
        let mut body = Body::new(framing).expect("not announced too large");
        let mut input = BytesMut::new();
        for (n, byte) in bytes.iter().enumerate() {
            input.extend_from_slice(&[*byte]);
            match body.take(&mut input) {
                Ok(Progress::More) => {}
                done => {
                    let left = bytes.len() - n - 1;
                    return (done.map_err(|problem| problem.status), body.content, left);
                }
            }
        }
        (Ok(Progress::More), body.content, 0)
    }

    #[test]
    fn a_body_ends_where_its_framing_says() {
        assert_eq!(feed(Framing::Length(3), b"abcGET"), (Ok(Progress::Complete), b"abc".to_vec(), 3));
        let chunks = b"2\r\nab\r\n1;x=y\r\nc\r\n0\r\nTrailer: x\r\n\r\nGET";
        assert_eq!(feed(Framing::Chunked, chunks), (Ok(Progress::Complete), b"abc".to_vec(), 3));
        assert_eq!(feed(Framing::Chunked, b"2\r\nab\r\n").0, Ok(Progress::More));
    }

    #[test]
    fn broken_chunks_are_refused() {
        for bytes in [
            &b"2\nab\r\n"[..],
            b"+2\r\nab",
            b"0x2\r\nab",
            b" 2\r\nab",
            b"2 \r\nab",
            b"\r\n",
            b"-1\r\n",
            b"fffffffff\r\n",
            b"2\r\nabc\r\n",
            b"2\r\nab\n0\r\n\r\n",
            b"2;\r\r\nab",
            b"zz\r\n",
        ] {
            assert_eq!(feed(Framing::Chunked, bytes).0, Err(400), "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn a_body_too_large_is_thrown_away_and_one_far_too_large_is_not_read() {
        let whole = |length: usize| {
            let mut body = Body::new(Framing::Length(length as u64)).expect("worth reading");
            let progress = body.take(&mut BytesMut::from(&vec![b'x'; length][..])).expect("framed");
            (progress, body.content.len())
        };
        assert_eq!(whole(LARGEST_BODY), (Progress::Complete, LARGEST_BODY));
        assert_eq!(whole(LARGEST_BODY + 1), (Progress::Discarded, 0));
        assert_eq!(Body::new(Framing::Length(MOST_DISCARDED + 1)).expect_err("too large").status, 413);
        let mut chunks = Body::new(Framing::Chunked).expect("unknown");
        let endless = (0..40).find_map(|_| {
            let mut chunk = BytesMut::from(&b"10000\r\n"[..]);
            chunk.extend_from_slice(&vec![b'x'; 0x10000]);
            chunk.extend_from_slice(b"\r\n");
            chunks.take(&mut chunk).err()
        });
        assert_eq!(endless.expect("refused in the end").status, 413);
    }
}

//! A connection with deadlines: it hands the application whole requests, one after the other, and refuses the rest itself.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

use super::body::{Body, Progress, too_large};
use super::head::{self, Head};
use super::{Ending, Exchange, Rules};
use crate::api::answer;
use crate::api::problem::Problem;

/// Read from the connection at a time, in bytes.
const GULP: usize = 8 << 10;
/// How long a new connection may still ask for something when the service is about to end.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// How long a client that was refused may take to hear it before the connection is dropped.
const LINGER: Duration = Duration::from_secs(2);

/// A connection as the application sees it.
pub struct Porter<T> {
    io: T,
    peer: Option<IpAddr>,
    rules: Arc<Rules>,
    exchange: Rc<Exchange>,
    phase: Phase,
    /// Since when it is in its phase.
    since: Instant,
    /// Read and not understood yet.
    raw: BytesMut,
    /// How much of it was searched for the end of a head.
    seen: usize,
    /// A whole request on its way to the application.
    ready: BytesMut,
    /// Something of our own on its way to the client.
    reply: BytesMut,
    /// Since when the client has not taken what is there for it.
    stuck: Option<Instant>,
    /// Comes when the service is about to end.
    ending: Option<Ending>,
    /// When it came.
    ended: Option<Instant>,
    timer: Pin<Box<Sleep>>,
}

enum Phase {
    /// Nothing asked; true: and never was.
    Idle(bool),
    /// Some of a head has come.
    Head,
    /// Some of a body may have come.
    Body(Head, Body),
    /// The application has the request.
    Answering,
    /// Refused: the client is being told.
    Telling,
    /// Told: the client may stop sending.
    Lingering,
    Gone,
}

impl<T> Porter<T> {
    pub fn new(io: T, peer: Option<SocketAddr>, rules: Arc<Rules>, ending: Ending) -> Self {
        let now = Instant::now();
        Self {
            io,
            peer: peer.map(|peer| peer.ip()),
            timer: Box::pin(sleep_until(now + rules.deadlines.head)),
            rules,
            exchange: Rc::default(),
            phase: Phase::Idle(true),
            since: now,
            raw: BytesMut::new(),
            seen: 0,
            ready: BytesMut::new(),
            reply: BytesMut::new(),
            stuck: None,
            ending: Some(ending),
            ended: None,
        }
    }

    pub fn exchange(&self) -> Rc<Exchange> {
        self.exchange.clone()
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.since = Instant::now();
        self.seen = 0;
    }

    /// When the phase has lasted too long; none while the application has its turn.
    fn deadline(&self) -> Option<Instant> {
        let deadlines = &self.rules.deadlines;
        if let (Phase::Idle(is_new), Some(ended)) = (&self.phase, self.ended) {
            // Whoever was answered knows of no request of theirs; whoever has just come is about to ask.
            return Some(if *is_new { ended + LAST_WORDS } else { ended });
        }
        let patience = match &self.phase {
            Phase::Idle(false) => deadlines.idle,
            Phase::Idle(true) | Phase::Head => deadlines.head,
            Phase::Body(_, body) => {
                let earned = Duration::from_millis(body.received * 1000 / deadlines.slowest_body);
                deadlines.body.min(deadlines.first_of_body + earned)
            }
            Phase::Telling | Phase::Lingering => LINGER,
            Phase::Answering | Phase::Gone => return None,
        };
        Some(self.since + patience)
    }

    /// Whether `deadline` has passed; if not, the task is woken when it has.
    fn is_past(&mut self, deadline: Instant, cx: &mut Context<'_>) -> bool {
        loop {
            // An earlier alarm is left as it is: it costs less to be woken in vain, once a minute.
            if self.timer.deadline() > deadline {
                self.timer.as_mut().reset(deadline);
            }
            if self.timer.as_mut().poll(cx).is_pending() {
                return false;
            }
            if Instant::now() >= deadline {
                return true;
            }
            self.timer.as_mut().reset(deadline);
        }
    }

    fn look_for_the_end(&mut self, cx: &mut Context<'_>) {
        if self.ending.as_mut().is_some_and(|ending| ending.as_mut().poll(cx).is_ready()) {
            (self.ending, self.ended) = (None, Some(Instant::now()));
            self.exchange.last.set(true);
        }
    }

    fn refuse(&mut self, problem: &Problem, closes: bool) {
        self.reply.extend_from_slice(&answer::refusal(problem, closes, &self.rules.meter));
        self.enter(if closes { Phase::Telling } else { Phase::Idle(false) });
    }

    /// Looks at what has come. False: more is needed.
    fn understand(&mut self) -> bool {
        match &mut self.phase {
            Phase::Idle(_) => {
                // A client may end what it sent before with one more line.
                while self.raw.starts_with(b"\r\n") {
                    self.raw.advance(2);
                }
                if self.raw.is_empty() || self.raw[..] == b"\r"[..] {
                    return false;
                }
                self.enter(Phase::Head);
                true
            }
            Phase::Head => {
                match head::read(&self.raw, &mut self.seen) {
                    Ok(None) => return false,
                    Ok(Some(head)) => self.head(head),
                    Err(problem) => self.refuse(&problem, true),
                }
                true
            }
            Phase::Body(head, body) => {
                match body.take(&mut self.raw) {
                    Ok(Progress::More) => return false,
                    Ok(Progress::Complete) => {
                        self.ready.extend_from_slice(&head.plain);
                        if !body.content.is_empty() {
                            let length = format!("content-length: {}\r\n", body.content.len());
                            self.ready.extend_from_slice(length.as_bytes());
                        }
                        self.ready.extend_from_slice(b"\r\n");
                        self.ready.extend_from_slice(&body.content);
                        self.enter(Phase::Answering);
                    }
                    Ok(Progress::Discarded) => {
                        let closes = head.is_last;
                        self.refuse(&too_large(), closes);
                    }
                    Err(problem) => self.refuse(&problem, true),
                }
                true
            }
            Phase::Answering | Phase::Telling | Phase::Lingering | Phase::Gone => false,
        }
    }

    fn head(&mut self, head: Head) {
        self.raw.advance(head.length);
        let proxied = self.peer.is_some_and(|peer| self.rules.trusted_proxies.contains(&peer));
        self.exchange.client.set(head.forwarded_for.filter(|_| proxied).or(self.peer));
        match Body::new(head.framing) {
            Err(problem) => self.refuse(&problem, true),
            // Whoever asks before sending is told before sending.
            Ok(body) if head.waits && body.announced_too_large() => self.refuse(&too_large(), true),
            Ok(body) => {
                if head.waits && self.raw.is_empty() && head.framing != head::Framing::None {
                    self.reply.extend_from_slice(b"HTTP/1.1 100 Continue\r\n\r\n");
                }
                self.enter(Phase::Body(head, body));
            }
        }
    }

    fn too_late(&mut self) {
        match self.phase {
            Phase::Head => {
                self.refuse(&Problem::too_slow("the head of the request did not come in time"), true)
            }
            Phase::Body(..) => self.refuse(&Problem::too_slow("the body did not come in time"), true),
            _ => self.enter(Phase::Gone),
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Porter<T> {
    /// Sends what is our own.
    fn poll_reply(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.reply.is_empty() {
            let sent = ready!(Pin::new(&mut self.io).poll_write(cx, &self.reply))?;
            if sent == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.reply.advance(sent);
        }
        Pin::new(&mut self.io).poll_flush(cx)
    }

    /// Reads a little; ready with 0 at the end.
    fn poll_gulp(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut gulp = [std::mem::MaybeUninit::uninit(); GULP];
        let mut gulp = ReadBuf::uninit(&mut gulp);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut gulp))?;
        if !matches!(self.phase, Phase::Lingering) {
            self.raw.extend_from_slice(gulp.filled());
        }
        Poll::Ready(Ok(gulp.filled().len()))
    }

    /// One step with the connection. Ready: something has changed.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.reply.is_empty() {
            ready!(self.poll_reply(cx))?;
            if !matches!(self.phase, Phase::Telling) {
                return Poll::Ready(Ok(()));
            }
        }
        if matches!(self.phase, Phase::Telling) {
            ready!(Pin::new(&mut self.io).poll_shutdown(cx))?;
            self.enter(Phase::Lingering);
            self.raw = BytesMut::new();
        }
        if ready!(self.poll_gulp(cx))? == 0 {
            // What was half said is not said any more.
            self.enter(Phase::Gone);
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncRead for Porter<T> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let porter = self.get_mut();
        porter.look_for_the_end(cx);
        loop {
            if !porter.ready.is_empty() {
                let some = porter.ready.len().min(into.remaining());
                into.put_slice(&porter.ready[..some]);
                porter.ready.advance(some);
                if porter.ready.is_empty() && porter.ready.capacity() > GULP {
                    // A large request is no reason to keep its room for as long as the connection.
                    (porter.ready, porter.raw) = (BytesMut::new(), BytesMut::from(&porter.raw[..]));
                }
                return Poll::Ready(Ok(()));
            }
            match porter.phase {
                // One request at a time: the next one waits where it is.
                Phase::Answering => return Poll::Pending,
                Phase::Gone => return Poll::Ready(Ok(())),
                _ => {}
            }
            // What is our own to say comes before whatever is asked next.
            if porter.reply.is_empty() && porter.understand() {
                continue;
            }
            match porter.poll_step(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => porter.enter(Phase::Gone),
                Poll::Pending => match porter.deadline() {
                    Some(deadline) if porter.is_past(deadline, cx) => porter.too_late(),
                    _ => return Poll::Pending,
                },
            }
        }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Porter<T> {
    /// Passes on what a write came to, unless the client has taken nothing for too long.
    fn in_time<V>(&mut self, done: Poll<io::Result<V>>, cx: &mut Context<'_>) -> Poll<io::Result<V>> {
        if done.is_ready() {
            return done;
        }
        let began = *self.stuck.get_or_insert_with(Instant::now);
        let deadline = began + self.rules.deadlines.write;
        if self.is_past(deadline, cx) {
            self.enter(Phase::Gone);
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Poll::Pending
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Porter<T> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let porter = self.get_mut();
        let done = Pin::new(&mut porter.io).poll_write(cx, bytes);
        porter.in_time(done, cx)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let porter = self.get_mut();
        let done = Pin::new(&mut porter.io).poll_flush(cx);
        let done = porter.in_time(done, cx);
        if let Poll::Ready(Ok(())) = done {
            porter.stuck = None;
            if matches!(porter.phase, Phase::Answering) && porter.exchange.answered.take() {
                porter.enter(Phase::Idle(false));
                // Nobody has looked at the connection meanwhile.
                cx.waker().wake_by_ref();
            }
        }
        done
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let porter = self.get_mut();
        let done = Pin::new(&mut porter.io).poll_shutdown(cx);
        porter.in_time(done, cx)
    }
}

//! Between a server and the LDAP client: bytes pass only as whole, checked messages.

use std::io;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::guard::{self, Objection};

const FAREWELL: Duration = Duration::from_secs(1);

/// Why a relay ended, where the server's bytes were to blame.
#[derive(Debug, Clone, Default)]
pub struct Verdict(Arc<OnceLock<Objection>>);

impl Verdict {
    pub fn objection(&self) -> Option<Objection> {
        self.0.get().copied()
    }
}

/// The client's end of a connection to `server`; TLS, where there is any, ends before.
///
/// The relay lives until either side closes, and is cut off with everything it holds.
///
/// # Errors
/// Where the system has no more sockets.
pub fn open<S>(server: S) -> io::Result<(StdUnixStream, Verdict)>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (client, ours) = StdUnixStream::pair()?;
    ours.set_nonblocking(true)?;
    let ours = UnixStream::from_std(ours)?;
    let verdict = Verdict::default();
    let judged = verdict.clone();
    tokio::spawn(async move {
        let (from_server, mut to_server) = tokio::io::split(server);
        let (mut from_client, to_client) = ours.into_split();
        let ended = tokio::select! {
            ended = checked(from_server, to_client, &judged) => ended,
            ended = tokio::io::copy(&mut from_client, &mut to_server) => ended.map(drop),
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection to the directory server ended");
        }
        // Tells TLS servers that this is the end. One that reads no more must not keep the task.
        let _ = timeout(FAREWELL, to_server.shutdown()).await;
    });
    Ok((client, verdict))
}

/// Passes messages on until the server closes, or sends what it must not.
async fn checked(
    server: impl AsyncRead + Unpin,
    mut client: impl AsyncWrite + Unpin,
    verdict: &Verdict,
) -> io::Result<()> {
    let mut server = BufReader::new(server);
    loop {
        let message = guard::next_message(&mut server).await.inspect_err(|error| {
            if let Some(objection) = error.get_ref().and_then(|inner| inner.downcast_ref::<Objection>()) {
                // Before `client` is dropped: who sees the end must find the reason.
                let _ = verdict.0.set(*objection);
                tracing::warn!(%objection, "the directory server's bytes are refused");
            }
        })?;
        let Some(message) = message else { return Ok(()) };
        client.write_all(&message).await?;
    }
}

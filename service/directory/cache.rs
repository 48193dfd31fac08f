//! What is known of people's groups, how old it is, and when to ask again.

mod breaker;
mod memory;

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt as _;
use serde::Serialize;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use self::breaker::{Breaker, Leave};
use self::memory::{Known, Memory};
use super::{Answer, Directory, DirectoryError};
use crate::clock::Clock;
use crate::config::directory::MembershipSettings;
use crate::groups::{GroupId, Membership, SourceName, SourceState, Standing, Username};

/// How long a person waits for a source; a lookup that takes longer goes on in the background.
pub const PATIENCE: Duration = Duration::from_secs(1);
/// A person who was not found is asked for again after this: accounts are created minutes before
/// their first use.
const NOT_FOUND_FOR: TimeDelta = TimeDelta::seconds(15);
/// People remembered at least; of more, those whose answers are oldest are forgotten.
const PEOPLE: usize = 100_000;

/// What a membership is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To show a form: `membership.fresh_for` holds.
    Form,
    /// To decide a start: `membership.start_within` holds.
    Start,
}

/// How one source is doing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SourceHealth {
    pub source: SourceName,
    /// Whether people are answered from memory at present.
    pub failing: bool,
    /// The last complete answer about anybody.
    pub last_success: Option<DateTime<Utc>>,
    /// What went wrong last, if that was after the last success. Holds no names and no secrets.
    pub last_error: Option<String>,
}

/// Everybody's groups, from all sources. Clones share what is known.
#[derive(Clone)]
pub struct Memberships(Arc<Inner>);

struct Inner {
    sources: Vec<Box<dyn Directory>>,
    fresh_for: TimeDelta,
    start_within: TimeDelta,
    stale_for: TimeDelta,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

struct State {
    memory: Memory,
    /// One for each source.
    breakers: Vec<Breaker>,
    /// Lookups under way; a receiver is told by its sender's end.
    flights: HashMap<(usize, Username), watch::Receiver<()>>,
}

impl Memberships {
    /// The memory of `sources`, empty; `clock` tells when answers arrived.
    pub fn new(
        sources: Vec<Box<dyn Directory>>,
        settings: MembershipSettings,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let span = |age: Duration| TimeDelta::from_std(age).unwrap_or(TimeDelta::MAX);
        let state = State {
            memory: Memory::new(PEOPLE),
            breakers: sources.iter().map(|_| Breaker::default()).collect(),
            flights: HashMap::new(),
        };
        Self(Arc::new(Inner {
            fresh_for: span(settings.fresh_for),
            start_within: span(settings.start_within),
            stale_for: span(settings.stale_for),
            clock,
            sources,
            state: Mutex::new(state),
        }))
    }

    /// The groups of `person` as far as they are known `now`, each source with its standing.
    ///
    /// Sources are asked only where the last answer is too old for `purpose`, all at once, and
    /// waited for at most [`PATIENCE`]; then what is known must do. `hub_groups` are those the hub
    /// sent along: they are as fresh as the request.
    ///
    /// Needs a tokio runtime around it, as lookups outlive the request that began them.
    pub async fn of(
        &self,
        person: &Username,
        hub_groups: &[String],
        purpose: Purpose,
        now: DateTime<Utc>,
    ) -> Membership {
        let deadline = Instant::now() + PATIENCE;
        for (source, mut landed) in self.0.ask(person, purpose, now) {
            // An error is the news: the flight's sender is gone, and memory holds the answer.
            if timeout_at(deadline, landed.changed()).await.is_err() {
                self.0.state().breakers[source].slow(now);
            }
        }
        self.0.known(person, hub_groups, purpose, now)
    }

    /// Forgets a person; whoever asks for them next asks the sources.
    pub fn forget(&self, person: &Username) {
        self.0.state().memory.forget(person);
    }

    /// Forgets whoever was answered for so long ago that nothing is told of them any more.
    pub fn forget_old(&self, now: DateTime<Utc>) {
        let limit = now.checked_sub_signed(self.0.stale_for).unwrap_or(DateTime::<Utc>::MIN_UTC);
        self.0.state().memory.forget_before(limit);
    }

    /// How the sources are doing, in the order of the configuration.
    pub fn health(&self) -> Vec<SourceHealth> {
        let state = self.0.state();
        let named = self.0.sources.iter().zip(&state.breakers);
        named.map(|(source, breaker)| breaker.health(source.name())).collect()
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is complete before anything can panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins the lookups that are due, and names those worth waiting for.
    fn ask(
        self: &Arc<Self>,
        person: &Username,
        purpose: Purpose,
        now: DateTime<Utc>,
    ) -> Vec<(usize, watch::Receiver<()>)> {
        let mut state = self.state();
        let mut waits = Vec::new();
        for source in 0..self.sources.len() {
            let known = state.memory.of(source, person);
            if known.is_some_and(|known| self.is_fresh(&known, purpose, now)) {
                continue;
            }
            if self.sources[source].is_never_asked_about(person) {
                // An answer without a question: whether the source answers others, it does not tell.
                state.memory.keep(source, person, std::iter::empty(), false, now);
                continue;
            }
            let flight = state.flights.get(&(source, person.clone())).cloned();
            match (flight, state.breakers[source].is_open()) {
                (Some(landed), false) => waits.push((source, landed)),
                // Somebody waits for it already; the next page will show it.
                (Some(_), true) => {}
                (None, _) => match state.breakers[source].leave(now) {
                    Leave::Ask => waits.push((source, self.launch(&mut state, source, person, false))),
                    Leave::Probe => waits.push((source, self.launch(&mut state, source, person, true))),
                    Leave::MakeDo => {}
                },
            }
        }
        waits
    }

    fn launch(
        self: &Arc<Self>,
        state: &mut State,
        source: usize,
        person: &Username,
        probe: bool,
    ) -> watch::Receiver<()> {
        let (done, landed) = watch::channel(());
        state.flights.insert((source, person.clone()), landed.clone());
        let mut flight =
            Flight { inner: self.clone(), source, person: person.clone(), probe, answer: None, _done: done };
        tokio::spawn(async move {
            let inner = flight.inner.clone();
            let person = flight.person.clone();
            let asked = AssertUnwindSafe(inner.sources[source].groups_of(&person));
            let answer = asked.catch_unwind().await;
            flight.carry(answer.ok());
        });
        landed
    }

    fn known(
        &self,
        person: &Username,
        hub_groups: &[String],
        purpose: Purpose,
        now: DateTime<Utc>,
    ) -> Membership {
        let mut groups = std::collections::BTreeSet::new();
        let mut sources = Vec::with_capacity(self.sources.len() + 1);
        for (source, directory) in self.sources.iter().enumerate() {
            let state = self.state();
            let known = state.memory.of(source, person);
            let name = directory.name();
            let standing = match &known {
                None => Standing::Unknown,
                Some(known) if self.is_fresh(known, purpose, now) => Standing::Fresh,
                Some(known) if age(known, now) <= self.stale_for => Standing::Stale,
                Some(_) => Standing::Unknown,
            };
            if let Some(known) = known.as_ref().filter(|_| standing != Standing::Unknown) {
                let group = |id: &Arc<str>| GroupId { source: name.clone(), id: id.clone() };
                groups.extend(known.groups().map(group));
            }
            sources.push(SourceState {
                source: name,
                standing,
                checked_at: known.map(|known| known.checked_at),
            });
        }
        let hub = SourceName::hub();
        groups.extend(hub_groups.iter().map(|id| GroupId { source: hub.clone(), id: id.as_str().into() }));
        sources.push(SourceState { source: hub, standing: Standing::Fresh, checked_at: Some(now) });
        Membership { groups, sources }
    }

    fn is_fresh(&self, known: &Known<'_>, purpose: Purpose, now: DateTime<Utc>) -> bool {
        let limit = match purpose {
            Purpose::Form => self.fresh_for,
            Purpose::Start => self.start_within,
        };
        age(known, now) <= if known.found { limit } else { limit.min(NOT_FOUND_FOR) }
    }

    fn land(&self, flight: &mut Flight) {
        let now = self.clock.now();
        let broken_off = || DirectoryError::Protocol("a lookup broke off".to_owned());
        let answer = flight.answer.take().unwrap_or_else(|| Err(broken_off()));
        let mut state = self.state();
        state.flights.remove(&(flight.source, flight.person.clone()));
        let source = self.sources[flight.source].name();
        if let Err(error) = &answer {
            tracing::warn!(source = source.as_str(), %error, "a lookup of groups failed");
        }
        state.breakers[flight.source].landed(answer.as_ref().err(), flight.probe, now);
        if let Ok(Answer { groups, found }) = answer {
            let ids = groups.iter().map(|group| &*group.id);
            state.memory.keep(flight.source, &flight.person, ids, found, now);
        }
    }
}

/// How old an answer is. A clock that was set back makes it old as well: better asked once more.
fn age(known: &Known<'_>, now: DateTime<Utc>) -> TimeDelta {
    (now - known.checked_at).abs()
}

/// One lookup under way. It lands when dropped: with its answer, or broken off with its runtime.
struct Flight {
    inner: Arc<Inner>,
    source: usize,
    person: Username,
    probe: bool,
    answer: Option<Result<Answer, DirectoryError>>,
    /// Dropped after landing, which tells those who wait.
    _done: watch::Sender<()>,
}

impl Flight {
    fn carry(&mut self, answer: Option<Result<Answer, DirectoryError>>) {
        self.answer = answer;
    }
}

impl Drop for Flight {
    fn drop(&mut self) {
        self.inner.clone().land(self);
    }
}

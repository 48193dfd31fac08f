//! What the hub said a moment ago, in bounded memory, and one question at a time for each token.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use ring::digest::{SHA256, digest};
use tokio::sync::watch;

use super::{Identity, Unidentified};

/// How old an answer may be that somebody is let in by, from the moment the hub was asked. The
/// promise is 30 s; the rest is for the request itself and for clocks that are set.
pub const VALID_FOR: TimeDelta = TimeDelta::seconds(25);
/// How old an answer may be that somebody is refused by.
pub const INVALID_FOR: TimeDelta = TimeDelta::seconds(5);
/// Answers kept of each of the two kinds.
pub const MOST: usize = 10_000;

/// What the hub is asked about: a token, and the browser session it is used in. Only as digests:
/// neither a dump of this process nor its swap is a list of tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Question([u8; 32], Option<[u8; 32]>);

impl Question {
    pub fn new(token: &str, session_id: Option<&str>) -> Self {
        let hashed = |text: &str| digest(&SHA256, text.as_bytes()).as_ref().try_into().expect("32 bytes");
        Self(hashed(token), session_id.map(hashed))
    }
}

pub type Answer = Result<Arc<Identity>, Unidentified>;

/// Answers of the hub.
#[derive(Debug, Default)]
pub struct Cache(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    valid: Recent<Arc<Identity>>,
    invalid: Recent<()>,
    asking: HashMap<Question, watch::Receiver<Option<Answer>>>,
}

/// What one finds who asks for an answer.
pub enum Found {
    Answer(Answer),
    /// Somebody is asking the hub already: the answer will be here.
    Coming(watch::Receiver<Option<Answer>>),
    /// Nobody is: ask, and [`Cache::answered`].
    Ask(watch::Sender<Option<Answer>>),
}

impl Cache {
    /// A recent answer, one on its way, or the duty to fetch it.
    pub fn find(&self, question: Question, now: DateTime<Utc>) -> Found {
        let mut inner = self.lock();
        if let Some(identity) = inner.valid.get(&question, now, VALID_FOR) {
            return Found::Answer(Ok(identity));
        }
        if inner.invalid.get(&question, now, INVALID_FOR).is_some() {
            return Found::Answer(Err(Unidentified::Unknown));
        }
        if let Some(coming) = inner.asking.get(&question) {
            return Found::Coming(coming.clone());
        }
        let (sender, receiver) = watch::channel(None);
        inner.asking.insert(question, receiver);
        Found::Ask(sender)
    }

    /// Keeps what the hub said when it was asked at `asked`, unless something newer is known. Trouble
    /// is not kept: it says nothing about the token.
    pub fn keep(&self, question: Question, asked: DateTime<Utc>, answer: &Answer) {
        let mut inner = self.lock();
        let newest = inner.valid.asked(&question).max(inner.invalid.asked(&question));
        if newest.is_some_and(|newest| newest > asked) {
            return;
        }
        match answer {
            Ok(identity) => {
                inner.invalid.remove(&question);
                inner.valid.insert(question, asked, identity.clone());
            }
            Err(Unidentified::Unknown) => {
                inner.valid.remove(&question);
                inner.invalid.insert(question, asked, ());
            }
            Err(Unidentified::Trouble(_)) => {}
        }
    }

    /// Ends the question that [`Self::find`] gave out: keeps the answer and tells it to all who wait.
    pub fn answered(
        &self,
        question: Question,
        asked: DateTime<Utc>,
        answer: Answer,
        waiting: &watch::Sender<Option<Answer>>,
    ) {
        self.keep(question, asked, &answer);
        self.lock().asking.remove(&question);
        waiting.send_replace(Some(answer));
    }

    /// How many answers are kept: that let in, that refuse, and that are on their way.
    #[cfg(test)]
    fn size(&self) -> (usize, usize, usize) {
        let inner = self.lock();
        (inner.valid.answers.len(), inner.invalid.answers.len(), inner.asking.len())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The most recent answers, at most [`MOST`] of them; the one kept longest goes first.
#[derive(Debug)]
struct Recent<T> {
    answers: HashMap<Question, (u64, DateTime<Utc>, T)>,
    order: BTreeMap<u64, Question>,
    next: u64,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { answers: HashMap::new(), order: BTreeMap::new(), next: 0 }
    }
}

impl<T: Clone> Recent<T> {
    /// An answer that is not older than `limit`, nor from the future of a clock that was set back.
    fn get(&mut self, question: &Question, now: DateTime<Utc>, limit: TimeDelta) -> Option<T> {
        let (_, asked, answer) = self.answers.get(question)?;
        let age = now - asked;
        if age >= TimeDelta::zero() && age <= limit {
            return Some(answer.clone());
        }
        self.remove(question);
        None
    }

    fn asked(&self, question: &Question) -> Option<DateTime<Utc>> {
        self.answers.get(question).map(|(_, asked, _)| *asked)
    }

    fn insert(&mut self, question: Question, asked: DateTime<Utc>, answer: T) {
        self.remove(&question);
        if self.answers.len() >= MOST
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.answers.remove(&oldest);
        }
        self.order.insert(self.next, question);
        self.answers.insert(question, (self.next, asked, answer));
        self.next += 1;
    }

    fn remove(&mut self, question: &Question) {
        if let Some((place, ..)) = self.answers.remove(question) {
            self.order.remove(&place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Kind, Rights, Trouble};
    use super::*;
    use crate::groups::Username;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).expect("a time")
    }

    fn alice() -> Answer {
        Ok(Arc::new(Identity {
            kind: Kind::User,
            name: Username::try_from("alice").expect("a name"),
            admitted: true,
            rights: Rights::NONE,
            groups: vec![],
            made_at: None,
            token_id: None,
            session_id: None,
        }))
    }

    fn kept(cache: &Cache, question: Question, now: i64) -> Option<bool> {
        match cache.find(question, at(now)) {
            Found::Answer(answer) => Some(answer.is_ok()),
            Found::Ask(waiting) => {
                let away = Err(Trouble("away".to_owned()).into());
                cache.answered(question, at(now), away, &waiting);
                None
            }
            Found::Coming(_) => panic!("nobody asks"),
        }
    }

    #[test]
    fn an_answer_is_kept_as_long_as_it_may_be_and_no_longer() {
        let (cache, question) = (Cache::default(), Question::new("t", None));
        cache.keep(question, at(0), &alice());
        assert_eq!(kept(&cache, question, 25), Some(true));
        assert_eq!(kept(&cache, question, 26), None);
        cache.keep(question, at(30), &Err(Unidentified::Unknown));
        assert_eq!(kept(&cache, question, 35), Some(false));
        assert_eq!(kept(&cache, question, 36), None);
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_answer_last_longer() {
        let (cache, question) = (Cache::default(), Question::new("t", None));
        cache.keep(question, at(1_000), &alice());
        assert_eq!(kept(&cache, question, 10), None);
    }

    #[test]
    fn trouble_is_not_kept_and_takes_nothing_away() {
        let (cache, question) = (Cache::default(), Question::new("t", None));
        cache.keep(question, at(0), &alice());
        cache.keep(question, at(1), &Err(Trouble("away".to_owned()).into()));
        assert_eq!(kept(&cache, question, 25), Some(true), "of the answer at 0");
        assert_eq!(kept(&cache, question, 26), None);
    }

    #[test]
    fn a_slow_old_answer_does_not_bring_back_a_revoked_token() {
        let (cache, question) = (Cache::default(), Question::new("t", None));
        let Found::Ask(waiting) = cache.find(question, at(0)) else { panic!("nobody asked yet") };
        cache.keep(question, at(1), &Err(Unidentified::Unknown));
        cache.answered(question, at(0), alice(), &waiting);
        assert_eq!(kept(&cache, question, 2), Some(false));
    }

    #[test]
    fn a_token_is_another_one_in_another_session() {
        let cache = Cache::default();
        cache.keep(Question::new("t", Some("s")), at(0), &alice());
        for other in [Question::new("t", None), Question::new("t", Some("r")), Question::new("ts", None)] {
            assert_eq!(kept(&cache, other, 1), None);
        }
        assert_eq!(kept(&cache, Question::new("t", Some("s")), 1), Some(true));
    }

    #[test]
    fn a_flood_of_tokens_fills_no_memory_and_pushes_nobody_out() {
        let (cache, question) = (Cache::default(), Question::new("t", None));
        cache.keep(question, at(0), &alice());
        for n in 0..100_000 {
            cache.keep(Question::new(&n.to_string(), None), at(0), &Err(Unidentified::Unknown));
        }
        assert_eq!(cache.size(), (1, MOST, 0));
        assert_eq!(kept(&cache, question, 1), Some(true));
        for n in 0..100_000 {
            cache.keep(Question::new(&n.to_string(), None), at(0), &alice());
        }
        assert_eq!(cache.size().0, MOST);
        let inner = cache.lock();
        assert_eq!((inner.valid.order.len(), inner.invalid.order.len()), (MOST, inner.invalid.answers.len()));
    }
}

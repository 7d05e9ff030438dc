//! The feed: one task of the process follows the store's events and hands them to every open stream.
//!
//! A stream promises that its reader misses nothing: it begins with what happened after `Last-Event-ID`, then follows.
//! Where that cannot be kept — the reader was away for too long, or too slow — it says `reload` and ends, and the page
//! loads anew. A stream lives ten minutes; browsers then come back by themselves, and are asked again who they are.

use crate::error::Error;
use futures_util::stream::{self, Stream};
use model::event::Event;
use model::{UserId, WorkspaceId};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;
use store::{AddressedEvent, Store};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, broadcast};
use tokio::time::Instant;

/// Streams at once; each costs a connection and some kilobytes.
const STREAMS_MAX: usize = 1_000;
/// Events a reader may lag behind before it is told to reload.
const LAG_MAX: usize = 256;
/// Events read at once, and the most that a returning reader is told one by one.
const BATCH: u16 = 200;
/// How often to look for events of other processes. Those of this process ring.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a stream lives.
const STREAM_LIFE: Duration = Duration::from_mins(10);
/// What a stream says.
#[derive(Debug)]
pub(crate) enum News {
    /// It begins, after the event of this number: the one to come back with, even if nothing happens until then.
    Open(i64),
    /// Something happened.
    Event(Event),
    /// Something was missed; nothing follows.
    Reload,
}

/// The process's end of the feed.
pub(crate) struct Live {
    events: broadcast::Sender<AddressedEvent>,
    places: Arc<Semaphore>,
}

impl Live {
    /// Starts following. The task ends when this is dropped.
    pub(crate) fn start(store: Store, changed: Arc<Notify>) -> Self {
        let (events, _) = broadcast::channel(LAG_MAX);
        tokio::spawn(follow(store, changed, events.downgrade()));
        Self {
            events,
            places: Arc::new(Semaphore::new(STREAMS_MAX)),
        }
    }

    /// A stream of what a user may see, from after the event number `last`, or from now on.
    pub(crate) async fn stream(
        &self,
        store: &Store,
        workspace: WorkspaceId,
        user: Option<UserId>,
        last: Option<i64>,
    ) -> Result<impl Stream<Item = News> + Send + use<>, Error> {
        let place = self
            .places
            .clone()
            .try_acquire_owned()
            .map_err(|_| Error::TooMany)?;
        // Subscribed before reading, so nothing falls between the two; what comes twice is told once.
        let events = self.events.subscribe();
        let newest = store.event_last().await?;
        let last = last.unwrap_or(newest);
        let missed = store.events_after(workspace, user, last, BATCH).await?;
        // Numbers have no gaps over all workspaces: if the next one is gone, it was purged, or is of another database.
        let next = store.events_of_all_after(last, 1).await?;
        let missing = last > newest
            || missed.len() == usize::from(BATCH)
            || next.first().is_some_and(|next| next.event.seq != last + 1);
        let reader = Reader {
            events,
            backlog: if missing {
                VecDeque::new()
            } else {
                missed.into()
            },
            last,
            workspace,
            user,
            phase: if missing { Phase::Lost } else { Phase::Opening },
            ends: Instant::now() + STREAM_LIFE,
            _place: place,
        };
        Ok(stream::unfold(reader, Reader::next))
    }
}

async fn follow(store: Store, changed: Arc<Notify>, events: broadcast::WeakSender<AddressedEvent>) {
    let mut last = None;
    loop {
        let Some(events) = events.upgrade() else {
            return;
        };
        match read(&store, &mut last).await {
            Ok(news) => {
                let more = news.len() == usize::from(BATCH);
                for event in news {
                    // An error means that nobody listens, which is fine.
                    let _ = events.send(event);
                }
                if more {
                    continue;
                }
            }
            Err(error) => tracing::warn!("the feed could not be read, pages stand still: {error}"),
        }
        drop(events);
        let _ = tokio::time::timeout(LOOK_EVERY, changed.notified()).await;
    }
}

async fn read(store: &Store, last: &mut Option<i64>) -> Result<Vec<AddressedEvent>, store::Error> {
    let after = match *last {
        Some(seq) => seq,
        None => store.event_last().await?,
    };
    let news = store.events_of_all_after(after, BATCH).await?;
    *last = Some(news.last().map_or(after, |news| news.event.seq));
    Ok(news)
}

enum Phase {
    /// Nothing was said yet.
    Opening,
    /// Following.
    Following,
    /// Something was missed.
    Lost,
    /// The end was said.
    Ended,
}

struct Reader {
    events: broadcast::Receiver<AddressedEvent>,
    backlog: VecDeque<Event>,
    last: i64,
    workspace: WorkspaceId,
    user: Option<UserId>,
    phase: Phase,
    ends: Instant,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    async fn next(mut self) -> Option<(News, Self)> {
        let news = match self.phase {
            Phase::Ended => return None,
            Phase::Lost => self.reload(),
            Phase::Opening => {
                self.phase = Phase::Following;
                News::Open(self.last)
            }
            Phase::Following => self.follow().await?,
        };
        Some((news, self))
    }

    async fn follow(&mut self) -> Option<News> {
        if let Some(event) = self.backlog.pop_front() {
            return Some(self.tell(event));
        }
        loop {
            match tokio::time::timeout_at(self.ends, self.events.recv()).await {
                Ok(Ok(news)) => {
                    let mine = news.user.is_none() || self.user.is_none() || news.user == self.user;
                    if news.event.seq > self.last && news.workspace == self.workspace && mine {
                        return Some(self.tell(news.event));
                    }
                }
                Ok(Err(broadcast::error::RecvError::Lagged(_))) => return Some(self.reload()),
                Ok(Err(broadcast::error::RecvError::Closed)) | Err(_) => return None,
            }
        }
    }

    fn tell(&mut self, event: Event) -> News {
        self.last = event.seq;
        News::Event(event)
    }

    fn reload(&mut self) -> News {
        self.phase = Phase::Ended;
        News::Reload
    }
}

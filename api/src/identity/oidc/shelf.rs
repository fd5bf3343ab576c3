//! What others publish, kept for a while.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use chrono::{DateTime, Duration, Utc};

use super::outside::Trouble;

/// How long what was read counts as new.
const FRESH: Duration = Duration::minutes(10);
/// How long it is used where nothing newer can be had. A key that is gone from there is believed no longer than this.
const USABLE: Duration = Duration::hours(1);
/// How soon it is asked again, whatever is missed in it and whoever misses it.
const APART: Duration = Duration::seconds(10);
/// The most addresses; only registered ones come here.
const MOST: usize = 5_000;

/// Documents by their addresses.
pub(super) struct Shelf<T>(Mutex<HashMap<String, Arc<Slot<T>>>>);

struct Slot<T> {
    held: Mutex<Held<T>>,
    /// One asks at a time.
    turn: tokio::sync::Mutex<()>,
}

struct Held<T> {
    read: Option<(Arc<T>, DateTime<Utc>)>,
    asked_at: Option<DateTime<Utc>>,
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<T> Slot<T> {
    /// What was read not longer ago than this.
    fn read(&self, now: DateTime<Utc>, age: Duration) -> Option<Arc<T>> {
        let held = held(&self.held);
        held.read.as_ref().filter(|(_, at)| now - *at < age).map(|(document, _)| Arc::clone(document))
    }

    /// Notes that it is asked, unless that was done a moment ago.
    fn ask(&self, now: DateTime<Utc>) -> bool {
        let mut held = held(&self.held);
        if held.asked_at.is_some_and(|at| now - at < APART) {
            return false;
        }
        held.asked_at = Some(now);
        true
    }
}

impl<T> Shelf<T> {
    pub(super) fn new() -> Self {
        Self(Mutex::new(HashMap::new()))
    }

    fn slot(&self, address: &str) -> Arc<Slot<T>> {
        let mut slots = held(&self.0);
        if slots.len() >= MOST && !slots.contains_key(address) {
            slots.clear();
        }
        let empty = || {
            Arc::new(Slot {
                held: Mutex::new(Held { read: None, asked_at: None }),
                turn: tokio::sync::Mutex::new(()),
            })
        };
        Arc::clone(slots.entry(address.to_owned()).or_insert_with(empty))
    }

    /// The document at an address. It is read anew where what is there is old, or does not have what is looked for; and not more
    /// often than now and then, so what is looked for may still not be in it. While one reads, others go on with what there is.
    pub(super) async fn get<F: Future<Output = Result<T, Trouble>>>(
        &self,
        address: &str,
        now: DateTime<Utc>,
        has: impl Fn(&T) -> bool,
        read: impl FnOnce() -> F,
    ) -> Result<Arc<T>, Trouble> {
        let slot = self.slot(address);
        let found = |age| slot.read(now, age).filter(|document| has(document));
        if let Some(document) = found(FRESH) {
            return Ok(document);
        }
        let _turn = match slot.turn.try_lock() {
            Ok(turn) => turn,
            Err(_) => match found(USABLE) {
                Some(document) => return Ok(document),
                None => slot.turn.lock().await,
            },
        };
        // Somebody else may have read it meanwhile.
        if let Some(document) = found(FRESH) {
            return Ok(document);
        }
        if !slot.ask(now) {
            return slot.read(now, USABLE).ok_or(Trouble::AskedLately);
        }
        match read().await {
            Ok(document) => {
                let document = Arc::new(document);
                held(&slot.held).read = Some((Arc::clone(&document), now));
                Ok(document)
            }
            Err(trouble) => {
                let Some(document) = slot.read(now, USABLE) else { return Err(trouble) };
                tracing::warn!(?trouble, "what an identity provider publishes could not be read anew");
                Ok(document)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[actix_web::test]
    async fn it_is_asked_now_and_then_and_not_more_often() {
        let (shelf, asked) = (Shelf::new(), AtomicU32::new(0));
        let start = DateTime::from_timestamp(1_790_000_000, 0).unwrap();
        let get = async |seconds: i64, wanted: u32, answers: bool| {
            let read = || async {
                let number = asked.fetch_add(1, Ordering::Relaxed) + 1;
                if answers { Ok(number) } else { Err(Trouble::Away("borta".to_owned())) }
            };
            let now = start + Duration::seconds(seconds);
            shelf
                .get("https://idp.exempel.se", now, |read: &u32| *read >= wanted, read)
                .await
                .map(|read| *read)
                .ok()
        };
        assert_eq!(get(0, 0, false).await, None);
        // Nobody else asks in the same moment.
        assert_eq!(get(9, 0, true).await, None);
        assert_eq!(get(10, 0, true).await, Some(2));
        assert_eq!(get(500, 0, true).await, Some(2));
        // What is missed is looked for once in ten seconds.
        assert_eq!(get(501, 3, true).await, Some(3));
        assert_eq!(get(502, 4, true).await, Some(3));
        assert_eq!(asked.load(Ordering::Relaxed), 3);
        // Old, and nothing newer to be had: for an hour.
        assert_eq!(get(2_000, 0, false).await, Some(3));
        assert_eq!(get(501 + 3_599, 0, false).await, Some(3));
        assert_eq!(get(501 + 3_700, 0, false).await, None);
    }
}

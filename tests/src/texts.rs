//! A stand-in for phones: text messages that a server has sent stay in the test.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::{FutureExt, future::BoxFuture};
use skolhus_api::message::{Gateway, TextMessage, Undelivered};

/// The messages that came.
#[derive(Clone, Default)]
pub struct Texts(Arc<Mutex<Vec<TextMessage>>>);

impl Texts {
    /// The messages that have come since they were taken last.
    #[must_use]
    pub fn take(&self) -> Vec<TextMessage> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Gateway for Texts {
    fn send<'a>(&'a self, message: &'a TextMessage) -> BoxFuture<'a, Result<(), Undelivered>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(message.clone());
        async { Ok(()) }.boxed()
    }
}

/// The six digits that a message begins with.
#[must_use]
pub fn code(message: &TextMessage) -> String {
    message.text.chars().take_while(char::is_ascii_digit).collect()
}

/// Six digits that are not these.
#[must_use]
pub fn another(code: &str) -> String {
    if code.starts_with('0') { "100000".to_owned() } else { "000000".to_owned() }
}

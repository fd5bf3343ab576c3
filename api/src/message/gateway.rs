//! What carries text messages.

use futures_util::future::BoxFuture;

/// A message to a phone. `Debug` shows nothing of it.
#[derive(Clone)]
pub struct TextMessage {
    /// The number, as in `+46701740605`.
    pub to: String,
    /// What it says.
    pub text: String,
}

impl std::fmt::Debug for TextMessage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TextMessage(redacted)")
    }
}

/// Why a message could not be sent, in words for the operator. They hold nothing of the message, nor of any secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Undelivered(pub String);

/// Carries text messages. An attempt ends within the time that the gateway allows itself.
pub trait Gateway: Send + Sync {
    /// Sends one, once.
    fn send<'a>(&'a self, message: &'a TextMessage) -> BoxFuture<'a, Result<(), Undelivered>>;
}

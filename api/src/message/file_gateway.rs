//! Messages into a file, for demonstrations and tests: a line of JSON for each.

use std::path::PathBuf;

use futures_util::{FutureExt, future::BoxFuture};
use serde_json::json;
use tokio::{fs::OpenOptions, io::AsyncWriteExt};

use super::{Gateway, TextMessage, Undelivered};

/// Writes messages to the end of a file that only the same user may read.
pub struct FileGateway {
    path: PathBuf,
}

impl FileGateway {
    /// Into the file at a path, which is made where it is not there.
    #[must_use]
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }
}

impl Gateway for FileGateway {
    fn send<'a>(&'a self, message: &'a TextMessage) -> BoxFuture<'a, Result<(), Undelivered>> {
        async move {
            let TextMessage { to, text } = message;
            // One write, so that lines of several messages do not mix.
            let line = format!("{}\n", json!({ "to": to, "text": text }));
            let mut options = OpenOptions::new();
            options.create(true).append(true);
            #[cfg(unix)]
            options.mode(0o600);
            let written = async {
                let mut file = options.open(&self.path).await?;
                file.write_all(line.as_bytes()).await?;
                file.flush().await
            };
            written.await.map_err(|error| Undelivered(format!("{}: {error}", self.path.display())))
        }
        .boxed()
    }
}

//! Text messages that leave for people's phones. They are sent beside the request that they follow from, after its
//! transaction: nobody waits for a gateway, and how long one takes tells nobody whether a message was sent at all. What cannot
//! be sent is told in the log and counted, and not kept: a code is worth ten minutes, and whoever waits for it asks again.

mod file_gateway;
mod gateway;
mod http_gateway;
mod template;

use std::sync::Arc;

use prometheus::{IntCounterVec, Opts, core::Collector, proto::MetricFamily};
use skolhus_domain::person::PhoneNumber;
use tokio::{runtime::Handle, sync::Semaphore};
use uuid::Uuid;

pub use file_gateway::FileGateway;
pub use gateway::{Gateway, TextMessage, Undelivered};
pub use http_gateway::{Authentication, HttpGateway, HttpGatewayError, HttpSettings};
pub use template::{Format, Template, TemplateError};

/// Messages on their way at the same time. Beyond that the gateway has stopped answering, and waiting for it helps nobody.
const PLACES: u32 = 64;

/// How text messages are sent, if they are.
pub struct Messenger {
    gateway: Option<Arc<dyn Gateway>>,
    /// What the numbers begin with that messages go to.
    prefixes: Vec<String>,
    places: Arc<Semaphore>,
    counted: IntCounterVec,
    runtime: Option<Handle>,
}

impl Messenger {
    /// Through a gateway, to numbers that begin with one of these. What is under way goes on in the present runtime, and not
    /// in that of a worker, which ends sooner.
    ///
    /// # Errors
    /// When the figure's name is not accepted, which is a mistake in the program.
    pub fn new(gateway: Option<Arc<dyn Gateway>>, prefixes: Vec<String>) -> Result<Self, prometheus::Error> {
        let counted = IntCounterVec::new(
            Opts::new(
                "skolhus_text_messages_total",
                "Text messages handed to the gateway, by outcome; each costs money.",
            ),
            &["outcome"],
        )?;
        for outcome in [SENT, FAILED, REFUSED] {
            counted.with_label_values(&[outcome]);
        }
        Ok(Self {
            gateway,
            prefixes,
            places: Arc::new(Semaphore::new(PLACES as usize)),
            counted,
            runtime: Handle::try_current().ok(),
        })
    }

    /// Whether there is a gateway.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.gateway.is_some()
    }

    /// The number as messages are addressed to it; none where they go to no such number.
    #[must_use]
    pub fn reaches<'n>(&self, number: &'n PhoneNumber) -> Option<&'n str> {
        number.e164().filter(|number| self.prefixes.iter().any(|prefix| number.starts_with(prefix.as_str())))
    }

    /// Sends a message, and does not wait for it.
    pub fn send(&self, message: TextMessage, request: Uuid) {
        let (Some(gateway), Some(runtime)) = (self.gateway.clone(), &self.runtime) else { return };
        let counted = self.counted.clone();
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            tracing::error!(%request, "a text message was not sent: the gateway does not keep up");
            counted.with_label_values(&[REFUSED]).inc();
            return;
        };
        runtime.spawn(async move {
            match gateway.send(&message).await {
                Ok(()) => counted.with_label_values(&[SENT]).inc(),
                Err(Undelivered(cause)) => {
                    tracing::error!(%request, cause, "a text message could not be sent");
                    counted.with_label_values(&[FAILED]).inc();
                }
            }
            drop(place);
        });
    }

    /// Waits until nothing is under way; what each gateway allows itself is the most it takes.
    pub async fn settled(&self) {
        // It is never closed.
        drop(self.places.acquire_many(PLACES).await);
    }

    /// The figures.
    #[must_use]
    pub fn figures(&self) -> Vec<MetricFamily> {
        self.counted.collect()
    }
}

/// The gateway took it.
const SENT: &str = "sent";
/// It did not, or did not answer.
const FAILED: &str = "failed";
/// It was not asked: too many were under way.
const REFUSED: &str = "refused";

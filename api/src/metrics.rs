//! Figures for Prometheus: requests by operation and status, the database's statements and its longest write, and text
//! messages.

use std::time::Duration;

use prometheus::{
    Encoder, Gauge, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, Opts, Registry, TextEncoder,
};
use skolhus_persistence::Statements;

use crate::message::Messenger;

/// What the server counts. No label holds an id or anything personal.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    statements: IntGauge,
    longest_write: Gauge,
}

impl Metrics {
    /// A fresh set of figures.
    ///
    /// # Errors
    /// When a figure's name is not accepted, which is a mistake in the program.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("skolhus_requests_total", "Requests answered, by operation and status."),
            &["operation", "status"],
        )?;
        let durations = HistogramVec::new(
            HistogramOpts::new("skolhus_request_seconds", "Time to answer, by operation.")
                .buckets(vec![0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0]),
            &["operation"],
        )?;
        let statements = IntGauge::new("skolhus_statements", "Database statements run since start.")?;
        let longest_write = Gauge::new(
            "skolhus_longest_write_seconds",
            "The longest write transaction since start, from BEGIN to COMMIT.",
        )?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(statements.clone()))?;
        registry.register(Box::new(longest_write.clone()))?;
        Ok(Self { registry, requests, durations, statements, longest_write })
    }

    /// Counts one answered request.
    pub fn observe(&self, operation: &str, status: u16, elapsed: Duration) {
        self.requests.with_label_values(&[operation, &status.to_string()]).inc();
        self.durations.with_label_values(&[operation]).observe(elapsed.as_secs_f64());
    }

    /// The figures as Prometheus reads them.
    #[must_use]
    pub fn text(&self, statements: &Statements, messages: &Messenger) -> String {
        self.statements.set(i64::try_from(statements.count()).unwrap_or(i64::MAX));
        self.longest_write.set(statements.longest_write().as_secs_f64());
        let mut families = self.registry.gather();
        families.extend(messages.figures());
        let mut out = Vec::new();
        if let Err(error) = TextEncoder::new().encode(&families, &mut out) {
            tracing::error!(%error, "the figures cannot be written");
        }
        String::from_utf8_lossy(&out).into_owned()
    }
}

//! One database per test, copied from a migrated template.

use std::{
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use skolhus_persistence::{Address, migrate};
use tempfile::TempDir;

use crate::{cluster::Cluster, scratch::scratch};

/// Which of the two databases a test runs on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The embedded one.
    Sqlite,
    /// The server.
    Postgres,
}

/// A database of a test's own; it goes when this is dropped.
pub struct TestDatabase {
    /// Where it is.
    pub address: Address,
    name: String,
    _folder: Option<TempDir>,
}

static COUNTER: AtomicU64 = AtomicU64::new(0);

impl TestDatabase {
    /// A fresh, migrated database; none where PostgreSQL is not installed.
    ///
    /// # Panics
    /// When the template cannot be made: then no test can run.
    #[must_use]
    pub fn fresh(kind: Kind) -> Option<Self> {
        match kind {
            Kind::Sqlite => Some(Self::sqlite()),
            Kind::Postgres => Self::postgres(),
        }
    }

    #[allow(clippy::expect_used, reason = "a harness that cannot make its template has nothing to return")]
    fn sqlite() -> Self {
        static TEMPLATE: OnceLock<(TempDir, PathBuf)> = OnceLock::new();
        let (_, template) = TEMPLATE.get_or_init(|| {
            // On the disk: what a process has once is not taken away at its end, and would stay in memory.
            let folder = tempfile::tempdir().expect("a temporary folder");
            let path = folder.path().join("template.sqlite");
            migrate(&Address::Sqlite(path.clone())).expect("the template is migrated");
            (folder, path)
        });
        let folder = tempfile::tempdir_in(scratch()).expect("a temporary folder");
        let path = folder.path().join("skolhus.sqlite");
        std::fs::copy(template, &path).expect("the template is copied");
        Self { address: Address::Sqlite(path), name: String::new(), _folder: Some(folder) }
    }

    #[allow(clippy::expect_used, reason = "a harness that cannot make its template has nothing to return")]
    fn postgres() -> Option<Self> {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let cluster = Cluster::shared()?;
        let template = TEMPLATE.get_or_init(|| {
            let name = format!("template_{}", std::process::id());
            cluster.create_database(&name).expect("the template database is made");
            migrate(&Address::Postgres(cluster.url(&name))).expect("the template is migrated");
            name
        });
        let number = COUNTER.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        cluster.create_database_from_template(&name, template).expect("the template is copied");
        Some(Self { address: Address::Postgres(cluster.url(&name)), name, _folder: None })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if !self.name.is_empty()
            && let Some(cluster) = Cluster::shared()
        {
            // The cluster goes at the end of the tests anyway.
            let _ = cluster.drop_database(&self.name);
        }
    }
}

//! Databases of the run's own: a SQLite file in a temporary folder, or one in a PostgreSQL server.

use skolhus_tests::cluster::Cluster;
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};

use crate::{Failure, data, data::Plan, server};

/// Which of the two databases.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The embedded one.
    Sqlite,
    /// The server.
    Postgres,
}

impl Kind {
    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A database; it goes when this is dropped.
pub struct Database {
    /// Which kind.
    pub kind: Kind,
    /// What is in it.
    pub plan: Plan,
    /// Its address, as `DATABASE_URL` takes it.
    pub url: String,
    /// Where the server that works on it may leave files.
    pub folder: TempDir,
    /// Tokens that servers on it have made.
    pub tokens: server::Tokens,
    cluster: Option<(&'static Cluster, String)>,
}

impl Database {
    /// Makes one by `skolhus migrate`, and fills it as planned. None where PostgreSQL is not installed, which
    /// the harness says loudly.
    pub async fn make(program: &std::path::Path, kind: Kind, plan: Plan) -> Result<Option<Self>, Failure> {
        let Some(database) = Self::empty(kind, plan)? else { return Ok(None) };
        server::migrate(program, &database)?;
        data::fill(&database.url, &database.plan).await?;
        Ok(Some(database))
    }

    fn empty(kind: Kind, plan: Plan) -> Result<Option<Self>, Failure> {
        let (folder, tokens) = (TempDir::with_prefix("skolhus-load-")?, server::Tokens::default());
        if kind == Kind::Sqlite {
            let url = format!("sqlite:{}", folder.path().join("skolhus.sqlite").display());
            return Ok(Some(Self { kind, plan, url, folder, tokens, cluster: None }));
        }
        let Some(cluster) = shared_cluster() else { return Ok(None) };
        let name = format!("load_{}_{}", std::process::id(), plan.persons);
        cluster.create_database(&name)?;
        Ok(Some(Self { kind, plan, url: cluster.url(&name), folder, tokens, cluster: Some((cluster, name)) }))
    }
}

/// A raw connection to a PostgreSQL database.
pub async fn connect(url: &str) -> Result<Client, Failure> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    // It ends with the client; what went wrong on it the client has been told.
    tokio::spawn(async move { drop(connection.await) });
    Ok(client)
}

/// One PostgreSQL server for the whole run: the one that `SKOLHUS_TEST_POSTGRES` names, else a private one that
/// flushes to disk as a school's would.
fn shared_cluster() -> Option<&'static Cluster> {
    static PRIVATE: std::sync::OnceLock<Option<Cluster>> = std::sync::OnceLock::new();
    if std::env::var("SKOLHUS_TEST_POSTGRES").is_ok_and(|url| !url.trim().is_empty()) {
        return Cluster::shared();
    }
    PRIVATE.get_or_init(|| Cluster::start_private(true)).as_ref()
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some((cluster, name)) = &self.cluster {
            // A private server goes at the end of the run anyway.
            let _ = cluster.drop_database(name);
        }
    }
}

//! The memory of a demo that nobody uses.

use crate::{
    Failure,
    options::Options,
    report::{Line, Report},
    server::Server,
};

/// The most memory that it may have, in MiB.
const MOST: f64 = 80.0;

/// Measures it.
pub async fn run(options: &Options, report: &mut Report) -> Result<(), Failure> {
    let folder = tempfile::TempDir::with_prefix("skolhus-load-")?;
    let server = Server::demo(options, folder.path()).await?;
    tokio::time::sleep(options.round()).await;
    let line = Line {
        case: "idle",
        database: "sqlite",
        subject: "demo".to_owned(),
        memory_mib: server.memory(),
        ..Line::default()
    };
    if let Some(memory) = line.memory_mib {
        report.at_most(&line, "memory, MiB", memory, MOST);
    }
    report.line(line);
    server.stop().await
}

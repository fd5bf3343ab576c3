//! How long the server takes from its start to its first answer that it is ready, on a database that is there.

use crate::{
    Failure,
    database::Database,
    options::Options,
    report::{Line, Report, micros},
    server::Server,
};

/// Starts that are measured.
const STARTS: usize = 5;
/// How long half of them may take, in milliseconds.
const READY: f64 = 200.0;

/// Measures it.
pub async fn run(options: &Options, database: &Database, report: &mut Report) -> Result<(), Failure> {
    // The first start makes the server's keys.
    Server::serve(options, database).await?.stop().await?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let server = Server::serve(options, database).await?;
        times.push(micros(server.ready_after));
        server.stop().await?;
    }
    let line = Line {
        case: "start",
        database: database.kind.name(),
        persons: database.plan.persons,
        subject: "server, until ready".to_owned(),
        ..Line::default()
    }
    .times(&mut times);
    report.at_most(&line, "median until ready, milliseconds", line.p50_milliseconds, READY);
    report.line(line);
    Ok(())
}

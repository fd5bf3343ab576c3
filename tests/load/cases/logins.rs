//! Many people log in at the same moment, while others work.

use std::{
    cell::Cell,
    net::{IpAddr, Ipv4Addr},
    time::{Duration, Instant},
};

use futures_util::future::{join, join_all};
use serde_json::json;
use skolhus_api::program::demo_data::PASSWORD;

use crate::{
    Failure,
    drive::{Connection, Outcome, Request, closed},
    options::Options,
    report::{Line, Report},
    server::Server,
};

/// How many times as long the others may wait.
const SLOWER: f64 = 2.0;
/// How long the others are looked at in one go.
const LOOK: Duration = Duration::from_millis(100);
/// Those who work meanwhile.
const OTHERS: u32 = 2;

/// Measures it on a demo.
pub async fn run(options: &Options, report: &mut Report) -> Result<(), Failure> {
    let folder = tempfile::TempDir::with_prefix("skolhus-load-")?;
    let server = Server::demo(options, folder.path()).await?;
    let people: Vec<String> =
        (1..=options.logins).map(|number| format!("person{number}@inloggning.example")).collect();
    for person in &people {
        server.open_account(person, PASSWORD)?;
    }
    let work = vec![Request::get("/v1/terms").token(&server.token("registrar@vaggarp.example")?)];
    let line = |subject: &str| Line {
        case: "logins",
        database: "sqlite",
        subject: subject.to_owned(),
        ..Line::default()
    };
    let mut calm = closed(server.address, &work, 0, OTHERS, options.round()).await.without_failures()?;
    let calm = line("others before").outcome(&mut calm);

    let (begun, address) = (Instant::now(), server.address);
    let done = Cell::new(false);
    // Each from an address of its own, as people come: a school behind one address is throttled as a whole.
    let logins = async {
        let each = (1..).zip(&people).map(|(number, email)| async move {
            let request = Request::post("/v1/sessions", &json!({ "email": email, "password": PASSWORD }));
            let mut connection = Connection::from(IpAddr::V4(Ipv4Addr::new(127, 0, 1, number)), address);
            let answer = connection.send(&request).await;
            (answer, begun.elapsed())
        });
        let mut outcome = Outcome::default();
        for (answer, latency) in join_all(each).await {
            outcome.note(answer, latency);
        }
        outcome.elapsed = begun.elapsed();
        done.set(true);
        outcome
    };
    let others = async {
        let mut outcome = Outcome::default();
        while !done.get() {
            outcome.add(closed(server.address, &work, 0, OTHERS, LOOK).await);
        }
        outcome
    };
    let (logins, others) = join(logins, others).await;
    let mut logins = logins.all_answered()?;
    let during = line("others meanwhile").outcome(&mut others.without_failures()?);
    let slower = during.p50_milliseconds / calm.p50_milliseconds;
    report.at_most(&during, "median of the others, of that before", slower, SLOWER);
    report.line(calm);
    report.line(during);
    report.line(
        Line { memory_mib: server.peak_memory(), ..line(&format!("{} at once", people.len())) }
            .outcome(&mut logins),
    );
    server.stop().await
}

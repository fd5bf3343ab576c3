//! Every participation of an organiser, page by page in order of name, while others are entered: the last pages cost
//! as the first ones, and each row that was there is met exactly once.

use std::{
    cell::Cell,
    collections::HashMap,
    rc::Rc,
    time::{Duration, Instant},
};

use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::MOST_MEMORY;
use crate::{
    Failure,
    data::{Of, Organiser},
    database::Database,
    drive::{Connection, Outcome, Request},
    options::Options,
    report::{Line, Report, micros},
    server::Server,
};

/// Rows on a page.
const LIMIT: u32 = 100;
/// Between two participations that are entered meanwhile.
const PAUSE: Duration = Duration::from_millis(50);
/// How much more the last pages may cost than the first.
const LAST_TO_FIRST: f64 = 1.5;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    data: Vec<Met>,
    page_token: Option<String>,
}

#[derive(Deserialize)]
struct Met {
    id: Uuid,
}

/// Measures it.
pub async fn run(options: &Options, database: &Database, report: &mut Report) -> Result<(), Failure> {
    let server = Server::serve(options, database).await?;
    let organiser = database.plan.organiser(0);
    let walked = Cell::new(false);
    let (pages, written) = tokio::join!(
        async {
            let pages = walk(&server, &organiser).await;
            walked.set(true);
            pages
        },
        write(&server, &organiser, &walked)
    );
    let (mut pages, mut written) = (pages?, written?.without_failures()?);

    let line = |subject: &str| Line {
        case: "walk",
        database: database.kind.name(),
        persons: database.plan.persons,
        subject: subject.to_owned(),
        ..Line::default()
    };
    let end = (pages.len() / 10).max(1).min(pages.len());
    let mut last = pages.split_off(pages.len() - end);
    pages.truncate(end);
    let first = line("first tenth of the pages").times(&mut pages);
    let last = Line { memory_mib: server.peak_memory(), ..line("last tenth of the pages") }.times(&mut last);
    report.at_most(
        &last,
        "median of the last pages, of the first ones'",
        last.p50_milliseconds / first.p50_milliseconds,
        LAST_TO_FIRST,
    );
    if let Some(memory) = last.memory_mib {
        report.at_most(&last, "memory at its peak, MiB", memory, MOST_MEMORY);
    }
    report.line(first);
    report.line(last);
    report.line(line("entered meanwhile").outcome(&mut written));
    server.stop().await
}

/// Walks to the end; how long each page took.
async fn walk(server: &Server, organiser: &Organiser) -> Result<Vec<u32>, Failure> {
    let mut connection = Connection::new(server.address);
    let mut times = Vec::new();
    let mut met: HashMap<Uuid, u32> = HashMap::new();
    let mut next = format!("/v1/participations?limit={LIMIT}");
    // The first page is met once before it counts: the server has its connections then.
    connection.send(&Request::get(&next).token(&token(server, organiser)?)).await?;
    loop {
        let request = Request::get(&next).token(&token(server, organiser)?);
        let sent = Instant::now();
        let answer = connection.send(&request).await?;
        times.push(micros(sent.elapsed()));
        if answer.status != 200 {
            return Err(format!("a page: {}", String::from_utf8_lossy(&answer.body)).into());
        }
        let page: Page = serde_json::from_slice(&answer.body)?;
        for row in page.data {
            *met.entry(row.id).or_default() += 1;
        }
        match page.page_token {
            Some(token) => next = format!("/v1/participations?limit={LIMIT}&pageToken={token}"),
            None => break,
        }
    }
    let once = |number| met.get(&organiser.id(Of::Participation, number)) == Some(&1);
    match (0..organiser.participations()).find(|number| !once(*number)) {
        Some(number) => Err(format!("participation {number} was not met exactly once").into()),
        None => Ok(times),
    }
}

/// Enters pupils into the classes beside their own until the walk is over, or all sit there.
async fn write(server: &Server, organiser: &Organiser, over: &Cell<bool>) -> Result<Outcome, Failure> {
    let mut connection = Connection::new(server.address);
    let mut outcome = Outcome::default();
    let begun = Instant::now();
    for number in 0..organiser.pupils {
        if over.get() {
            break;
        }
        let (pupil, offering) = organiser.newcomer(number);
        let document = json!({ "personId": pupil, "offeringId": offering });
        let request = Request::post("/v1/participations", &document).token(&token(server, organiser)?);
        let sent = Instant::now();
        let answer = connection.send(&request).await;
        outcome.note(answer, sent.elapsed());
        tokio::time::sleep(PAUSE).await;
    }
    outcome.elapsed = begun.elapsed();
    Ok(outcome)
}

fn token(server: &Server, organiser: &Organiser) -> Result<Rc<str>, Failure> {
    server.token(&organiser.registrar())
}

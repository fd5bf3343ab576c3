//! The attendance of a class in a term, counted person by person for its teacher.

use super::alone;
use crate::{
    Failure,
    data::{Of, Organiser},
    database::Database,
    drive::Request,
    options::Options,
    report::Report,
    server::Server,
};

/// Measures it.
pub async fn run(options: &Options, database: &Database, report: &mut Report) -> Result<(), Failure> {
    let server = Server::serve(options, database).await?;
    let organiser = database.plan.organiser(0);
    let requests = || requests(&server, &organiser);
    alone::run(("statistics", "of a class for a term"), (options, database), &server, requests, report)
        .await?;
    server.stop().await
}

/// Each offering that has a term behind it, asked for by whoever teaches it.
fn requests(server: &Server, organiser: &Organiser) -> Result<Vec<Request>, Failure> {
    let request = |offering| {
        let token = server.token(&organiser.teacher_email(organiser.teacher_of(offering)))?;
        let (id, from) = (organiser.id(Of::Offering, offering), organiser.plan.first_day());
        let path = format!("/v1/attendance-statistics?by=participant&offeringId={id}&from={from}");
        Ok(Request::get(&path).token(&token))
    };
    (0..organiser.offerings_with_term()).map(request).collect()
}

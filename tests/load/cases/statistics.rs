//! The attendance of a class in a term, counted person by person for its teacher.

use std::{collections::BTreeMap, rc::Rc};

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
    let mut tokens: BTreeMap<u32, Rc<str>> = BTreeMap::new();
    let mut requests = Vec::new();
    for offering in 0..organiser.offerings_with_term() {
        let teacher = organiser.teacher_of(offering);
        let token = match tokens.get(&teacher) {
            Some(token) => Rc::clone(token),
            None => server.token(&organiser.teacher_email(teacher))?.into(),
        };
        let (id, from) = (organiser.id(Of::Offering, offering), organiser.plan.first_day());
        let path = format!("/v1/attendance-statistics?by=participant&offeringId={id}&from={from}");
        requests.push(Request::get(&path).token(&token));
        tokens.insert(teacher, token);
    }
    Ok(requests)
}

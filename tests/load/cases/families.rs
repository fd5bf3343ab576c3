//! Guardians of the first organiser, each with two children.

use std::rc::Rc;

use serde_json::json;

use crate::{
    Failure,
    data::{Of, Organiser},
    database::Database,
    drive::Request,
    server::Server,
};

/// Some guardians.
pub struct Families {
    organiser: Organiser,
    /// By number, shuffled.
    guardians: Vec<u32>,
}

impl Families {
    /// So many of them, where the organiser has as many.
    pub fn of(database: &Database, guardians: usize) -> Self {
        let organiser = database.plan.organiser(0);
        let mut all: Vec<u32> = (0..organiser.guardians).collect();
        all.sort_by_key(|number| database.plan.chance(Of::Guardian, 0, *number));
        all.truncate(guardians);
        Self { organiser, guardians: all }
    }

    /// A fresh token for each, in their order.
    pub fn tokens(&self, server: &Server) -> Result<Vec<Rc<str>>, Failure> {
        let token = |guardian: &u32| server.token(&self.organiser.guardian_email(*guardian));
        self.guardians.iter().map(token).collect()
    }

    /// Each reads the day of their children.
    pub fn todays(tokens: &[Rc<str>]) -> Vec<Request> {
        tokens.iter().map(|token| Request::get("/v1/today").token(token)).collect()
    }

    /// Each reports one child away today.
    pub fn reports(&self, tokens: &[Rc<str>]) -> Vec<Request> {
        let report = |(guardian, token): (&u32, &Rc<str>)| {
            let child = self.organiser.id(Of::Pupil, self.organiser.children_of(*guardian).start);
            let day = self.organiser.plan.today;
            let document = json!({ "personIds": [child], "extent": "day", "firstDay": day });
            Request::post("/v1/absence-reports", &document).token(token)
        };
        self.guardians.iter().zip(tokens).map(report).collect()
    }
}

//! What is watched while requests are answered: how often a caller is refused. It lies in memory, of each server for itself;
//! what is raised is in the database.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use actix_web::{http::StatusCode, web};
use chrono::{DateTime, Utc};
use skolhus_domain::{
    access::{Caller, Identity},
    id::OrganiserId,
    identity::{Alarm, AlarmKind, AlarmSubject, Refusals},
};
use skolhus_persistence::identity::alarm;

use crate::http::{catalogue::Code, problem::Problem, state::State};

/// So many callers are watched at once; of those beyond, the ones longest ago are forgotten.
const MOST_WATCHED: usize = 10_000;

/// Whose request it is, put into the request once its token has been verified.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    /// The tenant.
    pub(crate) organiser: OrganiserId,
    /// The account or the client.
    pub(crate) subject: AlarmSubject,
}

impl Known {
    /// The caller, unless it is the program itself.
    pub(crate) fn of(caller: &Caller) -> Option<Self> {
        let subject = match caller.identity {
            Identity::Account(account, _) => AlarmSubject::Account(account),
            Identity::Client(client) => AlarmSubject::Client(client),
            Identity::System(_) => return None,
        };
        Some(Self { organiser: caller.organiser, subject })
    }
}

/// Counts refusals by caller.
#[derive(Default)]
pub struct Watch {
    refusals: Mutex<HashMap<(OrganiserId, AlarmSubject), Refusals>>,
}

impl Watch {
    /// Looks at how a request of somebody known was answered: what is to be raised, if anything.
    pub(crate) fn look(
        &self,
        known: Known,
        status: StatusCode,
        code: Option<Code>,
        now: DateTime<Utc>,
    ) -> Option<Alarm> {
        let alarm = |kind, count| Alarm { kind, subject: known.subject, count, settlement: None };
        if code == Some(Code::ClientNetwork) {
            return Some(alarm(AlarmKind::OutsideNetworks, 1));
        }
        if !matches!(status, StatusCode::FORBIDDEN | StatusCode::NOT_FOUND) {
            return None;
        }
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.len() >= MOST_WATCHED {
            refusals.retain(|_, counted| !counted.is_over(now));
            if refusals.len() >= MOST_WATCHED {
                refusals.clear();
            }
        }
        let counted = refusals.entry((known.organiser, known.subject)).or_insert_with(|| Refusals::none(now));
        counted.note(now).map(|count| alarm(AlarmKind::ManyRefusals, count))
    }
}

/// Raises an alarm beside the request that it follows from, which waits for nothing.
pub(crate) fn raise(state: &web::Data<State>, organiser: OrganiserId, raised: Alarm) {
    let state = state.clone();
    actix_web::rt::spawn(async move {
        let caller = Caller::system("alarm", organiser, state.fresh_uuid(), state.clock.now());
        tracing::warn!(kind = raised.kind.code(), "an alarm is raised");
        let written = state
            .database
            .write(&caller, move |tx, scope| alarm::raise(tx, scope, &raised).map_err(Problem::from))
            .await;
        if let Err(error) = written {
            tracing::error!(?error, "an alarm could not be written");
        }
    });
}

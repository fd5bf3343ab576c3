//! Who is calling, as far as the token says. What they may do follows from the
//! register, inside the transaction: see [`super::Scope`].

use core::net::IpAddr;

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{Level, Permission};
use crate::{
    id::{AccountId, ClientId, OrganiserId, SessionId},
    identity::Fingerprint,
    instant::school_day,
};

/// Whose call it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Identity {
    /// A person's account, within a session or with a token minted by the operator.
    Account(AccountId, Option<SessionId>),
    /// An integrator's client.
    Client(ClientId),
    /// The program itself: a job, the command line, or a login before anyone is known.
    /// The word says which, and stands in the change log.
    System(&'static str),
}

/// A verified caller and the one thing they ask to do.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The tenant. [`Caller::every_organiser`] only for the system.
    pub organiser: OrganiserId,
    /// Whose call it is.
    pub identity: Identity,
    /// How surely we know.
    pub level: Level,
    /// The permission that the operation declares.
    pub permission: Permission,
    /// From where a client calls, as far as that is known; none for everybody else, of whom it is not asked.
    pub address: Option<IpAddr>,
    /// The certificate that a client's token is bound to, and that the call came with; none for a token that is bound to none.
    pub certificate: Option<Fingerprint>,
    /// The request, as it stands in answers, logs and the change log.
    pub request: Uuid,
    /// The instant of the call: the time basis of everything it does.
    pub now: DateTime<Utc>,
}

impl Caller {
    /// The organiser of a system caller that works across organisers.
    #[must_use]
    pub fn every_organiser() -> OrganiserId {
        crate::id::Id::from_uuid(Uuid::nil())
    }

    /// The program itself, working for one organiser.
    #[must_use]
    pub fn system(what: &'static str, organiser: OrganiserId, request: Uuid, now: DateTime<Utc>) -> Self {
        Self {
            organiser,
            identity: Identity::System(what),
            level: Level::High,
            permission: Permission::Public,
            address: None,
            certificate: None,
            request,
            now,
        }
    }

    /// The school day of the call, in Europe/Stockholm.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        school_day(self.now)
    }
}

//! A register for a test to begin with: organisers, a school, an account of each role.

use skolhus_api::{http::problem::Problem, identity::keyring::Bearer};
use skolhus_domain::{
    access::{Caller, Identity, Level, Role},
    id::{AccountId, ControllerId, Id, OrganiserId, PersonId, SchoolUnitId},
    organisation::{NewController, NewOrganiser, NewSchoolUnit},
    person::EmailAddress,
};
use skolhus_persistence::{
    identity::account,
    organisation::{controller, organiser, school_unit},
};

use crate::server::TestServer;

/// An organiser with a controller and one school unit.
pub struct School {
    /// The tenant.
    pub organiser: OrganiserId,
    /// Who answers for its personal data.
    pub controller: ControllerId,
    /// Väggarps folkhögskola.
    pub unit: SchoolUnitId,
}

impl School {
    /// Enters a school.
    ///
    /// # Panics
    /// When it cannot be entered.
    #[allow(clippy::expect_used, reason = "a test without its register has failed")]
    pub async fn enter(server: &TestServer) -> Self {
        let state = &server.state;
        let (organiser, controller, unit) = (state.fresh(), state.fresh(), state.fresh());
        let caller = Caller::system("test", organiser, state.fresh_uuid(), state.clock.now());
        state
            .database
            .write(&caller, move |tx, scope| {
                let new =
                    NewOrganiser { name: "Väggarps folkhögskoleförening", organisation_number: None };
                organiser::insert(tx, organiser, &new.validate().map_err(Problem::from)?)?;
                let new = NewController { name: "Väggarps folkhögskoleförening", kind: "private" };
                controller::insert(tx, scope, controller, &new.validate().map_err(Problem::from)?)?;
                let new = NewSchoolUnit {
                    name: "Väggarps folkhögskola",
                    school_types: vec!["FHS"],
                    controller,
                    codes: vec![],
                    valid: (skolhus_domain::period::FIRST_DATE, None),
                    active: true,
                };
                let types = skolhus_domain::code::seed::school_types().map_err(Problem::from)?;
                school_unit::insert(tx, scope, unit, new.validate(&types, &[]).map_err(Problem::from)?)?;
                Ok::<_, Problem>(())
            })
            .await
            .expect("the school is entered");
        Self { organiser, controller, unit }
    }

    /// Opens an account with a role for the whole organiser; returns its token.
    pub async fn token(&self, server: &TestServer, role: Role) -> String {
        self.token_of(server, role, None, None, Level::Substantial).await
    }

    /// Opens an account with a role; returns its token.
    pub async fn token_of(
        &self,
        server: &TestServer,
        role: Role,
        unit: Option<SchoolUnitId>,
        person: Option<PersonId>,
        level: Level,
    ) -> String {
        self.token_with(server, &[(role, unit)], person, level).await
    }

    /// Opens an account with several roles; returns its token.
    ///
    /// # Panics
    /// When it cannot be opened.
    #[allow(clippy::expect_used, reason = "a test without its account has failed")]
    pub async fn token_with(
        &self,
        server: &TestServer,
        roles: &[(Role, Option<SchoolUnitId>)],
        person: Option<PersonId>,
        level: Level,
    ) -> String {
        let state = &server.state;
        let account: AccountId = state.fresh();
        let roles: Vec<_> = roles.iter().map(|(role, unit)| (state.fresh(), *role, *unit)).collect();
        let caller = Caller::system("test", self.organiser, state.fresh_uuid(), state.clock.now());
        let codes: Vec<&str> = roles.iter().map(|(_, role, _)| role.code()).collect();
        // At most 64 octets stand before the @, half of them the id.
        let named: String = codes.join(".").chars().take(31).collect();
        let email = format!("{}.{}@exempel.se", named.trim_end_matches('.'), account.uuid().simple());
        state
            .database
            .write(&caller, move |tx, scope| {
                let email = EmailAddress::new(&email).map_err(Problem::from)?;
                account::insert(tx, scope, account, person, &email)?;
                for (assignment, role, unit) in &roles {
                    account::assign_role(tx, scope, *assignment, account, *role, *unit)?;
                }
                Ok::<_, Problem>(())
            })
            .await
            .expect("the account is opened");
        server.token(&Bearer { organiser: self.organiser, identity: Identity::Account(account, None), level })
    }
}

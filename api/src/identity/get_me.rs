use actix_web::{get, web};
use serde::Serialize;
use skolhus_domain::{
    access::{Identity, Level, Permission, Role, Scope, declared::OwnAccount},
    id::Id,
};
use skolhus_persistence::{
    DatabaseConnection,
    identity::{account, client, role_assignment, session},
};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    client::{ClientDocument, ClientFieldWord},
    create_session::LevelName,
};
use crate::http::{period::PeriodDocument, permit::Permit, problem::Problem, state::State};

/// Who is calling, and what they may do.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Me)]
pub struct MeDocument {
    /// The organiser (huvudman) that everything is about.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a0")]
    pub organiser_id: Uuid,
    /// The account, if it is one.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub account_id: Option<Uuid>,
    /// The account's e-mail address.
    #[schema(required, example = "asa.oberg@exempel.se")]
    pub email: Option<String>,
    /// The person of the register behind the account, if any.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-000000000101")]
    pub person_id: Option<Uuid>,
    /// The integrator's client, if it is one.
    #[schema(required, example = json!(null))]
    pub client_id: Option<Uuid>,
    /// The client's name.
    #[schema(required, example = json!(null))]
    pub client_name: Option<String>,
    /// The units a client is limited to; empty for the whole organiser, and for accounts.
    #[schema(example = json!([]))]
    pub client_school_unit_ids: Vec<Uuid>,
    /// The school types whose units a client is limited to; empty for all, and for accounts.
    #[schema(example = json!([]))]
    pub client_school_types: Vec<String>,
    /// What a client is shown about persons besides their names.
    #[schema(value_type = Vec<ClientFieldWord>, example = json!([]))]
    pub client_fields: Vec<String>,
    /// The networks that a client may call from; empty for anywhere, and for accounts.
    #[schema(example = json!([]))]
    pub client_allowed_networks: Vec<String>,
    /// From when on a client is refused; null for never, and for accounts.
    #[schema(required, example = json!(null))]
    pub client_expires_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The roles that the account holds today.
    pub roles: Vec<OwnRole>,
    /// How surely the login knew.
    pub level: LevelName,
    /// What the caller may do within the reach of their roles, at this level of login.
    #[schema(example = json!(["own-account", "organisation:read", "person:read"]))]
    pub permissions: Vec<String>,
    /// What the caller could do besides after a stronger login.
    #[schema(example = json!(["person:disclose"]))]
    pub permissions_at_higher_level: Vec<String>,
    /// The session, if the token belongs to one.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub session_id: Option<Uuid>,
    /// When the session ends at the latest.
    #[schema(required, example = "2026-09-16T06:10:00Z")]
    pub session_expires_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// A role that the caller holds.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OwnRole {
    /// The role.
    #[schema(example = "registrar")]
    pub role: String,
    /// The unit it is limited to; null for the whole organiser.
    #[schema(required, example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Option<Uuid>,
    /// When it is held.
    pub valid: PeriodDocument,
}

/// Who am I
///
/// The account or client of the token: organiser, person, roles with their units, level of login, permissions, session; of a
/// client what limits it.
#[utoipa::path(
    operation_id = "getMe", tag = "identity",
    extensions(("x-permission" = json!("own-account"))),
    responses((status = 200, description = "The caller.", body = MeDocument))
)]
#[get("/v1/me")]
pub async fn handle(
    permit: Permit<OwnAccount>,
    state: web::Data<State>,
) -> Result<web::Json<MeDocument>, Problem> {
    let (level, limited_to) = (permit.level, permit.limited_to().map(<[Permission]>::to_vec));
    let me = state
        .database
        .read(permit.caller(), move |connection, scope| {
            get_me(connection, scope, level, limited_to.as_deref())
        })
        .await?;
    Ok(web::Json(me))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`] for the program itself; a failure of the database.
pub fn get_me(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    level: Level,
    limited_to: Option<&[Permission]>,
) -> Result<MeDocument, Problem> {
    let mut me = MeDocument {
        organiser_id: scope.organiser().uuid(),
        account_id: None,
        email: None,
        person_id: None,
        client_id: None,
        client_name: None,
        client_school_unit_ids: Vec::new(),
        client_school_types: Vec::new(),
        client_fields: Vec::new(),
        client_allowed_networks: Vec::new(),
        client_expires_at: None,
        roles: Vec::new(),
        level: level.into(),
        permissions: Vec::new(),
        permissions_at_higher_level: Vec::new(),
        session_id: None,
        session_expires_at: None,
    };
    let mut held: Vec<Permission> = vec![Permission::OwnAccount];
    match scope.identity() {
        Identity::Account(id, session) => {
            let account = account::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
            let given = role_assignment::of_account(connection, scope, id)?;
            let today = scope.today();
            let given: Vec<_> = given.into_iter().filter(|given| given.value.valid.contains(today)).collect();
            let roles: Vec<Role> = given.iter().map(|given| given.value.role).collect();
            let holds = |permission: &Permission| {
                *permission != Permission::OwnAccount
                    && permission.roles().iter().any(|role| roles.contains(role))
            };
            held.extend(Permission::ALL.iter().copied().filter(holds));
            me.account_id = Some(id.uuid());
            me.email = Some(account.value.email.as_str().to_owned());
            me.person_id = account.value.person.map(Id::uuid);
            me.roles = given
                .into_iter()
                .map(|given| OwnRole {
                    role: given.value.role.code().to_owned(),
                    school_unit_id: given.value.school_unit.map(Id::uuid),
                    valid: PeriodDocument::of(given.value.valid),
                })
                .collect();
            if let Some(session) = session {
                let session = session::find(connection, scope, session)?;
                me.session_id = session.as_ref().map(|session| session.id.uuid());
                me.session_expires_at = session.map(|session| session.value.expires_at);
            }
        }
        Identity::Client(id) => {
            let client = client::find(connection, scope, id)?.ok_or_else(Problem::not_found)?;
            let granted = client.value.scopes.iter().copied();
            held.extend(granted.filter(|scope| limited_to.is_none_or(|limits| limits.contains(scope))));
            let client = ClientDocument::of(client);
            me.client_id = Some(id.uuid());
            me.client_name = Some(client.name);
            me.client_school_unit_ids = client.school_unit_ids;
            me.client_school_types = client.school_types;
            me.client_fields = client.fields;
            me.client_allowed_networks = client.allowed_networks;
            me.client_expires_at = client.expires_at;
        }
        Identity::System(_) => return Err(Problem::not_found()),
    }
    for permission in held {
        let code = permission.code().to_owned();
        if permission.level() <= level {
            me.permissions.push(code);
        } else {
            me.permissions_at_higher_level.push(code);
        }
    }
    Ok(me)
}

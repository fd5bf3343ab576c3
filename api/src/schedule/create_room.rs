use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::{Id, RoomId, SchoolUnitId},
    refusal::{Refusal, Rule},
    schedule::NewRoom,
};
use skolhus_persistence::{Tx, organisation::school_unit, schedule::room};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    get_room::get_room,
    room::{RoomDocument, RoomKindWord, no_namesake},
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A room to enter.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateRoom {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000c1")]
    pub id: Option<Uuid>,
    /// Whose.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// What it is.
    #[schema(value_type = RoomKindWord, example = "room")]
    pub kind: String,
    /// What it is called; no two of a school unit have the same name.
    #[validate(length(min = 1, max = 100))]
    #[schema(example = "Sal 114", min_length = 1, max_length = 100)]
    pub name: String,
    /// How many find a place in it; a resource has none.
    #[validate(range(min = 1, max = 10_000))]
    #[schema(example = 28, minimum = 1, maximum = 10000)]
    pub seats: Option<u16>,
    /// Whether several lessons share it on purpose, as a sports hall: they do not clash over it. False unless given.
    #[serde(default)]
    #[schema(example = false, default = false)]
    pub is_shared: bool,
}

/// Enter a room
///
/// A new room (lokal) of a school unit, or another thing (resurs) that lessons take up.
#[utoipa::path(
    operation_id = "createRoom", tag = "schedule",
    extensions(("x-permission" = json!("organisation:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateRoom, example = json!({
        "schoolUnitId": "0199a3f0-7c00-7000-8000-0000000000a1", "kind": "room", "name": "Sal 114", "seats": 28
    })),
    responses((status = 201, description = "It is entered.", body = RoomDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/rooms")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateRoom>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<RoomId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_room(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    get_room(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let location = format!("/v1/rooms/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn create_room(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: RoomId,
    request: &CreateRoom,
) -> Result<RoomDocument, Problem> {
    let CreateRoom { id, school_unit_id, kind, name, seats, is_shared } = request.clone();
    let unit_id = SchoolUnitId::from_uuid(school_unit_id);
    room::lock_unit(tx, unit_id)?;
    school_unit::find(tx.connection(), scope, unit_id)?.ok_or_else(|| {
        Refusal::new(Rule::UnknownReference, "there is no such school unit").at("/schoolUnitId")
    })?;
    let new = NewRoom { school_unit: unit_id, kind: &kind, name: &name, seats, is_shared }.validate()?;
    let id = id.map_or(fresh, Id::from_uuid);
    if room::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    no_namesake(tx, scope, id, &new)?;
    let saved = room::insert(tx, scope, id, &new)?;
    Ok(RoomDocument::of(saved))
}

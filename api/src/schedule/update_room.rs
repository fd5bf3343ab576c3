use actix_web::{HttpResponse, patch, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::ManageOrganisation},
    id::RoomId,
    schedule::{NewRoom, Room},
};
use skolhus_persistence::{Tx, schedule::room};
use utoipa::ToSchema;
use validator::Validate;

use super::room::{RoomDocument, no_namesake};
use crate::http::{
    body::Body,
    etag::IfMatch,
    patch::Patch,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, saved},
    state::State,
};

/// What to change of a room; what is absent stays.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpdateRoom {
    /// What it is called.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "Sal 114", min_length = 1, max_length = 100, nullable = false)]
    #[validate(length(min = 1, max = 100))]
    pub name: Patch<String>,
    /// How many find a place in it; null where nobody has counted.
    #[serde(default)]
    #[schema(value_type = Option<u16>, example = 28, minimum = 1, maximum = 10000)]
    #[validate(range(min = 1, max = 10_000))]
    pub seats: Patch<u16>,
    /// Whether several lessons share it on purpose.
    #[serde(default)]
    #[schema(value_type = Option<bool>, example = true, nullable = false)]
    pub is_shared: Patch<bool>,
}

/// Change a room
///
/// A merge patch: what is absent stays. Asking for what is already so changes nothing. Its school unit and its kind stay.
#[utoipa::path(
    operation_id = "updateRoom", tag = "schedule",
    extensions(("x-permission" = json!("organisation:manage"))),
    params(IdPath),
    request_body(content = UpdateRoom, content_type = "application/merge-patch+json", example = json!({ "name": "Sal 114", "seats": 30 })),
    responses((status = 200, description = "Its present state.", body = RoomDocument, headers(("ETag" = String, description = "Its version."))))
)]
#[patch("/v1/rooms/{id}")]
pub async fn handle(
    permit: Permit<ManageOrganisation>,
    state: web::Data<State>,
    id: PathId<RoomId>,
    if_match: IfMatch,
    body: Body<UpdateRoom>,
) -> Result<HttpResponse, Problem> {
    let now = state
        .database
        .write(permit.caller(), move |tx, scope| update_room(tx, scope, id.0, &if_match, &body))
        .await?;
    Ok(saved(now.version, &now))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `Stale`, `InvalidFields`; a failure of the database.
pub fn update_room(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: RoomId,
    if_match: &IfMatch,
    request: &UpdateRoom,
) -> Result<RoomDocument, Problem> {
    let before = room::find(tx.connection(), scope, id)?.ok_or_else(Problem::not_found)?;
    room::lock_unit(tx, before.value.school_unit)?;
    let after = merged(request.clone(), &before.value)?;
    if_match.check_unless(after == before.value, before.version)?;
    no_namesake(tx, scope, id, &after)?;
    let saved = room::update(tx, scope, &before, &after)?;
    Ok(RoomDocument::of(saved))
}

fn merged(request: UpdateRoom, present: &Room) -> Result<Room, Problem> {
    let UpdateRoom { name, seats, is_shared } = request;
    let name = name.require(present.name.as_str().to_owned()).map_err(|refusal| refusal.at("/name"))?;
    let is_shared = is_shared.require(present.is_shared).map_err(|refusal| refusal.at("/isShared"))?;
    let new = NewRoom {
        school_unit: present.school_unit,
        kind: present.kind.code(),
        name: &name,
        seats: seats.apply(present.seats),
        is_shared,
    };
    Ok(new.validate()?)
}

use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageProtection},
    id::{ContactBanId, Id, PersonId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Tx,
    person::{self, relation},
};
use uuid::Uuid;

use super::open::{opened, shown};
use crate::{
    http::{
        body::Body,
        idempotency::{IdempotencyKey, Made},
        permit::Permit,
        problem::Problem,
        resource::created,
        state::State,
    },
    person::{
        contact_ban::{ContactBanDocument, CreateContactBan, enter},
        document::facts,
        relation::reason_of,
    },
};

/// Enter a contact ban of somebody protected
///
/// As a ban (kontaktförbud) between others, where the one whom it keeps safe is protected, or the one against whom it
/// is, or both. It is in force at once and overrides every relation and clearing. The access to those of the
/// register whom it concerns is logged with the reason.
#[utoipa::path(
    operation_id = "createProtectedContactBan", tag = "person",
    extensions(("x-permission" = json!("person:manage-protection")), ("x-idempotent" = json!(true))),
    request_body(content = CreateContactBan, example = json!({
        "personId": "0199a3f0-7c00-7000-8000-0000000000c1",
        "againstId": "0199a3f0-7c00-7000-8000-0000000000c2",
        "kind": "contact-ban",
        "period": { "from": "2026-08-14", "to": "2027-08-13" },
        "reason": "Kontaktförbud, åklagarens beslut 2026-08-14",
    })),
    responses((status = 201, description = "It is in force.", body = ContactBanDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/protected-contact-bans")]
pub async fn handle(
    permit: Permit<ManageProtection>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateContactBan>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<ContactBanId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_protected_contact_ban(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, made| {
                    let id = made.as_str().and_then(|id| Uuid::try_parse(id).ok());
                    let id = Id::from_uuid(id.ok_or_else(Problem::not_found)?);
                    let (view, _) = opened(tx, scope, id, &reason_of(&body.reason)?)?;
                    Ok(ContactBanDocument::of(&view))
                },
            )
        })
        .await?;
    let location = format!("/v1/protected-contact-bans/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::InvalidFields`]; a failure of the database.
pub fn create_protected_contact_ban(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: ContactBanId,
    request: &CreateContactBan,
) -> Result<ContactBanDocument, Problem> {
    relation::lock(tx, Id::from_uuid(request.person_id))?;
    let concerned = request.concerned();
    let grant = tx.record_access(&reason_of(&request.reason)?, &concerned);
    let found = person::open_many(tx, scope, &concerned, &grant)?;
    let mut is_protected = false;
    for saved in &found {
        is_protected |= facts(saved, scope, Some(&grant))?.protection.is_protected();
    }
    let known: Vec<PersonId> = found.iter().map(|saved| saved.id).collect();
    if concerned.iter().all(|person| known.contains(person)) && !is_protected {
        let detail = "nobody of them is protected: such a ban is entered by a registrar";
        return Err(Refusal::new(Rule::Conflict, detail).at("/personId").into());
    }
    let id = enter(tx, scope, fresh, request, &known)?;
    shown(tx, scope, id, &grant)
}

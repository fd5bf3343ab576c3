use actix_web::{HttpResponse, post, web};
use serde::Deserialize;
use skolhus_domain::{
    access::{Scope, declared::OwnContact},
    id::SentCodeId,
    identity::{CodePurpose, CodeTry, SentCode},
    person::{OwnContactChange, PersonFacts},
    refusal::{Refusal, Rule},
    text::Text,
};
use skolhus_persistence::{Tx, identity::sent_code, person};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    super::{document::facts, fields::ContactDocument},
    sealed::Waiting,
};
use crate::{
    http::{
        body::Body,
        permit::Permit,
        problem::Problem,
        resource::{IdPath, PathId},
        state::State,
    },
    identity::sent_code::{fits, opened, try_code},
};

/// The code that was sent.
#[derive(Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConfirmContactChange {
    /// The six digits of the message.
    #[validate(length(min = 6, max = 7))]
    #[schema(example = "287082", min_length = 6, max_length = 7, pattern = "^[0-9]{3} ?[0-9]{3}$")]
    pub code: String,
}

/// What became of a code.
enum Outcome {
    Changed(Box<ContactDocument>),
    Wrong,
    Over,
}

/// Confirm a change of one's own contact details
///
/// With the code that was sent: from now on the phone stands in the register, with `verifiedAt`. Another code is refused (422
/// at `/code`) and may be tried again, five times in all; one that was used, or whose ten minutes are over, is worth nothing
/// (409). The change is one's own, and so is its code: nobody else finds it.
#[utoipa::path(
    operation_id = "confirmContactChange", tag = "person",
    extensions(("x-permission" = json!("contact:own"))),
    params(IdPath),
    request_body(content = ConfirmContactChange, example = json!({ "code": "287082" })),
    responses((status = 200, description = "How one is reached now.", body = ContactDocument))
)]
#[post("/v1/me/contact-changes/{id}/confirmation")]
pub async fn handle(
    permit: Permit<OwnContact>,
    state: web::Data<State>,
    id: PathId<SentCodeId>,
    body: Body<ConfirmContactChange>,
) -> Result<HttpResponse, Problem> {
    let code = SentCode::presented(&body.code).map_err(|refusal| refusal.at("/code"))?;
    let sent = state
        .database
        .read(permit.caller(), move |connection, scope| {
            sent_code::find(connection, scope, CodePurpose::Contact, id.0).map_err(Problem::from)
        })
        .await?
        .ok_or_else(Problem::not_found)?;
    let fits = fits(&state, &sent, code);
    let waiting = opened(&state, sent.id, &sent.sealed);
    let change = waiting.and_then(|text| serde_json::from_str::<Waiting>(&text).ok()?.change());
    let outcome = state
        .database
        .write(permit.caller(), move |tx, scope| confirm(tx, scope, sent.id, fits, change.as_ref()))
        .await?;
    match outcome {
        Outcome::Changed(contact) => Ok(HttpResponse::Ok().json(contact)),
        Outcome::Wrong => {
            Err(Refusal::new(Rule::Conflict, "this is not the code that was sent").at("/code").into())
        }
        Outcome::Over => Err(Refusal::new(
            Rule::State,
            "the code was used, is too old or was tried too often; begin again and get another",
        )
        .into()),
    }
}

/// The use-case. A wrong code is an answer, not an error: the try stays counted.
fn confirm(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: SentCodeId,
    fits: bool,
    change: Option<&OwnContactChange>,
) -> Result<Outcome, Problem> {
    match try_code(tx, id, fits)? {
        CodeTry::Wrong => return Ok(Outcome::Wrong),
        CodeTry::Over => return Ok(Outcome::Over),
        CodeTry::Fits => {}
    }
    // With other keys it cannot be opened any more.
    let Some(change) = change else { return Ok(Outcome::Over) };
    let own = scope.person().ok_or_else(Problem::not_found)?;
    let grant = tx.record_access(&Text::line("the person's own contact details", 500)?, &[own]);
    let saved = person::open_own(tx, scope, &grant)?.ok_or_else(Problem::not_found)?;
    let before = facts(&saved, scope, Some(&grant))?;
    let contact = change.made(&before.contact, scope.now())?;
    let document = ContactDocument::of(&contact);
    person::update(tx, scope, own, saved.version, &PersonFacts { contact, ..before })?;
    Ok(Outcome::Changed(Box::new(document)))
}

use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::{Value, json};
use skolhus_domain::{
    access::{Scope, declared::ManageTermTurns},
    course::term_turn::{TermTurn, plan},
    id::{Id, TermTurnId},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{Tx, course::term_turn};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    asked::{TermTurnCopying, TermTurnPromotion, TermTurnRequest, example},
    facts::Loaded,
    fingerprint::Fingerprint,
    get_term_turn::get_term_turn,
    term_turn_document::TermTurnDocument,
    write::carry_out,
};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::created,
    state::State,
};

/// A turn of term to carry out: as it was previewed.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateTermTurn {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000e1")]
    pub id: Option<Uuid>,
    /// The fingerprint that the preview gave.
    #[validate(length(min = 1, max = 16000))]
    #[schema(
        example = "3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        min_length = 1,
        max_length = 16000,
        pattern = "^[A-Za-z0-9_-]+$"
    )]
    pub fingerprint: String,
    /// The school unit whose term turns.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000a1")]
    pub school_unit_id: Uuid,
    /// The term that ends.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d1")]
    pub from_term_id: Uuid,
    /// The term that begins; it begins after the other has ended.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000d2")]
    pub to_term_id: Uuid,
    /// Further terms that the copies cover, such as the spring term after the autumn term.
    #[serde(default)]
    #[validate(length(max = 3))]
    #[schema(example = json!([]), max_items = 3)]
    pub further_term_ids: Vec<Uuid>,
    /// Which offerings are copied, and how; none: no offerings.
    #[validate(nested)]
    pub copying: Option<TermTurnCopying>,
    /// Which classes go up a year, and how; none: no classes.
    #[validate(nested)]
    pub promotion: Option<TermTurnPromotion>,
}

fn full_example() -> Value {
    let mut body = example();
    if let Some(fields) = body.as_object_mut() {
        let seen = json!("3q2-7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
        fields.insert("fingerprint".to_owned(), seen);
    }
    body
}

/// Carry out a turn of term
///
/// Makes what the preview showed, all or nothing, as one act of the change log: offerings of the unit are
/// copied to the next term with their teachers, groups and parts; participants go on, those who have left or
/// finished never; classes go up a year as new groups, their pupils' enrolments with them, and those in the last
/// year end. It is looked at anew; where something has changed since the preview, the answer names it, and
/// nothing is made. The numbers that a school gives an offering for reports, and exceptions for single persons,
/// are not copied. It can be undone until something depends on it.
#[utoipa::path(
    operation_id = "createTermTurn", tag = "course",
    extensions(("x-permission" = json!("term-turn:manage")), ("x-idempotent" = json!(true))),
    request_body(content = CreateTermTurn, example = json!(full_example())),
    responses((status = 201, description = "It is carried out.", body = TermTurnDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/term-turns")]
pub async fn handle(
    permit: Permit<ManageTermTurns>,
    state: web::Data<State>,
    key: IdempotencyKey,
    body: Body<CreateTermTurn>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<TermTurnId>());
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = create_term_turn(tx, scope, fresh, &body)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let id = handle.as_str().and_then(|id| Uuid::try_parse(id).ok()).unwrap_or_default();
                    get_term_turn(tx.connection(), scope, Id::from_uuid(id))
                },
            )
        })
        .await?;
    let turn = made.answer;
    Ok(created(made.status, format!("/v1/term-turns/{}", turn.id), turn.version, &turn))
}

/// The use-case.
///
/// # Errors
/// [`Code::InvalidFields`]; [`Code::Conflict`] when something has changed since the preview, or only states and
/// places stand in the way; a failure of the database.
pub fn create_term_turn(
    tx: &mut Tx<'_>,
    scope: &Scope,
    fresh: TermTurnId,
    request: &CreateTermTurn,
) -> Result<TermTurnDocument, Problem> {
    let CreateTermTurn {
        id,
        fingerprint,
        school_unit_id,
        from_term_id,
        to_term_id,
        further_term_ids,
        copying,
        promotion,
    } = request.clone();
    let id = id.map_or(fresh, Id::from_uuid);
    let asked =
        TermTurnRequest { school_unit_id, from_term_id, to_term_id, further_term_ids, copying, promotion };
    let asked = asked.read(tx.connection(), scope)?;
    // What is there is held, and then looked at: what comes after the first look was not in the preview either.
    Loaded::read(tx.connection(), scope, &asked)?.lock(tx, scope, &asked)?;
    if term_turn::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    let loaded = Loaded::read(tx.connection(), scope, &asked)?;
    let plan = plan(&asked, &loaded.facts);
    if !plan.refusals.is_empty() {
        return Err(crate::participation::refused(skolhus_domain::refusal::Refusals(plan.refusals)));
    }
    let changed =
        Fingerprint::of(&plan).changed_since(&fingerprint).map_err(|refusal| refusal.at("/fingerprint"))?;
    if !changed.is_empty() {
        let detail = "something has changed since the preview: preview it again";
        return Err(Problem::new(Code::Conflict).detail(detail).errors(changed));
    }
    let next = asked.to.first().map(|(term, _)| *term).ok_or_else(Problem::not_found)?;
    let turn = TermTurn { school_unit: asked.school_unit, from: asked.from.0, to: next, reversal: None };
    term_turn::insert(tx, scope, id, &turn)?;
    carry_out(tx, scope, id, &plan, &loaded)?;
    get_term_turn(tx.connection(), scope, id)
}

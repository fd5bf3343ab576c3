use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Scope, declared::ManageClientCertificates},
    identity::RevocationReason,
};
use skolhus_persistence::{
    Tx,
    identity::{client, client_certificate},
};
use utoipa::ToSchema;
use validator::Validate;

use super::{
    document::{ClientCertificateDocument, RevocationReasonWord},
    get_certificate::get_certificate,
    path::{CertificateId, CertificatePath},
};
use crate::http::{
    body::Body,
    idempotency::{IdempotencyKey, Made},
    permit::Permit,
    problem::Problem,
    resource::saved,
    state::State,
};

/// Why a certificate is revoked.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevokeClientCertificate {
    /// Why.
    #[schema(value_type = RevocationReasonWord, example = "superseded")]
    pub reason: String,
}

/// Revoke a client's certificate
///
/// From now on it is refused, and so are the tokens that were bound to it. It stays in the list of the client's
/// certificates. Revoking it once more for the same reason changes nothing. A client revokes its own.
#[utoipa::path(
    operation_id = "revokeClientCertificate", tag = "identity",
    extensions(("x-permission" = json!("client-certificate:manage")), ("x-idempotent" = json!(true))),
    params(CertificatePath),
    request_body(content = RevokeClientCertificate, example = json!({ "reason": "superseded" })),
    responses((status = 200, description = "Its present state.", body = ClientCertificateDocument,
        headers(("ETag" = String, description = "Its version."))))
)]
#[post("/v1/clients/{id}/certificates/{certificateId}/revocation")]
pub async fn handle(
    permit: Permit<ManageClientCertificates>,
    state: web::Data<State>,
    id: CertificateId,
    key: IdempotencyKey,
    body: Body<RevokeClientCertificate>,
) -> Result<HttpResponse, Problem> {
    let caller = permit.caller().clone();
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let answer = revoke_certificate(tx, scope, id, &body)?;
                    Ok(Made { status: StatusCode::OK, handle: json!(null), answer })
                },
                |tx, scope, _| get_certificate(tx.connection(), scope, id),
            )
        })
        .await?;
    Ok(saved(made.answer.version, &made.answer))
}

/// The use-case.
///
/// # Errors
/// [`crate::http::catalogue::Code::NotFound`], `InvalidFields`, `Conflict`; a failure of the database.
pub fn revoke_certificate(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: CertificateId,
    request: &RevokeClientCertificate,
) -> Result<ClientCertificateDocument, Problem> {
    client_certificate::lock_client(tx, id.client)?;
    client::find(tx.connection(), scope, id.client)?.ok_or_else(Problem::not_found)?;
    let before = client_certificate::find(tx.connection(), scope, id.client, id.certificate)?;
    let before = before.ok_or_else(Problem::not_found)?;
    let reason = RevocationReason::from_code(&request.reason).map_err(|refusal| refusal.at("/reason"))?;
    let after = before.value.revoke(reason, scope.now())?;
    Ok(ClientCertificateDocument::of(&client_certificate::update(tx, scope, &before, &after)?))
}

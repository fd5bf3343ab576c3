use actix_web::{HttpResponse, http::StatusCode, post, web};
use serde::Deserialize;
use serde_json::json;
use skolhus_domain::{
    access::{Caller, Scope, declared::ManageClientCertificates},
    id::{ClientCertificateId, ClientId, Id},
    identity::{ClientCertificate, allowed_networks, certificate_life, room_for_client_certificate},
    refusal::{Refusal, Rule},
};
use skolhus_persistence::{
    Saved, Tx,
    identity::{certificate_authority, client, client_certificate},
};
use utoipa::ToSchema;
use uuid::Uuid;
use validator::Validate;

use super::{
    super::certificate_authority::{
        issuer::{Holder, Serial, issue},
        issuing::issuing,
    },
    document::ClientCertificateDocument,
    get_certificate::get_certificate,
    path::CertificateId,
    request,
};
use crate::http::{
    body::Body,
    catalogue::Code,
    idempotency::{IdempotencyKey, Made},
    peer_certificate::fingerprint,
    permit::Permit,
    problem::Problem,
    resource::{IdPath, PathId, created},
    state::State,
};

/// An order for a certificate.
#[derive(Clone, Debug, Deserialize, ToSchema, Validate)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CreateClientCertificate {
    /// Its id, if the caller brings one; else a fresh one is given.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f9")]
    pub id: Option<Uuid>,
    /// A certificate signing request (PKCS #10) in PEM, signed with the key that the certificate is for: RSA of 2,048 to 4,096
    /// bits, P-256, P-384 or Ed25519. Nothing but the key counts of what it says.
    #[validate(length(min = 1, max = 10_000))]
    #[schema(
        example = "-----BEGIN CERTIFICATE REQUEST-----\nMIHeMIGGAgEAMCQxIjAgBgNVBAMMGVNjaGVtYWzDpGdnYXJlbiBpIMOFa2Vyw7Yw\nWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQWQUFQHn/Xa1lgsP0uYofhu1iONkCY\npMb7+SnmCyPmTlpEk5O19+WuHN2i80YoA6GWdZoQgokKgTIL0m11GlGeoAAwCgYI\nKoZIzj0EAwIDRwAwRAIgdVzu2T3Gw+fTynWRHMWL1rW9lcKpGUFr4TIODizODscC\nIBwNOLYAPOgguUCeJcm2mX71fblaGT1/qSFM6YkOgRwQ\n-----END CERTIFICATE REQUEST-----\n",
        min_length = 1,
        max_length = 10_000,
        pattern = "^-----BEGIN CERTIFICATE REQUEST-----\\s[A-Za-z0-9+/=\\s]+-----END CERTIFICATE REQUEST-----\\s*$"
    )]
    pub certificate_signing_request: String,
    /// The certificate whose place this one takes, of the same client. That one stays in force until it expires or is revoked.
    #[schema(example = "0199a3f0-7c00-7000-8000-0000000000f7")]
    pub renews_id: Option<Uuid>,
    /// The networks that it may be used from, of those that the client may call from, in CIDR notation; all of them unless
    /// given. They are never changed.
    #[serde(default)]
    #[validate(length(max = 50))]
    #[schema(required = false, max_items = 50, example = json!(["192.0.2.128/25"]))]
    pub allowed_networks: Vec<String>,
}

/// Order a client's certificate
///
/// Issues a certificate with which the client gets tokens at `POST /v1/tokens`, each bound to it: by the organiser's newest
/// authority, which is made for the first order where there is none. It says which client it is of and is good for
/// showing that and nothing else, for 395 days unless the server is set to fewer. A client orders its own, with
/// whatever it shows who it is with now, and has at most 20 in force, so that a new one can be installed while the former
/// is in use.
#[utoipa::path(
    operation_id = "createClientCertificate", tag = "identity",
    extensions(("x-permission" = json!("client-certificate:manage")), ("x-idempotent" = json!(true))),
    params(IdPath),
    request_body(content = CreateClientCertificate, example = json!({
        "certificateSigningRequest": "-----BEGIN CERTIFICATE REQUEST-----\nMIHeMIGGAgEAMCQxIjAgBgNVBAMMGVNjaGVtYWzDpGdnYXJlbiBpIMOFa2Vyw7Yw\nWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQWQUFQHn/Xa1lgsP0uYofhu1iONkCY\npMb7+SnmCyPmTlpEk5O19+WuHN2i80YoA6GWdZoQgokKgTIL0m11GlGeoAAwCgYI\nKoZIzj0EAwIDRwAwRAIgdVzu2T3Gw+fTynWRHMWL1rW9lcKpGUFr4TIODizODscC\nIBwNOLYAPOgguUCeJcm2mX71fblaGT1/qSFM6YkOgRwQ\n-----END CERTIFICATE REQUEST-----\n",
        "allowedNetworks": ["192.0.2.128/25"],
    })),
    responses((status = 201, description = "It is issued.", body = ClientCertificateDocument,
        headers(("ETag" = String, description = "Its version."), ("Location" = String, description = "Its address."))))
)]
#[post("/v1/clients/{id}/certificates")]
pub async fn handle(
    permit: Permit<ManageClientCertificates>,
    state: web::Data<State>,
    id: PathId<ClientId>,
    key: IdempotencyKey,
    body: Body<CreateClientCertificate>,
) -> Result<HttpResponse, Problem> {
    let (caller, fresh) = (permit.caller().clone(), state.fresh::<ClientCertificateId>());
    let client = id.0;
    // Signing is done before the write, so that nobody else's waits for it.
    let certificate = prepared(&state, permit.caller(), client, &body).await?;
    let made = state
        .database
        .write(permit.caller(), move |tx, scope| {
            key.once(
                tx,
                scope,
                &caller,
                &body.bytes,
                |tx, scope| {
                    let id = body.id.map_or(fresh, Id::from_uuid);
                    let answer = create_certificate(tx, scope, id, &certificate)?;
                    Ok(Made { status: StatusCode::CREATED, handle: json!(answer.id), answer })
                },
                |tx, scope, handle| {
                    let certificate = handle
                        .as_str()
                        .and_then(|id| Uuid::try_parse(id).ok())
                        .ok_or_else(Problem::not_found)?;
                    let id = CertificateId { client, certificate: Id::from_uuid(certificate) };
                    get_certificate(tx.connection(), scope, id)
                },
            )
        })
        .await?;
    let location = format!("/v1/clients/{client}/certificates/{}", made.answer.id);
    Ok(created(made.status, location, made.answer.version, &made.answer))
}

/// The certificate that is ordered, issued and not yet entered.
async fn prepared(
    state: &State,
    caller: &Caller,
    client: ClientId,
    order: &CreateClientCertificate,
) -> Result<ClientCertificate, Problem> {
    let found = state
        .database
        .read(caller, move |connection, scope| {
            client::find(connection, scope, client)?.ok_or_else(Problem::not_found)
        })
        .await?;
    let requested = request::read(&order.certificate_signing_request)
        .map_err(|refusal| refusal.at("/certificateSigningRequest"))?;
    let networks =
        allowed_networks(&order.allowed_networks).map_err(|refusal| refusal.at("/allowedNetworks"))?;
    let days = state.logins.settings.client_certificate_days;
    let (authority, key) = issuing(state, caller, days).await?;
    let Saved { id: authority, value: issuer, .. } = authority;
    let (valid_from, expires_at) =
        certificate_life(caller.now, days, (issuer.valid_from, issuer.expires_at))?;
    let serial = Serial::fresh(state.randomness.as_ref());
    let holder = Holder { client, name: found.value.name.as_str(), key: &requested.public };
    let der = issue(&issuer, &key, &holder, &serial, (valid_from, expires_at)).map_err(|error| {
        tracing::error!(%error, "a certificate cannot be issued");
        Problem::new(Code::Internal)
    })?;
    Ok(ClientCertificate {
        client,
        authority,
        renews: order.renews_id.map(Id::from_uuid),
        serial: serial.text().to_owned(),
        fingerprint: fingerprint(&der),
        key: requested.key,
        der,
        valid_from,
        expires_at,
        allowed_networks: networks,
        noticed_days: None,
        revoked: None,
    })
}

/// The use-case: enters what was issued.
///
/// # Errors
/// [`Code::NotFound`]; `InvalidFields`; `Conflict` for one certificate too many; a failure of the database.
pub fn create_certificate(
    tx: &mut Tx<'_>,
    scope: &Scope,
    id: ClientCertificateId,
    certificate: &ClientCertificate,
) -> Result<ClientCertificateDocument, Problem> {
    let client = certificate.client;
    client_certificate::lock_client(tx, client)?;
    client::find(tx.connection(), scope, client)?.ok_or_else(Problem::not_found)?;
    if let Some(renewed) = certificate.renews
        && client_certificate::find(tx.connection(), scope, client, renewed)?.is_none()
    {
        let unknown = Refusal::new(Rule::UnknownReference, "the client has no such certificate");
        return Err(unknown.at("/renewsId").into());
    }
    room_for_client_certificate(client_certificate::count_in_force(tx.connection(), scope, client)?)?;
    if client_certificate::is_taken(tx.connection(), scope, id)? {
        return Err(Refusal::new(Rule::Duplicate, "the id is in use").at("/id").into());
    }
    // The operator may have withdrawn it a moment ago.
    if !certificate_authority::is_there(tx.connection(), scope, certificate.authority)? {
        return Err(Refusal::new(Rule::State, "the authority was withdrawn; order again").into());
    }
    Ok(ClientCertificateDocument::of(&client_certificate::insert(tx, scope, id, certificate)?))
}

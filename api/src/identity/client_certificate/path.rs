//! The address of one certificate of a client.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::Deserialize;
use skolhus_domain::id::{ClientCertificateId, ClientId, Id};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::http::{problem::Problem, resource::two_ids};

/// The client, and its certificate.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub struct CertificatePath {
    /// The id of the client.
    #[param(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub id: Uuid,
    /// The id of the certificate.
    #[param(example = "0199a3f0-7c00-7000-8000-0000000000f7")]
    pub certificate_id: Uuid,
}

/// The two ids of the path, as an extractor that refuses anything but UUIDs.
#[derive(Clone, Copy, Debug)]
pub struct CertificateId {
    /// The client.
    pub client: ClientId,
    /// Its certificate.
    pub certificate: ClientCertificateId,
}

impl CertificateId {
    fn of(path: &CertificatePath) -> Self {
        let CertificatePath { id, certificate_id } = path;
        Self { client: Id::from_uuid(*id), certificate: Id::from_uuid(*certificate_id) }
    }
}

impl FromRequest for CertificateId {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let ids = two_ids(request, "certificateId");
        let ids = ids.map(|(id, certificate_id)| Self::of(&CertificatePath { id, certificate_id }));
        std::future::ready(ids)
    }
}

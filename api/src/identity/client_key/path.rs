//! The address of one key of a client.

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use serde::Deserialize;
use skolhus_domain::id::{ClientId, ClientKeyId, Id};
use utoipa::IntoParams;
use uuid::Uuid;

use crate::http::{problem::Problem, resource::two_ids};

/// The client, and its key.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Path)]
pub struct KeyPath {
    /// The id of the client.
    #[param(example = "0199a3f0-7c00-7000-8000-0000000000f1")]
    pub id: Uuid,
    /// The id of the key.
    #[param(example = "0199a3f0-7c00-7000-8000-0000000000f5")]
    pub key_id: Uuid,
}

/// The two ids of the path, as an extractor that refuses anything but UUIDs.
#[derive(Clone, Copy, Debug)]
pub struct KeyId {
    /// The client.
    pub client: ClientId,
    /// Its key.
    pub key: ClientKeyId,
}

impl KeyId {
    fn of(path: &KeyPath) -> Self {
        let KeyPath { id, key_id } = path;
        Self { client: Id::from_uuid(*id), key: Id::from_uuid(*key_id) }
    }
}

impl FromRequest for KeyId {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let ids = two_ids(request, "keyId");
        std::future::ready(ids.map(|(id, key_id)| Self::of(&KeyPath { id, key_id })))
    }
}

//! What a provider says of itself (OpenID Connect Discovery 1.0).

use serde::Deserialize;

use super::outside::{Outside, Trouble};

/// How we show a provider who we are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ClientAuthentication {
    /// Name and secret in the header.
    Basic,
    /// The same in the form.
    Post,
}

/// What is used of a description.
#[derive(Clone, Debug)]
pub(super) struct Metadata {
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    pub(super) jwks_address: String,
    pub(super) authentication: ClientAuthentication,
    /// Whether it says with each code from whom that comes (RFC 9207).
    pub(super) names_itself: bool,
}

#[derive(Deserialize)]
struct Description {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    code_challenge_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Reads a provider's description, which must be of that very provider and name places that may be asked.
    pub(super) async fn read(outside: &Outside, issuer: &str) -> Result<Self, Trouble> {
        let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        Self::of(outside, issuer, outside.get(&address).await?)
    }

    fn of(outside: &Outside, issuer: &str, description: Description) -> Result<Self, Trouble> {
        let Description { authorization_endpoint, token_endpoint, jwks_uri, .. } = &description;
        if description.issuer != issuer {
            return Err(Trouble::Unreadable("it describes another issuer"));
        }
        for address in [authorization_endpoint, token_endpoint, jwks_uri] {
            outside.checked(address)?;
        }
        let challenges = description.code_challenge_methods_supported.as_ref();
        if challenges.is_some_and(|methods| !methods.iter().any(|method| method == "S256")) {
            return Err(Trouble::Unreadable("it does not take S256"));
        }
        // What is not said is the header (Discovery, 3).
        let methods = description.token_endpoint_auth_methods_supported.as_ref();
        let has = |wanted: &str| methods.is_none_or(|methods| methods.iter().any(|method| method == wanted));
        let authentication = match (has("client_secret_basic"), has("client_secret_post")) {
            (false, true) => ClientAuthentication::Post,
            _ => ClientAuthentication::Basic,
        };
        Ok(Self {
            authorization_endpoint: authorization_endpoint.clone(),
            token_endpoint: token_endpoint.clone(),
            jwks_address: jwks_uri.clone(),
            authentication,
            names_itself: description.authorization_response_iss_parameter_supported,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::change::Policy;

    #[test]
    fn a_description_is_of_whom_was_asked_and_leads_to_the_public_network() {
        let outside = Outside::new(Policy::default());
        let read = |changes: Value| {
            let mut all = json!({
                "issuer": "https://idp.exempel.se",
                "authorization_endpoint": "https://idp.exempel.se/authorize?tenant=1",
                "token_endpoint": "https://idp.exempel.se/token",
                "jwks_uri": "https://keys.exempel.se/jwks",
            });
            all.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            let description = serde_json::from_value(all).map_err(|_| Trouble::Unreadable("none"))?;
            Metadata::of(&outside, "https://idp.exempel.se", description)
        };
        let plain = read(json!({})).unwrap();
        assert_eq!((plain.authentication, plain.names_itself), (ClientAuthentication::Basic, false));
        let post = read(json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] })).unwrap();
        assert_eq!(post.authentication, ClientAuthentication::Post);
        assert!(
            read(json!({ "authorization_response_iss_parameter_supported": true })).unwrap().names_itself
        );
        for wrong in [
            json!({ "issuer": "https://idp.exempel.se/" }),
            json!({ "issuer": "https://elak.exempel.se" }),
            json!({ "token_endpoint": "http://idp.exempel.se/token" }),
            json!({ "token_endpoint": "https://10.0.0.1/token" }),
            json!({ "jwks_uri": "https://localhost/jwks" }),
            json!({ "authorization_endpoint": "javascript:alert(1)" }),
            json!({ "code_challenge_methods_supported": ["plain"] }),
            json!({ "jwks_uri": null }),
        ] {
            assert!(read(wrong.clone()).is_err(), "{wrong}");
        }
    }
}

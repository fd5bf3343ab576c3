//! Issuers of tokens other than ourselves (utfärdare), whose tokens stand for registered clients. The national test service comes
//! in that way.

use super::{identity_provider::word, web_address::web_address};
use crate::{
    id::ClientId,
    refusal::{Refusal, Refusals, Rule},
    text::Text,
};

/// The most clients of an issuer.
pub const MOST_CLIENTS_OF_ISSUER: usize = 50;
/// The longest issuer, audience, name of a claim and value of one.
const LONGEST_WORD: usize = 500;

/// Which value of the claim stands for which client.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuedClient {
    /// The value.
    pub value: String,
    /// The client.
    pub client: ClientId,
}

/// What a token must give access to, where its issuer says that for each of them (RFC 9635, 8): one audience may be many servers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IssuedAccess {
    /// The kind of interface.
    pub kind: String,
    /// Where ours is.
    pub location: String,
}

/// An issuer of tokens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TokenIssuer {
    /// What people call it.
    pub name: Text,
    /// Who it says that it is (`iss`).
    pub issuer: String,
    /// Where its public keys are.
    pub jwks_address: String,
    /// Whom its tokens must be for (`aud`).
    pub audience: String,
    /// What they must give access to, if it says that.
    pub access: Option<IssuedAccess>,
    /// The claim that names the client.
    pub client_claim: String,
    /// Which value stands for which client; each value once.
    pub clients: Vec<IssuedClient>,
    /// Whether its tokens are accepted.
    pub enabled: bool,
}

/// An issuer as people describe it, to be checked.
#[derive(Clone, Debug)]
pub struct NewTokenIssuer<'a> {
    /// Its name, 1 to 200 characters.
    pub name: &'a str,
    /// Its `iss`.
    pub issuer: &'a str,
    /// Where its public keys are.
    pub jwks_address: &'a str,
    /// The `aud` of tokens for us.
    pub audience: &'a str,
    /// What they must give access to: the kind and the place.
    pub access: Option<(&'a str, &'a str)>,
    /// The claim that names the client.
    pub client_claim: &'a str,
    /// Its values, at least one.
    pub clients: &'a [IssuedClient],
    /// Whether its tokens are accepted.
    pub enabled: bool,
}

/// One of the accesses that a token gives.
#[derive(Clone, Debug)]
pub struct GivenAccess {
    /// The kind of interface.
    pub kind: String,
    /// Where.
    pub locations: Vec<String>,
}

impl TokenIssuer {
    /// The client that the values of its claim stand for; none where they are nobody's, or several clients'.
    #[must_use]
    pub fn client_of(&self, values: &[&str]) -> Option<ClientId> {
        let mut found = None;
        for issued in self.clients.iter().filter(|issued| values.contains(&issued.value.as_str())) {
            if found.is_some_and(|found| found != issued.client) {
                return None;
            }
            found = Some(issued.client);
        }
        found
    }

    /// Whether what a token gives access to is here: at the very place, or below it.
    #[must_use]
    pub fn is_given_access(&self, given: &[GivenAccess]) -> bool {
        let Some(IssuedAccess { kind, location }) = &self.access else { return true };
        let ours = location.trim_end_matches('/');
        let is_here = |place: &String| {
            place.strip_prefix(ours).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        given.iter().any(|access| access.kind == *kind && access.locations.iter().any(is_here))
    }
}

impl NewTokenIssuer<'_> {
    /// Checks what can be checked without the register.
    ///
    /// # Errors
    /// [`Rule::Format`] and [`Rule::TooLong`]; [`Rule::Required`] for what is empty; [`Rule::Duplicate`] for a value that stands
    /// twice; what [`Text::line`] refuses.
    pub fn validate(&self) -> Result<TokenIssuer, Refusals> {
        let mut refusals = Refusals::default();
        let name = refusals.note("/name", Text::line(self.name, 200));
        let issuer = refusals.note("/issuer", foreign(self.issuer));
        let jwks_address = refusals.note("/jwksAddress", web_address(self.jwks_address));
        let audience = refusals.note("/audience", word(self.audience, LONGEST_WORD));
        let access = match self.access {
            None => Some(None),
            Some((kind, location)) => {
                let kind = refusals.note("/access/type", word(kind, LONGEST_WORD));
                let location = refusals.note("/access/location", web_address(location));
                kind.zip(location).map(|(kind, location)| Some(IssuedAccess { kind, location }))
            }
        };
        let client_claim = refusals.note("/clientClaim", word(self.client_claim, LONGEST_WORD));
        let clients = refusals.note("/clients", clients(self.clients));
        match (name, issuer, jwks_address, audience, access, client_claim, clients) {
            (
                Some(name),
                Some(issuer),
                Some(jwks_address),
                Some(audience),
                Some(access),
                Some(client_claim),
                Some(clients),
            ) if refusals.0.is_empty() => Ok(TokenIssuer {
                name,
                issuer,
                jwks_address,
                audience,
                access,
                client_claim,
                clients,
                enabled: self.enabled,
            }),
            _ => Err(refusals),
        }
    }
}

/// An issuer is somebody else: our own tokens are told by this name.
fn foreign(raw: &str) -> Result<String, Refusal> {
    let issuer = word(raw, LONGEST_WORD)?;
    if issuer == "skolhus" {
        return Err(Refusal::new(Rule::Conflict, "this is the name of Skolhus's own tokens"));
    }
    Ok(issuer)
}

fn clients(raw: &[IssuedClient]) -> Result<Vec<IssuedClient>, Refusal> {
    if raw.is_empty() {
        return Err(Refusal::new(Rule::Required, "at least one client is needed"));
    }
    if raw.len() > MOST_CLIENTS_OF_ISSUER {
        let detail = format!("at most {MOST_CLIENTS_OF_ISSUER} clients are allowed");
        return Err(Refusal::new(Rule::TooLong, detail));
    }
    for (index, issued) in raw.iter().enumerate() {
        let at = |refusal: Refusal| refusal.at(&format!("/{index}/value"));
        word(&issued.value, LONGEST_WORD).map_err(at)?;
        if raw.iter().take(index).any(|before| before.value == issued.value) {
            return Err(at(Refusal::new(Rule::Duplicate, "stands for another client already")));
        }
    }
    Ok(raw.to_vec())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::id::Id;

    fn client(number: u128) -> ClientId {
        ClientId::from_uuid(Uuid::from_u128(number))
    }

    fn of(value: &str, number: u128) -> IssuedClient {
        IssuedClient { value: value.to_owned(), client: client(number) }
    }

    fn issuer(clients: &[IssuedClient]) -> Result<TokenIssuer, Refusals> {
        let new = NewTokenIssuer {
            name: "Skolverkets provtjänst",
            issuer: "https://auth.exempel.se",
            jwks_address: "https://auth.exempel.se/.well-known/jwks.json",
            audience: "nutid",
            access: Some(("ss12000-api", "https://skola.exempel.se/ss12000/")),
            client_claim: "organization_id",
            clients,
            enabled: true,
        };
        new.validate()
    }

    #[test]
    fn each_value_stands_for_one_client() {
        let issuer = issuer(&[of("SE2021004185", 1), of("SE5566", 2), of("SE7788", 2)]).unwrap();
        assert_eq!(issuer.client_of(&["SE2021004185"]), Some(client(1)));
        assert_eq!(issuer.client_of(&["SE5566", "SE7788", "annat"]), Some(client(2)));
        assert_eq!(issuer.client_of(&["SE2021004185", "SE5566"]), None);
        assert_eq!(issuer.client_of(&["se2021004185"]), None);
        assert_eq!(issuer.client_of(&[]), None);
        let rule = |clients: &[IssuedClient]| super::super::token_issuer::clients(clients).unwrap_err().rule;
        assert_eq!(rule(&[]), Rule::Required);
        assert_eq!(rule(&[of("a", 1), of("a", 2)]), Rule::Duplicate);
        assert_eq!(rule(&[of("", 1)]), Rule::Required);
        assert!(foreign("skolhus").is_err());
    }

    #[test]
    fn a_token_for_another_place_is_none_for_here() {
        let issuer = issuer(&[of("a", 1)]).unwrap();
        let given = |kind: &str, location: &str| {
            let (kind, locations) =
                (kind.to_owned(), vec!["https://annan.exempel.se/".to_owned(), location.to_owned()]);
            issuer.is_given_access(&[GivenAccess { kind, locations }])
        };
        for here in [
            "https://skola.exempel.se/ss12000",
            "https://skola.exempel.se/ss12000/",
            "https://skola.exempel.se/ss12000/v2",
        ] {
            assert!(given("ss12000-api", here), "{here}");
            assert!(!given("ss12000-client", here), "{here}");
        }
        for elsewhere in [
            "https://skola.exempel.se/",
            "https://skola.exempel.se/ss12000b",
            "https://elak.se/?https://skola.exempel.se/ss12000",
            "",
        ] {
            assert!(!given("ss12000-api", elsewhere), "{elsewhere}");
        }
        assert!(!issuer.is_given_access(&[]));
        assert!(TokenIssuer { access: None, ..issuer.clone() }.is_given_access(&[]));
    }

    proptest! {
        #[test]
        fn no_value_that_was_not_registered_stands_for_anybody(values in proptest::collection::vec(".{0,12}", 0..4)) {
            let issuer = issuer(&[of("SE2021004185", 1), of("SE5566", 2)]).unwrap();
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            if let Some(found) = issuer.client_of(&values) {
                prop_assert!(issuer.clients.iter().any(|issued| issued.client == found && values.contains(&issued.value.as_str())));
            }
        }
    }
}

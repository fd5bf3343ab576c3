//! Integrators' clients.

use chrono::{DateTime, Utc};

use super::{MOST_NETWORKS, Network};
use crate::{
    access::{ClientField, Permission},
    code::Code,
    id::SchoolUnitId,
    refusal::{Refusal, Refusals, Rule},
    text::Text,
};

/// An integrator's client: reads what its scopes name, in its school units.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Client {
    /// What people call it.
    pub name: Text,
    /// What it may be granted; each once, in the order of the permissions.
    pub scopes: Vec<Permission>,
    /// What it is shown about persons besides their names; each once.
    pub fields: Vec<ClientField>,
    /// The units it is limited to; empty for the whole organiser.
    pub school_units: Vec<SchoolUnitId>,
    /// The school types whose units it is limited to; empty for all.
    pub school_types: Vec<Code>,
    /// The networks it may call from; empty for anywhere.
    pub allowed_networks: Vec<Network>,
    /// Whether it shows who it is with its keys and certificates alone, and has no secret.
    pub keys_only: bool,
    /// The instant from which it is refused; none for until further notice.
    pub expires_at: Option<DateTime<Utc>>,
    /// Since when it is refused; none while it is in use.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// A client as people describe it, to be checked.
#[derive(Clone, Debug, Default)]
pub struct NewClient<'a> {
    /// Its name, 1 to 200 characters.
    pub name: &'a str,
    /// Names of permissions, at least one.
    pub scopes: &'a [String],
    /// Names of what it is shown about persons besides their names.
    pub fields: &'a [String],
    /// The units it is limited to; empty for the whole organiser.
    pub school_units: &'a [SchoolUnitId],
    /// Codes of the school types whose units it is limited to; empty for all.
    pub school_types: &'a [String],
    /// The networks it may call from, in CIDR notation; empty for anywhere.
    pub allowed_networks: &'a [String],
    /// Whether it has no secret.
    pub keys_only: bool,
    /// When it expires.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was disabled.
    pub disabled_at: Option<DateTime<Utc>>,
}

impl NewClient<'_> {
    /// Checks what can be checked without the register.
    ///
    /// # Errors
    /// [`Rule::Required`] for no scope; [`Rule::UnknownCode`] for a scope or a field that clients cannot
    /// have; [`Rule::Duplicate`]; [`Rule::TooLong`] for more than 50 networks; [`Rule::OutOfRange`] for an
    /// expiry outside 1900 to 2199; what [`Text::line`], [`Code::new`] and [`Network::parse`] refuse.
    pub fn validate(&self) -> Result<Client, Refusals> {
        let mut refusals = Refusals::default();
        let name = refusals.note("/name", Text::line(self.name, 200));
        let scopes = refusals.note("/scopes", scopes(self.scopes));
        let fields = refusals.note("/fields", each_once(self.fields, field));
        let school_types = refusals.note("/schoolTypes", each_once(self.school_types, Code::new));
        let networks = refusals.note("/allowedNetworks", allowed_networks(self.allowed_networks));
        let mut school_units = self.school_units.to_vec();
        school_units.sort_unstable();
        school_units.dedup();
        if school_units.len() != self.school_units.len() {
            refusals.note::<()>("/schoolUnitIds", Err(Refusal::new(Rule::Duplicate, "a unit stands twice")));
        }
        if let Some(expires) = self.expires_at {
            refusals.note("/expiresAt", crate::period::plausible_date(expires.date_naive()));
        }
        match (name, scopes, fields, school_types, networks) {
            (Some(name), Some(scopes), Some(fields), Some(school_types), Some(allowed_networks))
                if refusals.0.is_empty() =>
            {
                Ok(Client {
                    name,
                    scopes,
                    fields,
                    school_units,
                    school_types,
                    allowed_networks,
                    keys_only: self.keys_only,
                    expires_at: self.expires_at,
                    disabled_at: self.disabled_at,
                })
            }
            _ => Err(refusals),
        }
    }
}

fn scopes(names: &[String]) -> Result<Vec<Permission>, Refusal> {
    if names.is_empty() {
        return Err(Refusal::new(Rule::Required, "at least one scope is needed"));
    }
    let mut scopes = Vec::with_capacity(names.len());
    for (index, name) in names.iter().enumerate() {
        let found = Permission::client_scopes().find(|permission| permission.code() == name);
        let permission = found.ok_or_else(|| {
            let known: Vec<&str> = Permission::client_scopes().map(Permission::code).collect();
            Refusal::new(Rule::UnknownCode, format!("must be one of {}", known.join(", ")))
                .at(&format!("/{index}"))
        })?;
        if scopes.contains(&permission) {
            return Err(Refusal::new(Rule::Duplicate, "the scope stands twice").at(&format!("/{index}")));
        }
        scopes.push(permission);
    }
    scopes.sort_unstable();
    Ok(scopes)
}

fn field(name: &str) -> Result<ClientField, Refusal> {
    ClientField::from_code(name).ok_or_else(|| {
        let known = ClientField::ALL.map(ClientField::code).join(", ");
        Refusal::new(Rule::UnknownCode, format!("must be one of {known}"))
    })
}

/// The networks that calls may come from, each once.
///
/// # Errors
/// [`Rule::TooLong`], [`Rule::Duplicate`], and what [`Network::parse`] refuses; each at its place in the list.
pub fn allowed_networks(texts: &[String]) -> Result<Vec<Network>, Refusal> {
    if texts.len() > MOST_NETWORKS {
        return Err(Refusal::new(Rule::TooLong, format!("at most {MOST_NETWORKS} networks are allowed")));
    }
    each_once(texts, Network::parse)
}

/// Reads each value, in order afterwards; the same one twice is refused, however it is written.
fn each_once<T: Ord>(texts: &[String], read: impl Fn(&str) -> Result<T, Refusal>) -> Result<Vec<T>, Refusal> {
    let mut values = Vec::with_capacity(texts.len());
    for (index, text) in texts.iter().enumerate() {
        let place = format!("/{index}");
        let value = read(text).map_err(|refusal| refusal.at(&place))?;
        if values.contains(&value) {
            return Err(Refusal::new(Rule::Duplicate, "stands twice").at(&place));
        }
        values.push(value);
    }
    values.sort_unstable();
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn validate(scopes: &[&str]) -> Result<Client, Refusals> {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        NewClient { name: "Schemaläggaren i Åkerö", scopes: &scopes, ..NewClient::default() }.validate()
    }

    fn described(fields: &[&str], networks: &[&str]) -> Result<Client, Refusals> {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let (scopes, fields, allowed_networks) = (own(&["person:read"]), own(fields), own(networks));
        let new = NewClient {
            name: "Matsalen i Öxabäck",
            scopes: &scopes,
            fields: &fields,
            allowed_networks: &allowed_networks,
            ..NewClient::default()
        };
        new.validate()
    }

    #[test]
    fn networks_are_kept_in_one_form_and_order() {
        let client = described(&[], &["2001:db8::/32", "192.0.2.7", "10.0.0.0/8"]).unwrap();
        let shown: Vec<String> = client.allowed_networks.iter().map(ToString::to_string).collect();
        assert_eq!(shown, ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]);
        let refused = |networks: &[&str]| {
            let refusal = described(&[], networks).unwrap_err().0.remove(0);
            (refusal.pointer, refusal.rule)
        };
        let same = ["192.0.2.7", "10.0.0.0/8", "::ffff:192.0.2.7/128"];
        assert_eq!(refused(&same), ("/allowedNetworks/2".to_owned(), Rule::Duplicate));
        assert_eq!(refused(&["10.0.0.0/8", "10.0.0.1/8"]), ("/allowedNetworks/1".to_owned(), Rule::Format));
        let many: Vec<String> = (0..51).map(|number| format!("10.0.{number}.0/24")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(refused(&many), ("/allowedNetworks".to_owned(), Rule::TooLong));
        assert!(described(&[], &many[..50]).is_ok());
    }

    #[test]
    fn fields_are_those_that_there_are() {
        let client = described(&["contact", "identity-number"], &[]).unwrap();
        assert_eq!(client.fields, ClientField::ALL);
        for fields in [&["grade"][..], &["protected"], &["Contact"], &["contact", "contact"]] {
            assert!(described(fields, &[]).unwrap_err().0[0].pointer.starts_with("/fields/"));
        }
    }

    #[test]
    fn a_client_reads_and_nothing_else() {
        assert!(validate(&["person:read", "course:read"]).is_ok());
        for scope in ["person:manage", "own-account", "public", "person:disclose", "", "Person:read"] {
            let refusals = validate(&["course:read", scope]).unwrap_err();
            assert_eq!(
                (refusals.0[0].rule, refusals.0[0].pointer.as_str()),
                (Rule::UnknownCode, "/scopes/1")
            );
        }
        assert_eq!(validate(&[]).unwrap_err().0[0].rule, Rule::Required);
        assert_eq!(validate(&["course:read", "course:read"]).unwrap_err().0[0].rule, Rule::Duplicate);
    }
}

//! Integrators' clients.

use chrono::{DateTime, Utc};

use crate::{
    access::Permission,
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
    /// The units it is limited to; empty for the whole organiser.
    pub school_units: Vec<SchoolUnitId>,
    /// The instant from which it is refused; none for until further notice.
    pub expires_at: Option<DateTime<Utc>>,
    /// Since when it is refused; none while it is in use.
    pub disabled_at: Option<DateTime<Utc>>,
}

/// A client as people describe it, to be checked.
#[derive(Clone, Debug)]
pub struct NewClient<'a> {
    /// Its name, 1 to 200 characters.
    pub name: &'a str,
    /// Names of permissions, at least one.
    pub scopes: &'a [String],
    /// The units it is limited to; empty for the whole organiser.
    pub school_units: &'a [SchoolUnitId],
    /// When it expires.
    pub expires_at: Option<DateTime<Utc>>,
    /// When it was disabled.
    pub disabled_at: Option<DateTime<Utc>>,
}

impl NewClient<'_> {
    /// Checks what can be checked without the register.
    ///
    /// # Errors
    /// [`Rule::Required`] for no scope; [`Rule::UnknownCode`] for one that clients cannot
    /// have; [`Rule::Duplicate`]; [`Rule::OutOfRange`] for an expiry outside 1900 to 2199;
    /// what [`Text::line`] refuses.
    pub fn validate(&self) -> Result<Client, Refusals> {
        let mut refusals = Refusals::default();
        let name = refusals.note("/name", Text::line(self.name, 200));
        let scopes = refusals.note("/scopes", scopes(self.scopes));
        let mut school_units = self.school_units.to_vec();
        school_units.sort_unstable();
        school_units.dedup();
        if school_units.len() != self.school_units.len() {
            refusals.note::<()>("/schoolUnitIds", Err(Refusal::new(Rule::Duplicate, "a unit stands twice")));
        }
        if let Some(expires) = self.expires_at {
            refusals.note("/expiresAt", crate::period::plausible_date(expires.date_naive()));
        }
        match (name, scopes) {
            (Some(name), Some(scopes)) if refusals.0.is_empty() => Ok(Client {
                name,
                scopes,
                school_units,
                expires_at: self.expires_at,
                disabled_at: self.disabled_at,
            }),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn validate(scopes: &[&str]) -> Result<Client, Refusals> {
        let scopes: Vec<String> = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        NewClient {
            name: "Schemaläggaren i Åkerö",
            scopes: &scopes,
            school_units: &[],
            expires_at: None,
            disabled_at: None,
        }
        .validate()
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

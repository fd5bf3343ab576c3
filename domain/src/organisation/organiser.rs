//! The organiser (huvudman): the tenant.

use super::OrganisationNumber;
use crate::refusal::Refusals;
use crate::text::Text;

/// An organiser: a municipality, region, association, foundation or company that runs schools.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Organiser {
    /// Its name, 1 to 200 characters.
    pub name: Text,
    /// Its organisation number, where known.
    pub organisation_number: Option<OrganisationNumber>,
}

/// An organiser as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewOrganiser<'a> {
    /// 1 to 200 characters.
    pub name: &'a str,
    /// See [`OrganisationNumber::new`].
    pub organisation_number: Option<&'a str>,
}

impl NewOrganiser<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/name` and `/organisationNumber`.
    pub fn validate(self) -> Result<Organiser, Refusals> {
        let mut refusals = Refusals::default();
        let name = refusals.note("/name", Text::line(self.name, 200));
        let organisation_number = self
            .organisation_number
            .and_then(|raw| refusals.note("/organisationNumber", OrganisationNumber::new(raw)));
        match (name, refusals.finish()) {
            (Some(name), Ok(())) => Ok(Organiser { name, organisation_number }),
            (_, finished) => Err(finished.err().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Rule;

    #[test]
    fn an_association_with_its_number_and_without() {
        let number = Some("802400-0005");
        let organiser =
            NewOrganiser { name: "Väggarps folkhögskoleförening", organisation_number: number }.validate();
        assert_eq!(organiser.unwrap().organisation_number.unwrap().to_string(), "802400-0005");
        assert!(NewOrganiser { name: "Väggarps kommun", organisation_number: None }.validate().is_ok());
        let refusals =
            NewOrganiser { name: "", organisation_number: Some("802400-0008") }.validate().unwrap_err();
        let rules: Vec<_> =
            refusals.0.iter().map(|refusal| (refusal.pointer.as_str(), refusal.rule)).collect();
        assert_eq!(rules, [("/name", Rule::Required), ("/organisationNumber", Rule::CheckDigit)]);
    }
}

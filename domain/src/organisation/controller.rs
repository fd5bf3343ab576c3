//! Who answers for personal data (personuppgiftsansvarig).

use crate::code::coded;
use crate::refusal::Refusals;
use crate::text::Text;

coded! {
    /// Whether a controller is a public body. It decides between gallring and rensning, and
    /// which legal bases there are.
    ControllerKind("kind of controller") {
        /// A municipality's committee, a region, a state body: the Archives Act applies.
        Public = "public",
        /// An association, a foundation, a company.
        Private = "private",
    }
}

/// A controller below an organiser.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Controller {
    /// Its name, for example "Barn- och ungdomsnämnden"; 1 to 200 characters.
    pub name: Text,
    /// Public or private.
    pub kind: ControllerKind,
}

/// A controller as someone enters it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NewController<'a> {
    /// 1 to 200 characters.
    pub name: &'a str,
    /// A code of [`ControllerKind`].
    pub kind: &'a str,
}

impl NewController<'_> {
    /// Checks every field.
    ///
    /// # Errors
    /// At `/name` and `/kind`.
    pub fn validate(self) -> Result<Controller, Refusals> {
        let mut refusals = Refusals::default();
        let name = refusals.note("/name", Text::line(self.name, 200));
        let kind = refusals.note("/kind", ControllerKind::from_code(self.kind));
        match (name, kind) {
            (Some(name), Some(kind)) => Ok(Controller { name, kind }),
            _ => Err(refusals),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_committee_and_an_unknown_kind() {
        let committee =
            NewController { name: "Barn- och ungdomsnämnden", kind: "public" }.validate().unwrap();
        assert_eq!(committee.kind, ControllerKind::Public);
        let refusals = NewController { name: "Nämnden", kind: "kommunal" }.validate().unwrap_err();
        assert_eq!(
            refusals.0[0].to_string(),
            "/kind: is not a kind of controller; these are: public, private"
        );
    }
}

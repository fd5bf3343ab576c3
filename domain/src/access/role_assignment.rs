//! Roles given to accounts.

use super::Role;
use crate::{
    id::{AccountId, SchoolUnitId},
    period::Period,
    refusal::{Refusal, Rule},
};

/// A role given to an account for a period, for the whole organiser or one school unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RoleAssignment {
    /// Who holds it.
    pub account: AccountId,
    /// The role.
    pub role: Role,
    /// The unit it is limited to, or none for the whole organiser.
    pub school_unit: Option<SchoolUnitId>,
    /// The days on which it is held.
    pub valid: Period,
}

impl RoleAssignment {
    /// Checks that the role can be given like this.
    ///
    /// # Errors
    /// [`Rule::Conflict`] at `/role` for the integrator's, which is for clients; at
    /// `/schoolUnitId` for an administrator of one unit: accounts and roles belong to the
    /// whole organiser, and who gives them could widen their own. Nor is a data protection officer one of a unit: what was
    /// done with somebody's data belongs to no part.
    pub fn validate(&self) -> Result<(), Refusal> {
        match (self.role, self.school_unit) {
            (Role::Integrator, _) => {
                Err(Refusal::new(Rule::Conflict, "this role is for clients, not for accounts").at("/role"))
            }
            (Role::Administrator | Role::DataProtectionOfficer, Some(_)) => {
                Err(Refusal::new(Rule::Conflict, "this role is one for the whole organiser")
                    .at("/schoolUnitId"))
            }
            _ => Ok(()),
        }
    }

    /// Checks that the account `giver` may give or prolong it. Who administers roles never
    /// opens protected records, or what was done with somebody's data, by their own hand: a second person must want it too.
    ///
    /// # Errors
    /// [`Rule::Conflict`] at `/role`.
    pub fn given_by(&self, giver: Option<AccountId>) -> Result<(), Refusal> {
        let looks_into = [Role::ProtectionOfficer, Role::DataProtectionOfficer];
        if looks_into.contains(&self.role) && giver == Some(self.account) {
            let detail = "nobody gives this role to themselves; another administrator must";
            return Err(Refusal::new(Rule::Conflict, detail).at("/role"));
        }
        Ok(())
    }

    /// Whether both give the same role for the same part, on a shared day.
    #[must_use]
    pub fn repeats(&self, other: &Self) -> bool {
        self.account == other.account
            && self.role == other.role
            && self.school_unit == other.school_unit
            && self.valid.overlaps(&other.valid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use uuid::Uuid;

    fn given(role: Role, school_unit: Option<SchoolUnitId>) -> RoleAssignment {
        RoleAssignment {
            account: AccountId::from_uuid(Uuid::from_u128(1)),
            role,
            school_unit,
            valid: Period::new(crate::period::FIRST_DATE, None).unwrap(),
        }
    }

    #[test]
    fn integrators_are_clients_and_administrators_are_for_all() {
        let unit = Some(SchoolUnitId::from_uuid(Uuid::from_u128(2)));
        assert_eq!(given(Role::Integrator, None).validate().unwrap_err().pointer, "/role");
        assert_eq!(given(Role::Administrator, unit).validate().unwrap_err().pointer, "/schoolUnitId");
        assert_eq!(given(Role::DataProtectionOfficer, unit).validate().unwrap_err().pointer, "/schoolUnitId");
        assert!(given(Role::Administrator, None).validate().is_ok());
        assert!(given(Role::Registrar, unit).validate().is_ok());
    }

    #[test]
    fn the_keeper_of_protected_records_is_chosen_by_another() {
        for role in [Role::ProtectionOfficer, Role::DataProtectionOfficer] {
            let role = given(role, None);
            assert!(role.given_by(Some(role.account)).is_err());
            assert!(role.given_by(Some(AccountId::from_uuid(Uuid::from_u128(9)))).is_ok());
        }
        let role = given(Role::Registrar, None);
        assert!(role.given_by(Some(role.account)).is_ok());
    }
}

//! What a client was granted: its scopes, what it is shown beyond names, how far it reaches, and from where it may call.

use core::net::IpAddr;

use super::{ClassSet, Denial, InformationClass, Permission, Role};
use crate::{
    code::Code,
    id::SchoolUnitId,
    identity::{Network, may_call_from},
};

/// What a client may be shown about persons besides what its role opens. Off unless granted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ClientField {
    /// Identity numbers.
    IdentityNumber,
    /// Telephone numbers and e-mail addresses, the date of birth and the legal sex.
    Contact,
}

impl ClientField {
    /// Every field.
    pub const ALL: [Self; 2] = [Self::IdentityNumber, Self::Contact];

    /// Its name in the interface and in rows.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::IdentityNumber => "identity-number",
            Self::Contact => "contact",
        }
    }

    /// The field of that name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.code() == code)
    }

    /// The information class that it opens.
    #[must_use]
    pub fn class(self) -> InformationClass {
        match self {
            Self::IdentityNumber => InformationClass::IdentityNumber,
            Self::Contact => InformationClass::Contact,
        }
    }
}

/// What the register says that a client may do now.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ClientGrant {
    /// The permissions it was granted.
    pub scopes: Vec<Permission>,
    /// What it is shown about persons besides what its role opens.
    pub fields: Vec<ClientField>,
    /// The units it reaches; none for the whole organiser. See [`ClientGrant::units`].
    pub units: Option<Vec<SchoolUnitId>>,
    /// The networks it may call from; from anywhere if empty.
    pub networks: Vec<Network>,
    /// The networks of these that the certificate may be used from to which the token is bound; all of them if empty.
    pub certificate_networks: Vec<Network>,
}

impl ClientGrant {
    /// The units that a client reaches: those it is limited to, and of those only the ones with one of its school types.
    /// None for the whole organiser, where it is limited in neither way. `there` are the organiser's units with their
    /// types; it is looked at only where the client is limited to types.
    #[must_use]
    pub fn units(
        limited_to: &[SchoolUnitId],
        types: &[Code],
        there: &[(SchoolUnitId, Vec<Code>)],
    ) -> Option<Vec<SchoolUnitId>> {
        match (limited_to, types) {
            ([], []) => None,
            (limited_to, []) => Some(limited_to.to_vec()),
            (limited_to, types) => {
                let of_type = there.iter().filter(|(_, of)| of.iter().any(|of| types.contains(of)));
                let units = of_type.map(|(unit, _)| *unit);
                Some(units.filter(|unit| limited_to.is_empty() || limited_to.contains(unit)).collect())
            }
        }
    }

    /// The information classes that it opens about others.
    #[must_use]
    pub fn classes(&self) -> ClassSet {
        let fields: Vec<InformationClass> = self.fields.iter().map(|field| field.class()).collect();
        Role::Integrator.classes().union(ClassSet::of(&fields))
    }

    /// Whether it may call from an address. Where it is limited to networks, it may not from one that nobody knows.
    ///
    /// # Errors
    /// [`Denial::OutsideNetworks`].
    pub fn admit(&self, address: Option<IpAddr>) -> Result<(), Denial> {
        let admitted =
            may_call_from(&self.networks, address) && may_call_from(&self.certificate_networks, address);
        if admitted { Ok(()) } else { Err(Denial::OutsideNetworks) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::Id;
    use proptest::prelude::*;
    use uuid::Uuid;

    fn unit(number: u128) -> SchoolUnitId {
        SchoolUnitId::from_uuid(Uuid::from_u128(number))
    }

    fn types(codes: &[&str]) -> Vec<Code> {
        codes.iter().map(|code| Code::new(code).unwrap()).collect()
    }

    #[test]
    fn types_limit_to_the_units_that_have_one_of_them() {
        let there = [
            (unit(1), types(&["FHS"])),
            (unit(2), types(&["GR", "FSK"])),
            (unit(3), types(&["GY"])),
            (unit(4), types(&["GR"])),
        ];
        let units = |limited: &[u128], of: &[&str]| {
            let limited: Vec<SchoolUnitId> = limited.iter().copied().map(unit).collect();
            ClientGrant::units(&limited, &types(of), &there)
        };
        assert_eq!(units(&[], &[]), None);
        assert_eq!(units(&[1, 3], &[]), Some(vec![unit(1), unit(3)]));
        assert_eq!(units(&[], &["GR"]), Some(vec![unit(2), unit(4)]));
        assert_eq!(units(&[1, 4], &["GR", "GY"]), Some(vec![unit(4)]));
        // No unit is not every unit.
        assert_eq!(units(&[1], &["GR"]), Some(vec![]));
        assert_eq!(units(&[], &["VUX"]), Some(vec![]));
    }

    proptest! {
        #[test]
        fn limits_only_ever_narrow(
            limited in proptest::collection::vec(0..5u128, 0..4),
            of in proptest::sample::subsequence(vec!["FHS", "GR", "GY"], 0..3),
            there in proptest::collection::vec((0..5u128, proptest::sample::subsequence(vec!["FHS", "GR", "GY"], 0..3)), 0..5),
        ) {
            let limited: Vec<SchoolUnitId> = limited.into_iter().map(unit).collect();
            let there: Vec<_> = there.into_iter().map(|(id, of)| (unit(id), types(&of))).collect();
            let of = types(&of);
            let reached = ClientGrant::units(&limited, &of, &there);
            prop_assert_eq!(reached.is_none(), limited.is_empty() && of.is_empty());
            for unit in reached.unwrap_or_default() {
                prop_assert!(limited.is_empty() || limited.contains(&unit));
                let fits = there.iter().any(|(id, has)| *id == unit && has.iter().any(|code| of.contains(code)));
                prop_assert!(of.is_empty() || fits);
            }
        }
    }
}

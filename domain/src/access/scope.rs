//! What a caller may reach: the part of the register that their roles open for
//! the permission at hand. Every finder takes one.

use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

use super::{Caller, ClassSet, ClientGrant, Identity, InformationClass, Level, Permission, Role};
use crate::{
    id::{AccountId, OrganiserId, PersonId, SchoolUnitId},
    instant::school_day,
    person::relation::{RelationKind, Right, RightSet},
};

/// A role that is in force today, for the whole organiser or one school unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Assignment {
    /// The role.
    pub role: Role,
    /// The unit it is limited to, or none for the whole organiser.
    pub school_unit: Option<SchoolUnitId>,
}

/// Why a caller may not go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Denial {
    /// The account, client or session has ended since the token was given out.
    Ended,
    /// The client calls from outside the networks that it may call from.
    OutsideNetworks,
    /// None of the caller's roles holds the permission, whatever it were used on.
    NotPermitted(Permission),
    /// The login is too weak for it.
    LevelTooLow(Level),
}

/// How far a permission reaches.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reach {
    /// Everything of the organiser.
    Organiser,
    /// Only the parts named, together.
    Parts(Vec<Part>),
}

/// One part of the register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// What belongs to a school unit.
    Unit(SchoolUnitId),
    /// The offerings a person teaches, and their participants; limited to a unit where one is given.
    Taught(PersonId, Option<SchoolUnitId>),
    /// What concerns the person themself.
    Own(PersonId),
    /// What concerns somebody whom a relation lets the caller see today.
    Ward(PersonId),
}

/// Somebody over whom the caller's relations give rights today.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ward {
    /// Who.
    pub person: PersonId,
    /// What the relations rest on.
    pub kinds: Vec<RelationKind>,
    /// The rights, of all the relations together; never empty.
    pub rights: RightSet,
    /// The information classes that the relations with the right to see open.
    pub classes: ClassSet,
    /// Whether they are protected: then the caller is cleared to know of them, or has no rights.
    pub is_protected: bool,
}

/// The reach, the information classes and the time basis of one use-case.
#[derive(Clone, Debug)]
pub struct Scope {
    organiser: OrganiserId,
    identity: Identity,
    person: Option<PersonId>,
    permission: Permission,
    roles: Vec<Role>,
    reach: Reach,
    classes: ClassSet,
    wards: Vec<Ward>,
    taught: Vec<Part>,
    sees_to_protected: bool,
    request: Uuid,
    now: DateTime<Utc>,
}

impl Scope {
    /// The scope of an explicit system caller: everything, for the program's own work.
    #[must_use]
    pub fn system(caller: &Caller) -> Self {
        Self {
            organiser: caller.organiser,
            identity: caller.identity,
            person: None,
            permission: caller.permission,
            roles: Vec::new(),
            reach: Reach::Organiser,
            classes: Role::OWN.without(InformationClass::Protected),
            wards: Vec::new(),
            taught: Vec::new(),
            sees_to_protected: false,
            request: caller.request,
            now: caller.now,
        }
    }

    /// The scope that the assignments give the caller for the permission asked for.
    ///
    /// Only assignments whose role holds the permission count, so that being a
    /// registrar at one unit widens nothing at the unit where one only teaches.
    /// Where several staff roles apply, the information classes are those that all
    /// of them open, unless one of them covers the whole organiser: a field is left
    /// out rather than shown by the wrong role.
    ///
    /// # Errors
    /// [`Denial::LevelTooLow`], [`Denial::NotPermitted`].
    pub fn of_account(
        caller: &Caller,
        person: Option<PersonId>,
        assignments: &[Assignment],
    ) -> Result<Self, Denial> {
        let holding: Vec<Assignment> = assignments
            .iter()
            .copied()
            .filter(|assignment| caller.permission.roles().contains(&assignment.role))
            .collect();
        if caller.permission != Permission::OwnAccount && holding.is_empty() {
            return Err(Denial::NotPermitted(caller.permission));
        }
        if caller.level < caller.permission.level() {
            return Err(Denial::LevelTooLow(caller.permission.level()));
        }

        let mut roles: Vec<Role> = holding.iter().map(|assignment| assignment.role).collect();
        roles.sort_unstable();
        roles.dedup();

        let mut parts = Vec::new();
        let mut whole: Option<ClassSet> = None;
        let mut shared: Option<ClassSet> = None;
        for assignment in &holding {
            let classes = assignment.role.classes();
            match (assignment.role, assignment.school_unit, person) {
                (Role::Participant | Role::Guardian, _, Some(person)) => parts.push(Part::Own(person)),
                (Role::Participant | Role::Guardian, _, None) => {}
                (Role::Teacher, unit, Some(person)) => {
                    parts.push(Part::Taught(person, unit));
                    shared = Some(shared.map_or(classes, |shared| shared.intersection(classes)));
                }
                (Role::Teacher, _, None) => {}
                (_, Some(unit), _) => {
                    parts.push(Part::Unit(unit));
                    shared = Some(shared.map_or(classes, |shared| shared.intersection(classes)));
                }
                (_, None, _) => whole = Some(whole.map_or(classes, |whole| whole.union(classes))),
            }
        }
        let classes = whole.or(shared).unwrap_or(ClassSet::NONE);
        let mut taught: Vec<Part> =
            parts.iter().copied().filter(|part| matches!(part, Part::Taught(..))).collect();
        // The officer answers for the protected of the whole organiser, or of a unit.
        let mut officers = holding.iter().filter(|assignment| assignment.role == Role::ProtectionOfficer);
        taught.extend(officers.clone().filter_map(|officer| officer.school_unit).map(Part::Unit));
        let sees_to_protected = officers.any(|officer| officer.school_unit.is_none());
        let reach = if whole.is_some() { Reach::Organiser } else { Reach::Parts(parts) };
        Ok(Self {
            organiser: caller.organiser,
            identity: caller.identity,
            person,
            permission: caller.permission,
            roles,
            reach,
            classes,
            wards: Vec::new(),
            taught,
            sees_to_protected,
            request: caller.request,
            now: caller.now,
        })
    }

    /// The scope of an integrator's client: what its granted scopes name, in its units, with its fields, from its
    /// networks.
    ///
    /// # Errors
    /// [`Denial::OutsideNetworks`], whatever it asks for; [`Denial::NotPermitted`] when the permission is not among the
    /// scopes granted.
    pub fn of_client(caller: &Caller, grant: &ClientGrant) -> Result<Self, Denial> {
        grant.admit(caller.address)?;
        let permitted = caller.permission == Permission::OwnAccount
            || (grant.scopes.contains(&caller.permission)
                && caller.permission.roles().contains(&Role::Integrator));
        if !permitted {
            return Err(Denial::NotPermitted(caller.permission));
        }
        let reach = match &grant.units {
            None => Reach::Organiser,
            Some(units) => Reach::Parts(units.iter().copied().map(Part::Unit).collect()),
        };
        Ok(Self {
            organiser: caller.organiser,
            identity: caller.identity,
            person: None,
            permission: caller.permission,
            roles: vec![Role::Integrator],
            reach,
            classes: grant.classes(),
            wards: Vec::new(),
            taught: Vec::new(),
            sees_to_protected: false,
            request: caller.request,
            now: caller.now,
        })
    }

    /// Whose relations bear on the scope: the person behind an account that asks as a guardian.
    #[must_use]
    pub fn asks_as_guardian(&self) -> Option<PersonId> {
        let asks = self.permission != Permission::OwnAccount && self.roles.contains(&Role::Guardian);
        self.person.filter(|_| asks)
    }

    /// The scope with those over whom the caller's relations give rights today. Only somebody who
    /// asks as a guardian has any.
    #[must_use]
    pub fn with_wards(mut self, wards: Vec<Ward>) -> Self {
        if self.asks_as_guardian().is_none() {
            return self;
        }
        if let Reach::Parts(parts) = &mut self.reach {
            parts.extend(
                wards.iter().filter(|ward| ward.rights.has(Right::See)).map(|ward| Part::Ward(ward.person)),
            );
        }
        self.wards = wards;
        self
    }

    /// Those over whom the caller's relations give rights today.
    #[must_use]
    pub fn wards(&self) -> &[Ward] {
        &self.wards
    }

    /// The protected persons whom the caller reaches as somebody who is cleared to know of them.
    pub fn cleared_for(&self) -> impl Iterator<Item = PersonId> {
        let reached =
            |person| matches!(&self.reach, Reach::Parts(parts) if parts.contains(&Part::Ward(person)));
        self.wards
            .iter()
            .filter(|ward| ward.is_protected)
            .map(|ward| ward.person)
            .filter(move |person| reached(*person))
    }

    /// The scope without the protected persons of whom the caller is cleared to know: for what is read where nobody
    /// has logged in, such as a calendar feed.
    #[must_use]
    pub fn without_protected_wards(mut self) -> Self {
        let protected: Vec<PersonId> = self.cleared_for().collect();
        if let Reach::Parts(parts) = &mut self.reach {
            parts.retain(|part| !matches!(part, Part::Ward(person) if protected.contains(person)));
        }
        self.wards.retain(|ward| !ward.is_protected);
        self
    }

    /// Where the caller meets protected persons under the name that their plans show: what they teach, and
    /// the groups that they answer for, whatever else they reach. Only in rosters, so that attendance can be
    /// taken; not in lists that leave.
    #[must_use]
    pub fn meets_under_shown_names(&self) -> &[Part] {
        match self.permission {
            Permission::ReadParticipations
            | Permission::ReadGroups
            | Permission::RegisterAttendance
            | Permission::ReadAbsence
            | Permission::ReadAbsenceReasons
            | Permission::DecideLeave
            | Permission::ReadAbsenceCases
            | Permission::EndAbsenceCases
            | Permission::ExcuseAbsence
            | Permission::ReadAttendance
            | Permission::ReadWatchList => &self.taught,
            _ => &[],
        }
    }

    /// Whether the caller sees to what concerns the protected persons of the whole organiser, whom they meet under the
    /// names that their plans show: a protection officer, about absence of which a home is to be told.
    #[must_use]
    pub fn sees_to_protected(&self) -> bool {
        let cases = [Permission::ReadAbsenceCases, Permission::EndAbsenceCases];
        self.sees_to_protected && cases.contains(&self.permission)
    }

    /// Whether the caller knows a person whose row they may see by their own name, protected or not: it is
    /// themselves, or somebody of whom they are cleared to know.
    #[must_use]
    pub fn knows_by_name(&self, person: PersonId) -> bool {
        self.person == Some(person) || self.cleared_for().any(|cleared| cleared == person)
    }

    /// The tenant.
    #[must_use]
    pub fn organiser(&self) -> OrganiserId {
        self.organiser
    }

    /// Whose call it is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// The calling account, if it is one.
    #[must_use]
    pub fn account(&self) -> Option<AccountId> {
        match self.identity {
            Identity::Account(account, _) => Some(account),
            Identity::Client(_) | Identity::System(_) => None,
        }
    }

    /// The person behind the account, if any.
    #[must_use]
    pub fn person(&self) -> Option<PersonId> {
        self.person
    }

    /// The permission in use.
    #[must_use]
    pub fn permission(&self) -> Permission {
        self.permission
    }

    /// The roles that hold the permission, as the change log writes them; empty for the system.
    #[must_use]
    pub fn roles(&self) -> String {
        let codes: Vec<&str> = self.roles.iter().map(|role| role.code()).collect();
        codes.join(" ")
    }

    /// The same, as they are.
    #[must_use]
    pub fn held_roles(&self) -> &[Role] {
        &self.roles
    }

    /// How far it reaches.
    #[must_use]
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// Whether it is the program's own scope.
    #[must_use]
    pub fn is_system(&self) -> bool {
        matches!(self.identity, Identity::System(_))
    }

    /// Whether the reach covers all of a school unit (not merely persons in it).
    #[must_use]
    pub fn covers_unit(&self, unit: SchoolUnitId) -> bool {
        match &self.reach {
            Reach::Organiser => true,
            Reach::Parts(parts) => parts.contains(&Part::Unit(unit)),
        }
    }

    /// Whether a row about a person within reach is shown to them themselves or to a relative, rather than to staff.
    #[must_use]
    pub fn is_own_or_ward(&self, person: PersonId) -> bool {
        match &self.reach {
            Reach::Organiser => self.person == Some(person),
            Reach::Parts(parts) => {
                self.person == Some(person)
                    || parts.contains(&Part::Own(person))
                    || parts.contains(&Part::Ward(person))
            }
        }
    }

    /// Whether a role that the caller holds for the permission is this one.
    #[must_use]
    pub fn acts_as(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// The information classes open about a person.
    ///
    /// About a ward they are those of the relation, also where a staff role reaches the same
    /// person in a part of the organiser: nobody sees their own family by the school's eyes.
    #[must_use]
    pub fn classes_about(&self, person: PersonId) -> ClassSet {
        if self.person == Some(person) {
            Role::OWN
        } else if let Some(ward) = self.seen_as_ward(person) {
            ward.classes
        } else {
            self.classes
        }
    }

    /// Whether the caller may see how a person is reached: addresses, telephone numbers, e-mail
    /// addresses, and what other systems call them. Never of a ward: these may tell of another
    /// adult, or of a second home. What a guardian may see of addresses has its own operation.
    #[must_use]
    pub fn shows_reach_of(&self, person: PersonId) -> bool {
        self.seen_as_ward(person).is_none() && self.classes_about(person).has(InformationClass::Contact)
    }

    /// The ward, where the person is reached as one.
    fn seen_as_ward(&self, person: PersonId) -> Option<&Ward> {
        match &self.reach {
            Reach::Organiser => None,
            Reach::Parts(parts) if parts.contains(&Part::Ward(person)) => {
                self.wards.iter().find(|ward| ward.person == person)
            }
            Reach::Parts(_) => None,
        }
    }

    /// The information classes open about others: what a search may compare with. Of a client never more than its role
    /// opens: it is shown a field with the persons that it reads, and finds nobody by it.
    #[must_use]
    pub fn classes_about_others(&self) -> ClassSet {
        match self.identity {
            Identity::Client(_) => self.classes.intersection(Role::Integrator.classes()),
            Identity::Account(..) | Identity::System(_) => self.classes,
        }
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> Uuid {
        self.request
    }

    /// The instant of the call.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The school day of the call, in Europe/Stockholm.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        school_day(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::ClientField, *};
    use crate::{id::Id, identity::Network};
    use proptest::prelude::*;

    fn id<T: Id>(number: u128) -> T {
        T::from_uuid(Uuid::from_u128(number))
    }

    fn caller(permission: Permission, level: Level) -> Caller {
        Caller {
            organiser: id(1),
            identity: Identity::Account(id(2), None),
            level,
            permission,
            address: None,
            certificate: None,
            request: Uuid::nil(),
            now: DateTime::<Utc>::UNIX_EPOCH,
        }
    }

    fn assignments() -> impl Strategy<Value = Vec<Assignment>> {
        proptest::collection::vec(
            (0..Role::ALL.len(), proptest::option::of(0..3u128))
                .prop_map(|(role, unit)| Assignment { role: Role::ALL[role], school_unit: unit.map(id) }),
            0..5,
        )
    }

    proptest! {
        #[test]
        fn nothing_is_permitted_that_no_role_holds(held in assignments(), number in 0..Permission::ALL.len()) {
            let permission = Permission::ALL[number];
            let answer = Scope::of_account(&caller(permission, Level::High), Some(id(9)), &held);
            let holds = held.iter().any(|assignment| permission.roles().contains(&assignment.role));
            prop_assert_eq!(answer.is_ok(), holds || permission == Permission::OwnAccount);
        }

        #[test]
        fn the_whole_organiser_is_reached_only_through_a_role_given_for_all_of_it(held in assignments(), number in 0..Permission::ALL.len()) {
            let permission = Permission::ALL[number];
            if let Ok(scope) = Scope::of_account(&caller(permission, Level::High), Some(id(9)), &held) {
                let wide = held.iter().any(|assignment| {
                    assignment.school_unit.is_none()
                        && permission.roles().contains(&assignment.role)
                        && !matches!(assignment.role, Role::Teacher | Role::Participant | Role::Guardian)
                });
                prop_assert_eq!(scope.reach() == &Reach::Organiser, wide);
            }
        }

        #[test]
        fn identity_numbers_of_others_are_open_only_where_every_applying_role_opens_them(held in assignments()) {
            let permission = Permission::ReadPersons;
            if let Ok(scope) = Scope::of_account(&caller(permission, Level::High), Some(id(9)), &held)
                && scope.classes_about(id(8)).has(InformationClass::IdentityNumber)
            {
                prop_assert!(held.iter().any(|assignment| assignment.role.classes().has(InformationClass::IdentityNumber)));
                if scope.reach() != &Reach::Organiser {
                    prop_assert!(held.iter().all(|assignment| assignment.role != Role::Teacher));
                }
            }
        }
    }

    proptest! {
        #[test]
        fn wards_open_nothing_about_anybody_else_and_nothing_without_the_guardians_role(
            held in assignments(), number in 0..Permission::ALL.len(), sees: bool, protected: bool,
        ) {
            let permission = Permission::ALL[number];
            let Ok(scope) = Scope::of_account(&caller(permission, Level::High), Some(id(9)), &held) else { return Ok(()) };
            let kind = RelationKind::Guardian;
            let rights = if sees { RightSet::ALL } else { RightSet::of(&[Right::Collect]) };
            let ward = Ward { person: id(5), kinds: vec![kind], rights, classes: kind.classes(), is_protected: protected };
            let with = scope.clone().with_wards(vec![ward]);
            let guardian = permission != Permission::OwnAccount
                && permission.roles().contains(&Role::Guardian)
                && held.iter().any(|assignment| assignment.role == Role::Guardian);
            let reaches = |scope: &Scope| match scope.reach() {
                Reach::Organiser => true,
                Reach::Parts(parts) => parts.contains(&Part::Ward(id(5))),
            };
            prop_assert_eq!(reaches(&with), scope.reach() == &Reach::Organiser || (guardian && sees));
            prop_assert_eq!(with.wards().is_empty(), !guardian);
            // Known by name through a relation alone: not by somebody who reaches everybody.
            let cleared = guardian && sees && protected && scope.reach() != &Reach::Organiser;
            prop_assert_eq!(with.knows_by_name(id(5)), cleared);
            prop_assert!(with.knows_by_name(id(9)) && !with.knows_by_name(id(6)));
            // What needs no login knows nobody who is protected, and everybody else as before.
            let narrowed = with.clone().without_protected_wards();
            prop_assert_eq!(narrowed.cleared_for().count(), 0);
            prop_assert_eq!(reaches(&narrowed), reaches(&with) && !(protected && with.reach() != &Reach::Organiser));
            // Rosters, and what is registered or decided of those whom one teaches.
            let rosters = matches!(
                permission,
                Permission::ReadParticipations
                    | Permission::ReadGroups
                    | Permission::RegisterAttendance
                    | Permission::ExcuseAbsence
                    | Permission::ReadAttendance
                    | Permission::ReadWatchList
                    | Permission::ReadAbsence
                    | Permission::ReadAbsenceReasons
                    | Permission::DecideLeave
                    | Permission::ReadAbsenceCases
                    | Permission::EndAbsenceCases
            );
            let teaches = held.iter().any(|assignment| assignment.role == Role::Teacher);
            // A protection officer of one unit sees to the cases of those whom the unit teaches.
            let cases = matches!(permission, Permission::ReadAbsenceCases | Permission::EndAbsenceCases);
            let officer = held.iter().any(|assignment| {
                assignment.role == Role::ProtectionOfficer && assignment.school_unit.is_some()
            });
            let meets = (rosters && teaches) || (cases && officer);
            prop_assert_eq!(!with.meets_under_shown_names().is_empty(), meets);
            // A sibling, the other parent: as before.
            prop_assert_eq!(with.classes_about(id(6)), scope.classes_about(id(6)));
            prop_assert_eq!(with.classes_about_others(), scope.classes_about_others());
            if guardian && sees && scope.reach() != &Reach::Organiser {
                prop_assert_eq!(with.classes_about(id(5)), kind.classes());
                prop_assert!(!with.shows_reach_of(id(5)));
            }
        }
    }

    proptest! {
        #[test]
        fn a_client_is_shown_its_fields_and_finds_nobody_by_them(
            fields in proptest::sample::subsequence(ClientField::ALL.to_vec(), 0..=ClientField::ALL.len()),
            units in proptest::option::of(proptest::collection::vec((0..3u128).prop_map(id), 0..3)),
            granted in proptest::sample::subsequence(Permission::ALL.to_vec(), 0..10),
            number in 0..Permission::ALL.len(),
        ) {
            let permission = Permission::ALL[number];
            let grant = ClientGrant { scopes: granted.clone(), fields: fields.clone(), units: units.clone(), ..ClientGrant::default() };
            let caller = Caller { identity: Identity::Client(id(3)), ..caller(permission, Level::Substantial) };
            let scope = Scope::of_client(&caller, &grant);
            let permitted = permission == Permission::OwnAccount
                || (granted.contains(&permission) && permission.roles().contains(&Role::Integrator));
            prop_assert_eq!(scope.is_ok(), permitted);
            let Ok(scope) = scope else { return Ok(()) };
            for field in ClientField::ALL {
                prop_assert_eq!(scope.classes_about(id(8)).has(field.class()), fields.contains(&field));
                prop_assert!(!scope.classes_about_others().has(field.class()));
            }
            for class in [InformationClass::Protected, InformationClass::AbsenceReason, InformationClass::Grade] {
                prop_assert!(!scope.classes_about(id(8)).has(class));
            }
            prop_assert_eq!(scope.reach() == &Reach::Organiser, units.is_none());
        }
    }

    #[test]
    fn a_client_from_elsewhere_may_nothing_at_all() {
        let networks = vec![Network::parse("192.0.2.0/24").unwrap()];
        let grant = ClientGrant { scopes: vec![Permission::ReadCourses], networks, ..ClientGrant::default() };
        let from = |address: Option<&str>, permission| {
            let address = address.map(|address| address.parse().unwrap());
            let caller = Caller {
                identity: Identity::Client(id(3)),
                address,
                ..caller(permission, Level::Substantial)
            };
            Scope::of_client(&caller, &grant).map(drop)
        };
        for permission in [Permission::ReadCourses, Permission::OwnAccount, Permission::ReadPersons] {
            for address in [None, Some("192.0.3.1"), Some("2001:db8::1")] {
                assert_eq!(from(address, permission), Err(Denial::OutsideNetworks));
            }
        }
        assert_eq!(from(Some("192.0.2.200"), Permission::ReadCourses), Ok(()));
        // A certificate narrows further, and never opens.
        for (certificate, address, admitted) in [
            ("192.0.2.128/25", "192.0.2.200", true),
            ("192.0.2.128/25", "192.0.2.7", false),
            ("0.0.0.0/0", "192.0.3.1", false),
        ] {
            let grant = ClientGrant {
                certificate_networks: vec![Network::parse(certificate).unwrap()],
                ..grant.clone()
            };
            assert_eq!(
                grant.admit(Some(address.parse().unwrap())).is_ok(),
                admitted,
                "{certificate} {address}"
            );
        }
        let other = Permission::ReadPersons;
        assert_eq!(from(Some("::ffff:192.0.2.200"), other), Err(Denial::NotPermitted(other)));
    }

    #[test]
    fn a_weak_login_is_told_which_level_would_do() {
        let held = [Assignment { role: Role::ProtectionOfficer, school_unit: None }];
        let answer = Scope::of_account(&caller(Permission::DisclosePersons, Level::Substantial), None, &held);
        assert_eq!(answer.unwrap_err(), Denial::LevelTooLow(Level::High));
    }
}

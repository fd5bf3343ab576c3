//! Who may read the record of a person, and why. It is asked of the same scopes, and the same conditions, by which each of
//! them would be answered: the two cannot come to say different things.

use std::collections::BTreeMap;

use diesel::{
    prelude::*,
    sql_types::{Integer, Nullable, Text},
};
use skolhus_domain::{
    access::{Assignment, Caller, Identity, Level, Part, Permission, Reach, Role, Scope},
    id::{AccountId, ClientId, PersonId, SchoolUnitId},
};

use crate::{
    core::{
        connection::DatabaseConnection,
        error::Error,
        reach::{self, Condition},
        rows::{Cell, load},
        scope::every_grant,
        types::{Guid, Uid},
    },
    schema::{accounts, clients, persons, role_assignments},
};

/// Somebody who may read a person's record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersonReader {
    /// The account or the client.
    pub who: Who,
    /// Its address or name; none for the account of somebody whose identity is protected.
    pub label: Option<String>,
    /// The person behind the account, unless they are protected.
    pub person: Option<PersonId>,
    /// Why; never empty.
    pub grounds: Vec<Ground>,
}

/// Who reads.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Who {
    /// A person's account.
    Account(AccountId),
    /// An integrator's client.
    Client(ClientId),
}

/// Why somebody may read it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Ground {
    /// By this role.
    pub role: Role,
    /// The unit that the role is limited to.
    pub school_unit: Option<SchoolUnitId>,
    /// What makes it reach the person.
    pub why: Why,
}

/// What makes a role reach a person.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Why {
    /// It reaches everybody in the organiser.
    WholeOrganiser,
    /// The person belongs to the school unit.
    SchoolUnit,
    /// They teach the person, or answer for a group that the person belongs to.
    Taught,
    /// They teach or answer for somebody protected, whom they meet under another name.
    UnderAnotherName,
    /// They may open the record of somebody protected, with a reason that is logged.
    OpensWithReason,
    /// They are related, with the right to see.
    Relative,
    /// It is they.
    Themselves,
}

/// Whether a person is within reach, protected or not: if so whether they are protected.
///
/// # Errors
/// A failure of the database.
pub fn protection(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    person: PersonId,
) -> Result<Option<bool>, Error> {
    Ok(persons::table
        .filter(reach::protected_persons_too(scope))
        .filter(persons::id.eq(Uid::of(person)))
        .select(persons::is_protected)
        .first(connection)
        .optional()?)
}

#[derive(QueryableByName)]
struct Candidate {
    #[diesel(sql_type = Guid)]
    account_id: Uid,
    #[diesel(sql_type = Nullable<Text>)]
    label: Option<String>,
    #[diesel(sql_type = Nullable<Guid>)]
    person_id: Option<Uid>,
    #[diesel(sql_type = Nullable<Guid>)]
    shown_person_id: Option<Uid>,
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Nullable<Guid>)]
    school_unit_id: Option<Uid>,
}

/// What is asked of the database about the person: a condition on their row, told apart by what it follows from.
struct Questions {
    asked: Vec<(Permission, Reach, Condition)>,
}

impl Questions {
    /// The number of the question whether the scope reaches the person, asked once however many ask it.
    fn ask(&mut self, scope: &Scope, condition: impl Fn(&Scope) -> Condition) -> usize {
        let same = |(permission, reach, _): &(Permission, Reach, Condition)| {
            *permission == scope.permission() && reach == scope.reach()
        };
        self.asked.iter().position(same).unwrap_or_else(|| {
            self.asked.push((scope.permission(), scope.reach().clone(), condition(scope)));
            self.asked.len() - 1
        })
    }

    /// For each question whether the answer is yes, in few statements.
    fn answers(
        &self,
        connection: &mut DatabaseConnection,
        scope: &Scope,
        person: PersonId,
    ) -> Result<Vec<bool>, Error> {
        #[derive(QueryableByName)]
        struct Yes {
            #[diesel(sql_type = Integer)]
            number: i32,
        }
        let mut answers = vec![false; self.asked.len()];
        let numbered: Vec<(usize, &Condition)> =
            self.asked.iter().map(|(_, _, condition)| condition).enumerate().collect();
        for some in numbered.chunks(QUESTIONS) {
            let mut cells: Vec<Cell> = vec![Uid::of(scope.organiser()).into(), Uid::of(person).into()];
            let mut text = String::new();
            for (number, condition) in some {
                let or = if text.is_empty() { "" } else { " UNION ALL " };
                text.push_str(&format!(
                    "{or}SELECT {number} AS number FROM persons \
                     WHERE persons.organiser_id = $1 AND persons.id = $2 AND "
                ));
                condition.write(&mut text, &mut cells);
            }
            for yes in load::<Yes>(connection, text, cells)? {
                let answer = usize::try_from(yes.number).ok().and_then(|number| answers.get_mut(number));
                if let Some(answer) = answer {
                    *answer = true;
                }
            }
        }
        Ok(answers)
    }
}

/// Questions in one statement: SQLite takes at most 500 SELECTs in a compound one.
const QUESTIONS: usize = 100;

/// Everybody who may read the record of a person within reach, accounts before clients. `relatives` are those whose
/// relations give the right to see it today; the rule of relations is the caller's to ask.
///
/// # Errors
/// A failure of the database.
pub fn of_person(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    person: PersonId,
    is_protected: bool,
    relatives: &[PersonId],
) -> Result<Vec<PersonReader>, Error> {
    let mut readers: BTreeMap<Who, PersonReader> = BTreeMap::new();
    let mut waiting: Vec<(Who, Ground, usize)> = Vec::new();
    let mut questions = Questions { asked: Vec::new() };
    for candidate in candidates(connection, scope, person, relatives)? {
        let Some(role) = Role::from_code(&candidate.role) else { continue };
        let who = Who::Account(candidate.account_id.to());
        let own_person: Option<PersonId> = candidate.person_id.map(Uid::to);
        let school_unit = candidate.school_unit_id.map(Uid::to);
        let reader = readers.entry(who).or_insert_with(|| PersonReader {
            who,
            label: candidate.label.clone(),
            person: candidate.shown_person_id.map(Uid::to),
            grounds: Vec::new(),
        });
        let ground = |why| Ground { role, school_unit, why };
        if own_person == Some(person) {
            reader.grounds.push(ground(Why::Themselves));
        }
        if role == Role::Guardian && own_person.is_some_and(|own| relatives.contains(&own)) {
            reader.grounds.push(ground(Why::Relative));
        }
        let asks = |permission| {
            let caller = asking(scope, Identity::Account(candidate.account_id.to(), None), permission);
            Scope::of_account(&caller, own_person, &[Assignment { role, school_unit }]).ok()
        };
        let question = match (is_protected, role) {
            (_, Role::Guardian | Role::Participant) => None,
            (false, _) => asks(Permission::ReadPersons)
                .and_then(|scope| Some((why(scope.reach())?, questions.ask(&scope, reach::persons)))),
            (true, Role::Teacher) => asks(Permission::RegisterAttendance).map(|scope| {
                (Why::UnderAnotherName, questions.ask(&scope, reach::persons_under_shown_names))
            }),
            (true, Role::ProtectionOfficer) => asks(Permission::DisclosePersons)
                .map(|scope| (Why::OpensWithReason, questions.ask(&scope, reach::protected_persons_too))),
            (true, _) => None,
        };
        waiting.extend(question.map(|(why, number)| (who, ground(why), number)));
    }
    let clients = if is_protected { Vec::new() } else { every_grant(connection, scope)? };
    let names = if clients.is_empty() { BTreeMap::new() } else { names(connection, scope)? };
    for (client, mut grant) in clients {
        // From where it calls is not asked: it may read the record from there.
        grant.networks.clear();
        grant.certificate_networks.clear();
        let caller = asking(scope, Identity::Client(client), Permission::ReadPersons);
        let Ok(asks) = Scope::of_client(&caller, &grant) else { continue };
        let reaches = match asks.reach() {
            Reach::Organiser => Why::WholeOrganiser,
            Reach::Parts(_) => Why::SchoolUnit,
        };
        let who = Who::Client(client);
        let label = names.get(&client).cloned();
        readers.insert(who, PersonReader { who, label, person: None, grounds: Vec::new() });
        let ground = Ground { role: Role::Integrator, school_unit: None, why: reaches };
        waiting.push((who, ground, questions.ask(&asks, reach::persons)));
    }
    let answers = questions.answers(connection, scope, person)?;
    for (who, ground, number) in waiting {
        if let (Some(true), Some(reader)) = (answers.get(number), readers.get_mut(&who)) {
            reader.grounds.push(ground);
        }
    }
    let mut readers: Vec<PersonReader> =
        readers.into_values().filter(|reader| !reader.grounds.is_empty()).collect();
    for reader in &mut readers {
        reader.grounds.sort_unstable();
        reader.grounds.dedup();
    }
    Ok(readers)
}

/// The accounts that hold a permission over a person, protected or not: whose scope for it reaches them today. For whom the
/// program tells of something that concerns the person.
///
/// # Errors
/// A failure of the database.
pub fn holders(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    permission: Permission,
    person: PersonId,
) -> Result<Vec<AccountId>, Error> {
    let mut questions = Questions { asked: Vec::new() };
    let mut asking_accounts: Vec<(AccountId, usize)> = Vec::new();
    for (account, own_person, role, school_unit) in assigned(connection, scope, permission.roles())? {
        let account: AccountId = account.to();
        let Some(role) = Role::from_code(&role) else { continue };
        let caller = asking(scope, Identity::Account(account, None), permission);
        let assignment = Assignment { role, school_unit: school_unit.map(Uid::to) };
        if let Ok(asks) = Scope::of_account(&caller, own_person.map(Uid::to), &[assignment]) {
            asking_accounts.push((account, questions.ask(&asks, reach::protected_persons_too)));
        }
    }
    let answers = questions.answers(connection, scope, person)?;
    let reaches =
        |(account, number): (AccountId, usize)| (answers.get(number) == Some(&true)).then_some(account);
    let mut holders: Vec<AccountId> = asking_accounts.into_iter().filter_map(reaches).collect();
    holders.sort_unstable();
    holders.dedup();
    Ok(holders)
}

/// An account, its person, a role that it holds today, and the unit of that.
type Assigned = (Uid, Option<Uid>, String, Option<Uid>);

/// Who holds one of the roles today.
fn assigned(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    roles: &[Role],
) -> Result<Vec<Assigned>, Error> {
    let today = scope.today();
    let codes: Vec<&str> = roles.iter().map(|role| role.code()).collect();
    let with_account = accounts::organiser_id
        .eq(role_assignments::organiser_id)
        .and(accounts::id.eq(role_assignments::account_id));
    Ok(role_assignments::table
        .inner_join(accounts::table.on(with_account))
        .filter(accounts::organiser_id.eq(Uid::of(scope.organiser())))
        .filter(accounts::withdrawn_at.is_null())
        .filter(accounts::disabled_at.is_null())
        .filter(role_assignments::withdrawn_at.is_null())
        .filter(role_assignments::role.eq_any(codes))
        .filter(role_assignments::valid_from.le(today))
        .filter(role_assignments::valid_to.is_null().or(role_assignments::valid_to.ge(today)))
        .select((accounts::id, accounts::person_id, role_assignments::role, role_assignments::school_unit_id))
        .load(connection)?)
}

/// What the organiser's clients are called.
fn names(connection: &mut DatabaseConnection, scope: &Scope) -> Result<BTreeMap<ClientId, String>, Error> {
    let rows: Vec<(Uid, String)> = clients::table
        .filter(clients::organiser_id.eq(Uid::of(scope.organiser())))
        .select((clients::id, clients::name))
        .load(connection)?;
    Ok(rows.into_iter().map(|(id, name)| (id.to(), name)).collect())
}

fn asking(scope: &Scope, identity: Identity, permission: Permission) -> Caller {
    Caller {
        organiser: scope.organiser(),
        identity,
        level: Level::High,
        permission,
        address: None,
        certificate: None,
        request: scope.request(),
        now: scope.now(),
    }
}

/// What makes a staff role reach somebody.
fn why(reach: &Reach) -> Option<Why> {
    match reach {
        Reach::Organiser => Some(Why::WholeOrganiser),
        Reach::Parts(parts) => match parts.first()? {
            Part::Unit(_) => Some(Why::SchoolUnit),
            Part::Taught(..) => Some(Why::Taught),
            Part::Own(_) | Part::Ward(_) => None,
        },
    }
}

/// The accounts that may come into question, a row for each role that they hold today: those with an office, those who have
/// ever taught what the person takes part in or answered for a group of theirs, their relatives, and their own.
fn candidates(
    connection: &mut DatabaseConnection,
    scope: &Scope,
    person: PersonId,
    relatives: &[PersonId],
) -> Result<Vec<Candidate>, Error> {
    let mut cells: Vec<Cell> =
        vec![Uid::of(scope.organiser()).into(), Uid::of(person).into(), scope.today().into()];
    let mut place = |cell: Cell| {
        cells.push(cell);
        format!("${}", cells.len())
    };
    let of_relatives = match relatives {
        [] => "FALSE".to_owned(),
        some => {
            let places: Vec<String> = some.iter().map(|id| place(Uid::of(*id).into())).collect();
            format!("r.role = 'guardian' AND a.person_id IN ({})", places.join(", "))
        }
    };
    let offices = [Role::Principal, Role::Registrar, Role::ProtectionOfficer];
    let offices: Vec<String> = offices.iter().map(|role| format!("'{}'", role.code())).collect();
    let offices = offices.join(", ");
    let text = format!(
        "SELECT a.id AS account_id, CASE WHEN p.is_protected THEN NULL ELSE a.email END AS label, a.person_id AS person_id, \
         CASE WHEN p.is_protected THEN NULL ELSE a.person_id END AS shown_person_id, r.role AS role, \
         r.school_unit_id AS school_unit_id \
         FROM accounts a \
         JOIN role_assignments r ON r.organiser_id = a.organiser_id AND r.account_id = a.id AND r.withdrawn_at IS NULL \
         AND r.valid_from <= $3 AND (r.valid_to IS NULL OR r.valid_to >= $3) \
         LEFT JOIN persons p ON p.organiser_id = a.organiser_id AND p.id = a.person_id \
         WHERE a.organiser_id = $1 AND a.withdrawn_at IS NULL AND a.disabled_at IS NULL \
         AND (r.role IN ({offices}) OR a.person_id = $2 OR ({of_relatives}) OR (r.role = 'teacher' AND a.person_id IN (\
         SELECT d.person_id FROM participations pp \
         JOIN offering_teachers t ON t.organiser_id = pp.organiser_id AND t.offering_id = pp.offering_id \
         JOIN duties d ON d.organiser_id = t.organiser_id AND d.id = t.duty_id \
         WHERE pp.organiser_id = $1 AND pp.person_id = $2 \
         UNION SELECT d.person_id FROM group_memberships m \
         JOIN group_assignments ga ON ga.organiser_id = m.organiser_id AND ga.group_id = m.group_id \
         JOIN duties d ON d.organiser_id = ga.organiser_id AND d.id = ga.duty_id \
         WHERE m.organiser_id = $1 AND m.person_id = $2))) \
         ORDER BY a.email_key, r.role"
    );
    Ok(load(connection, text, cells)?)
}

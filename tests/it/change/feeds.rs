//! Following the register: `modifiedAfter` and the deleted entities.

use std::{
    cell::{Cell, RefCell},
    collections::{BTreeMap, BTreeSet},
};

use chrono::{Duration, NaiveDate};
use skolhus_api::{http::problem::Problem, identity::keyring::Bearer};
use skolhus_domain::{
    access::{Caller, Identity, Level, Permission, Role},
    code::Code,
    course::{NewCourse, Offering, Pace, StudyForm},
    duty::{Duty, DutyRole},
    enrolment::Enrolment,
    id::{ClientId, DutyId, EnrolmentId, OfferingId, ParticipationId, PersonId, SchoolUnitId},
    identity::NewClient,
    organisation::NewSchoolUnit,
    participation::{NewParticipation, Participation},
    period::Period,
    person::{ContactDraft, NameDraft, NewPerson, PersonDraft, PersonFacts, Protection, ProtectionReport},
    text::Text,
};
use skolhus_persistence::{
    Saved, Tx,
    course::{course, offering},
    duty, enrolment,
    identity::client,
    organisation::school_unit,
    participation, person,
};
use skolhus_tests::{on_both, register::School, server::TestServer};

const BEGINNING: &str = "1970-01-01T00:00:00Z";

/// The lists that integrators follow, with the word of what they show.
const LISTS: &[(&str, &str)] = &[
    ("/v1/persons", "person"),
    ("/v1/duties", "duty"),
    ("/v1/enrolments", "enrolment"),
    ("/v1/participations", "participation"),
    ("/v1/participation-exceptions", "participation exception"),
    ("/v1/groups", "group"),
    ("/v1/group-memberships", "group membership"),
    ("/v1/course-offerings", "course offering"),
    ("/v1/courses", "course"),
    ("/v1/school-units", "school unit"),
];

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, month, day).unwrap()
}

/// A school of two units with an offering at each.
struct Register {
    school: School,
    other: SchoolUnitId,
    offerings: [OfferingId; 2],
}

impl Register {
    async fn enter(server: &TestServer) -> Self {
        let school = School::enter(server).await;
        let state = &server.state;
        let other: SchoolUnitId = state.fresh();
        let (course_id, offerings) = (state.fresh(), [state.fresh(), state.fresh()]);
        let units = [school.unit, other];
        let controller = school.controller;
        let write = move |tx: &mut Tx<'_>, scope: &_| {
            let new = NewSchoolUnit {
                name: "Åsgårda folkhögskola",
                school_types: vec!["FHS"],
                controller,
                codes: vec![],
                valid: (day(1, 1), None),
                active: true,
            };
            let types = skolhus_domain::code::seed::school_types().map_err(Problem::from)?;
            school_unit::insert(tx, scope, other, new.validate(&types, &[]).map_err(Problem::from)?)?;
            let new = NewCourse {
                code: "MU",
                title: "Musiklinjen",
                subject_code: None,
                kind: "course",
                points: None,
                valid: (day(1, 1), None),
            };
            course::insert_many(tx, scope, &[(course_id, new.validate().map_err(Problem::from)?)])?;
            let offered = |unit| Offering {
                course: course_id,
                school_unit: unit,
                title: Text::line("Musiklinjen, hösten", 200).unwrap(),
                terms: vec![],
                period: Period::new(day(8, 17), Some(day(12, 18))).unwrap(),
                course_type: None,
                course_numbers: BTreeMap::new(),
                form: StudyForm::OnSite,
                pace: Pace::FULL,
                planned_time: None,
                course_days: None,
                meeting_days: None,
                site: None,
                capacity: None,
                part_of: None,
            };
            let new = [(offerings[0], offered(units[0])), (offerings[1], offered(units[1]))];
            offering::insert_many(tx, scope, &new)?;
            Ok::<_, Problem>(())
        };
        let register = Self { school, other, offerings };
        server.state.database.write(&register.system(server), write).await.unwrap();
        register
    }

    fn system(&self, server: &TestServer) -> Caller {
        Caller::system("test", self.school.organiser, server.state.fresh_uuid(), server.state.clock.now())
    }

    fn units(&self) -> [SchoolUnitId; 2] {
        [self.school.unit, self.other]
    }

    /// A client's token.
    async fn client(&self, server: &TestServer, scopes: &[Permission], units: &[SchoolUnitId]) -> String {
        let id: ClientId = server.state.fresh();
        let scopes: Vec<String> = scopes.iter().map(|scope| scope.code().to_owned()).collect();
        let units = units.to_vec();
        let write = move |tx: &mut Tx<'_>, scope: &_| {
            let new = NewClient {
                name: "Schemasystemet",
                scopes: &scopes,
                school_units: &units,
                ..NewClient::default()
            };
            client::insert(tx, scope, id, &new.validate().map_err(Problem::from)?)?;
            Ok::<_, Problem>(())
        };
        server.state.database.write(&self.system(server), write).await.unwrap();
        let identity = Identity::Client(id);
        server.token(&Bearer { organiser: self.school.organiser, identity, level: Level::Basic })
    }

    async fn follower(&self, server: &TestServer, units: &[SchoolUnitId]) -> Follower {
        let scopes: Vec<Permission> = Permission::client_scopes().collect();
        Follower::new(self.client(server, &scopes, units).await)
    }

    /// Saves new states of persons, as the program's own work.
    async fn save(&self, server: &TestServer, steps: Vec<(One, Step)>, slow: u64) -> Vec<One> {
        let caller = self.system(server);
        let (units, offerings) = (self.units(), self.offerings);
        let write = move |tx: &mut Tx<'_>, scope: &_| {
            let mut saved = Vec::with_capacity(steps.len());
            for (one, step) in &steps {
                saved.push(one.clone().take(tx, scope, step, units, offerings)?);
            }
            // A transaction that is there for others long after its call came.
            std::thread::sleep(std::time::Duration::from_millis(slow));
            Ok::<_, Problem>(saved)
        };
        server.state.database.write(&caller, write).await.unwrap()
    }

    /// A person with an enrolment, a duty and a participation at a unit.
    async fn whole(&self, server: &TestServer, family: &str, at: usize, protection: Protection) -> One {
        let mut one = One::new(server, self, family, at, protection);
        for step in [
            Step::Enter,
            Step::Enrol(server.state.fresh(), at),
            Step::Employ(server.state.fresh(), at),
            Step::Place(server.state.fresh(), at),
        ] {
            one = self.save(server, vec![(one, step)], 0).await.remove(0);
        }
        one
    }
}

/// A person as their writer knows them.
#[derive(Clone)]
struct One {
    new: NewPerson,
    facts: PersonFacts,
    version: i64,
    enrolment: Option<Saved<EnrolmentId, Enrolment>>,
    participation: Option<Saved<ParticipationId, Participation>>,
    duty: Option<Saved<DutyId, Duty>>,
}

/// What is done to a person.
#[derive(Clone, Debug)]
enum Step {
    Enter,
    Rename(u64),
    Protect(Protection),
    Move(Option<usize>),
    Enrol(EnrolmentId, usize),
    EndEnrolment,
    Employ(DutyId, usize),
    EndDuty,
    Place(ParticipationId, usize),
    EndPlace,
}

impl One {
    fn new(
        server: &TestServer,
        register: &Register,
        family: &str,
        at: usize,
        protection: Protection,
    ) -> Self {
        let report =
            if protection.is_protected() { ProtectionReport::Marked } else { ProtectionReport::Unmarked };
        let draft = PersonDraft {
            name: NameDraft {
                given: "Åsa".to_owned(),
                middle: None,
                family: family.to_owned(),
                preferred_given: None,
            },
            birth_date: None,
            sex: None,
            identity_numbers: vec![],
            contact: ContactDraft::default(),
            addresses: vec![],
            protection: report,
            external_identifiers: vec![],
            registered_at: Some(register.units()[at]),
        };
        let id: PersonId = server.state.fresh();
        let new = NewPerson::new(id, register.school.organiser, &draft, day(8, 17)).unwrap();
        let facts = new.facts().clone();
        Self { new, facts, version: 0, enrolment: None, participation: None, duty: None }
    }

    fn id(&self) -> PersonId {
        self.new.id()
    }

    /// The ids that stand for the person.
    fn ids(&self) -> BTreeSet<String> {
        let mut ids = BTreeSet::from([self.id().to_string()]);
        ids.extend(self.enrolment.iter().map(|saved| saved.id.to_string()));
        ids.extend(self.participation.iter().map(|saved| saved.id.to_string()));
        ids.extend(self.duty.iter().map(|saved| saved.id.to_string()));
        ids
    }

    fn take(
        mut self,
        tx: &mut Tx<'_>,
        scope: &skolhus_domain::access::Scope,
        step: &Step,
        units: [SchoolUnitId; 2],
        offerings: [OfferingId; 2],
    ) -> Result<Self, Problem> {
        let person = self.id();
        let before = self.facts.clone();
        match step.clone() {
            Step::Enter => {
                person::insert_many(tx, scope, vec![self.new.clone()])?;
                self.version = 1;
            }
            Step::Rename(number) => {
                let name = NameDraft {
                    given: format!("Åsa {}", "abcdefghij".chars().nth(number as usize % 10).unwrap()),
                    middle: None,
                    family: before.name.family().as_str().to_owned(),
                    preferred_given: None,
                };
                self.facts.name = skolhus_domain::person::PersonName::new(&name).unwrap();
            }
            Step::Protect(protection) => self.facts.protection = protection,
            Step::Move(at) => self.facts.registered_at = at.map(|at| units[at]),
            Step::Enrol(id, at) if self.enrolment.is_none() => {
                let enrolled = Enrolment {
                    person,
                    school_unit: units[at],
                    school_type: Code::new("FHS").unwrap(),
                    school_year: None,
                    programme: None,
                    period: Period::new(day(8, 17), None).unwrap(),
                    withdrawn: false,
                };
                self.enrolment = enrolment::insert_many(tx, scope, &[(id, enrolled)])?.pop();
            }
            Step::EndEnrolment => {
                if let Some(saved) = self.enrolment.take() {
                    let after = Enrolment { withdrawn: true, ..saved.value.clone() };
                    enrolment::update_many(tx, scope, &[(saved, after)])?;
                }
            }
            Step::Employ(id, at) if self.duty.is_none() => {
                let employed = Duty {
                    person,
                    school_unit: units[at],
                    role: DutyRole::Teacher,
                    signature: None,
                    period: Period::new(day(8, 17), None).unwrap(),
                };
                self.duty = duty::insert_many(tx, scope, &[(id, employed)])?.pop();
            }
            Step::EndDuty => {
                if let Some(saved) = self.duty.take() {
                    duty::withdraw(tx, scope, &saved)?;
                }
            }
            Step::Place(id, at) if self.participation.is_none() => {
                let offered = offering::find(tx.connection(), scope, offerings[at])?.unwrap();
                let new = NewParticipation {
                    person,
                    offering: offerings[at],
                    period: (offered.value.period.from(), None),
                    pace_percent: None,
                    funding: None,
                };
                let new = new.validate(&offered.value, &[], []).map_err(Problem::from)?;
                self.participation = participation::insert_many(tx, scope, &[(id, new)])?.pop();
            }
            Step::EndPlace => {
                if let Some(saved) = self.participation.take() {
                    participation::withdraw(tx, scope, &saved)?;
                }
            }
            Step::Enrol(..) | Step::Employ(..) | Step::Place(..) => {}
        }
        if self.facts != before {
            person::update(tx, scope, person, self.version, &self.facts)?;
            self.version += 1;
        }
        Ok(self)
    }
}

/// A client that keeps a copy.
struct Follower {
    token: String,
    positions: BTreeMap<String, String>,
    copy: BTreeMap<(String, String), i64>,
    /// Every id that it was ever told, in whatever way.
    told: BTreeSet<String>,
    pages: usize,
}

impl Follower {
    fn new(token: String) -> Self {
        Self { token, positions: BTreeMap::new(), copy: BTreeMap::new(), told: BTreeSet::new(), pages: 0 }
    }

    /// One walk: every page is put to use as it comes.
    async fn walk(&mut self, server: &TestServer, path: &str, word: Option<&str>, limit: usize) {
        let since = self.positions.get(path).cloned().unwrap_or_else(|| BEGINNING.to_owned());
        let after = if word.is_some() { "modifiedAfter" } else { "after" };
        let mut query = format!("{path}?{after}={since}&limit={limit}");
        let mut as_of: Option<String> = None;
        loop {
            let page = server.get(&query).token(&self.token).send().await.expect(200).body;
            self.pages += 1;
            let said = page["asOf"].as_str().unwrap().to_owned();
            assert_eq!(*as_of.get_or_insert_with(|| said.clone()), said, "{path}: one instant for a walk");
            for row in page["data"].as_array().unwrap() {
                let id = row["id"].as_str().unwrap().to_owned();
                self.told.insert(id.clone());
                match word {
                    Some(word) => {
                        let version = row["version"].as_i64().unwrap();
                        self.copy.insert((word.to_owned(), id), version);
                    }
                    None => {
                        self.copy.remove(&(row["entity"].as_str().unwrap().to_owned(), id));
                    }
                }
            }
            match page["pageToken"].as_str() {
                Some(token) => query = format!("{path}?pageToken={token}&limit={limit}"),
                None => break,
            }
        }
        self.positions.insert(path.to_owned(), as_of.unwrap());
    }

    /// Reads every list and what has left.
    async fn round(&mut self, server: &TestServer, limit: usize) {
        for (path, word) in LISTS {
            self.walk(server, path, Some(word), limit).await;
        }
        self.walk(server, "/v1/deleted-entities", None, limit).await;
    }

    /// What the lists show now, without anything kept.
    async fn visible(&self, server: &TestServer) -> BTreeMap<(String, String), i64> {
        let mut all = BTreeMap::new();
        for (path, word) in LISTS {
            let mut query = format!("{path}?limit=500");
            loop {
                let page = server.get(&query).token(&self.token).send().await.expect(200).body;
                assert!(page.get("asOf").is_none(), "{path} was not asked for what changed");
                for row in page["data"].as_array().unwrap() {
                    let key = ((*word).to_owned(), row["id"].as_str().unwrap().to_owned());
                    all.insert(key, row["version"].as_i64().unwrap());
                }
                match page["pageToken"].as_str() {
                    Some(token) => query = format!("{path}?pageToken={token}&limit=500"),
                    None => break,
                }
            }
        }
        all
    }

    /// What has left, of everything or of some kinds.
    async fn departed(&self, server: &TestServer, query: &str) -> BTreeSet<(String, String)> {
        let page = server
            .get(&format!("/v1/deleted-entities?limit=500{query}"))
            .token(&self.token)
            .send()
            .await
            .expect(200);
        let rows = page.body["data"].as_array().unwrap().clone();
        rows.iter()
            .map(|row| (row["entity"].as_str().unwrap().to_owned(), row["id"].as_str().unwrap().to_owned()))
            .collect()
    }

    /// The ids that a list shows of what changed after an instant.
    async fn changed(&self, server: &TestServer, path: &str, since: &str) -> BTreeSet<String> {
        let query = format!("{path}?modifiedAfter={since}&limit=500");
        let page = server.get(&query).token(&self.token).send().await.expect(200).body;
        let rows = page["data"].as_array().unwrap();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// A small generator, so that a failure can be repeated.
struct Chance(Cell<u64>);

impl Chance {
    fn below(&self, bound: u64) -> u64 {
        let mut x = self.0.get();
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        self.0.set(x);
        (x >> 11) % bound
    }

    fn step(&self, server: &TestServer) -> Step {
        let at = usize::try_from(self.below(2)).unwrap();
        match self.below(12) {
            0 | 1 => Step::Rename(self.below(10)),
            2 => Step::Protect(Protection::Marked),
            3 | 4 => Step::Protect(Protection::None),
            5 => Step::Move(Some(at)),
            6 => Step::Move(None),
            7 => Step::Enrol(server.state.fresh(), at),
            8 => {
                if self.below(2) == 0 {
                    Step::EndEnrolment
                } else {
                    Step::EndDuty
                }
            }
            9 => Step::Employ(server.state.fresh(), at),
            10 => Step::Place(server.state.fresh(), at),
            _ => Step::EndPlace,
        }
    }
}

/// Changes that the long test makes, at the least.
const CHANGES: usize = 10_000;
/// Those who write at the same time.
const WRITERS: usize = 4;

on_both! {
    async fn a_client_that_follows_ends_with_exactly_what_it_may_see(server: TestServer) {
        let register = Register::enter(&server).await;
        let mut followers = [
            register.follower(&server, &[]).await,
            register.follower(&server, &[register.school.unit]).await,
            register.follower(&server, &register.units()).await,
        ];
        let writing = Cell::new(WRITERS);
        // The ids of those who were never open to anybody.
        let hidden = RefCell::new(BTreeSet::new());
        let write = async |number: usize| {
            let chance = Chance(Cell::new(0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1)));
            let mut own: Vec<One> = Vec::new();
            for index in 0..60 {
                let family = format!("Öberg {}", ["Ek", "Ask", "Alm", "Björk"][index % 4]);
                let protection = if index % 20 == 19 { Protection::Marked } else { Protection::None };
                own.push(One::new(&server, &register, &family, index % 2, protection));
            }
            let enter = own.into_iter().map(|one| (one, Step::Enter)).collect();
            let mut own = register.save(&server, enter, 1).await;
            let mut steps = 60;
            while steps < CHANGES / WRITERS * 9 / 5 {
                server.clock.advance(Duration::microseconds(i64::try_from(chance.below(40_000)).unwrap()));
                let mut chosen: BTreeMap<usize, Step> = BTreeMap::new();
                for _ in 0..=chance.below(24) {
                    let index = usize::try_from(chance.below(own.len() as u64)).unwrap();
                    let step = chance.step(&server);
                    // Every twentieth stays hidden all the time.
                    if index % 20 != 19 || !matches!(step, Step::Protect(_)) {
                        chosen.insert(index, step);
                    }
                }
                steps += chosen.len();
                let taken = chosen.iter().map(|(index, step)| (own[*index].clone(), step.clone())).collect();
                let saved = register.save(&server, taken, chance.below(4)).await;
                for (index, one) in chosen.into_keys().zip(saved) {
                    if index % 20 == 19 {
                        hidden.borrow_mut().extend(one.ids());
                    }
                    own[index] = one;
                }
            }
            writing.set(writing.get() - 1);
        };
        let workers = server.work();
        let follow = async {
            while writing.get() > 0 {
                for follower in followers.iter_mut() {
                    follower.round(&server, 97).await;
                }
            }
        };
        let writers = futures_util::future::join_all((0..WRITERS).map(write));
        futures_util::future::join(writers, follow).await;
        workers.stop().await;
        server.settle_log().await;

        let made = server.raw().text("SELECT CAST(count(*) AS TEXT) AS value FROM changes");
        assert!(made.parse::<usize>().unwrap() >= CHANGES, "{made} changes");
        let hidden = hidden.into_inner();
        assert!(hidden.len() >= 12, "{}", hidden.len());
        for (number, follower) in followers.iter_mut().enumerate() {
            assert!(follower.pages > 30, "{} pages were read while others wrote", follower.pages);
            follower.round(&server, 97).await;
            let visible = follower.visible(&server).await;
            assert!(visible.len() > 100, "{}", visible.len());
            let too_much: Vec<_> = follower.copy.iter().filter(|(key, _)| !visible.contains_key(*key)).collect();
            let missing: Vec<_> = visible.iter().filter(|(key, version)| follower.copy.get(*key) != Some(version)).collect();
            assert!(too_much.is_empty() && missing.is_empty(), "{number}: kept {too_much:?}, missed {missing:?}");
            let given_away: Vec<_> = follower.told.intersection(&hidden).collect();
            assert!(given_away.is_empty(), "{number}: {given_away:?}");
        }
        server.stop().await;
    }
}

on_both! {
    async fn who_becomes_protected_takes_everything_along_and_brings_it_back(server: TestServer) {
        let register = Register::enter(&server).await;
        let (all, here, there) = (
            register.follower(&server, &[]).await,
            register.follower(&server, &[register.school.unit]).await,
            register.follower(&server, &[register.other]).await,
        );
        let one = register.whole(&server, "Häggström", 0, Protection::None).await;
        let hidden = register.whole(&server, "Sjöö", 0, Protection::Marked).await;
        server.settle_log().await;
        let since = server.get(&format!("/v1/persons?modifiedAfter={BEGINNING}")).token(&all.token).send().await.expect(200);
        assert_eq!(since.body["data"].as_array().unwrap().len(), 1);
        let since = since.body["asOf"].as_str().unwrap().to_owned();
        assert!(all.departed(&server, "").await.is_empty());

        let one = register.save(&server, vec![(one, Step::Protect(Protection::Marked))], 0).await.remove(0);
        server.settle_log().await;
        for follower in [&all, &here] {
            let departed = follower.departed(&server, "").await;
            let words: Vec<&str> = departed.iter().map(|(word, _)| word.as_str()).collect();
            assert_eq!(words, ["duty", "enrolment", "participation", "person"]);
            let ids: BTreeSet<String> = departed.into_iter().map(|(_, id)| id).collect();
            assert_eq!(ids, one.ids());
            assert!(ids.is_disjoint(&hidden.ids()), "who was never seen is not told of");
            let some = follower.departed(&server, "&entities=person,duty").await;
            assert_eq!(some.len(), 2);
            assert_eq!(follower.departed(&server, &format!("&after={since}")).await.len(), 4);
            assert!(follower.changed(&server, "/v1/participations", &since).await.is_empty());
        }
        assert!(there.departed(&server, "").await.is_empty(), "another unit has never seen them");

        // Lifted: every record is told of as changed, though only the person's row was.
        register.save(&server, vec![(one.clone(), Step::Protect(Protection::None))], 0).await;
        server.settle_log().await;
        for follower in [&all, &here] {
            assert!(follower.departed(&server, "").await.is_empty());
            let mut back = BTreeSet::new();
            for (path, _) in LISTS {
                back.extend(follower.changed(&server, path, &since).await);
            }
            assert_eq!(back, one.ids());
        }
        server.stop().await;
    }
}

on_both! {
    async fn what_moves_leaves_one_units_reach_and_enters_anothers(server: TestServer) {
        let register = Register::enter(&server).await;
        let (here, there) = (
            register.follower(&server, &[register.school.unit]).await,
            register.follower(&server, &[register.other]).await,
        );
        let both = register.follower(&server, &register.units()).await;
        let mut one = One::new(&server, &register, "Ångström", 0, Protection::None);
        for step in [Step::Enter, Step::Move(None), Step::Place(server.state.fresh(), 0)] {
            one = register.save(&server, vec![(one, step)], 0).await.remove(0);
        }
        server.settle_log().await;
        let seen = there.changed(&server, "/v1/persons", BEGINNING).await;
        assert!(seen.is_empty());
        let since = here_as_of(&server, &here).await;

        let (id, other) = (register.offerings[0], register.other);
        let moved = move |tx: &mut Tx<'_>, scope: &_| {
            let before = offering::find(tx.connection(), scope, id)?.unwrap();
            let after = Offering { school_unit: other, ..before.value.clone() };
            offering::update_many(tx, scope, &[(before, after)])?;
            Ok::<_, Problem>(())
        };
        server.state.database.write(&register.system(&server), moved).await.unwrap();
        server.settle_log().await;

        let words: Vec<String> = here.departed(&server, "").await.into_iter().map(|(word, _)| word).collect();
        assert_eq!(words, ["course offering", "participation", "person"]);
        assert!(both.departed(&server, "").await.is_empty(), "who reaches both units loses nothing");
        assert!(there.departed(&server, "").await.is_empty());
        for follower in [&there, &both] {
            let mut come = BTreeSet::new();
            for path in ["/v1/persons", "/v1/participations", "/v1/course-offerings"] {
                come.extend(follower.changed(&server, path, &since).await);
            }
            let mut expected = one.ids();
            expected.insert(register.offerings[0].to_string());
            assert_eq!(come, expected, "rows that are older than the reach");
        }

        // The participation was what gave the reach; with it the person leaves.
        register.save(&server, vec![(one.clone(), Step::EndPlace)], 0).await;
        server.settle_log().await;
        let left = there.departed(&server, "&entities=person,participation").await;
        assert_eq!(left.into_iter().map(|(_, id)| id).collect::<BTreeSet<_>>(), one.ids());
        server.stop().await;
    }
}

async fn here_as_of(server: &TestServer, follower: &Follower) -> String {
    let page = server
        .get(&format!("/v1/persons?modifiedAfter={BEGINNING}"))
        .token(&follower.token)
        .send()
        .await
        .expect(200);
    page.body["asOf"].as_str().unwrap().to_owned()
}

on_both! {
    async fn what_was_slow_to_commit_is_not_lost(server: TestServer) {
        let register = Register::enter(&server).await;
        let follower = register.follower(&server, &[]).await;
        let early = register.system(&server);
        server.clock.advance(Duration::seconds(30));
        let late = One::new(&server, &register, "Öst", 0, Protection::None);
        register.save(&server, vec![(late, Step::Enter)], 0).await;
        server.settle_log().await;
        let since = here_as_of(&server, &follower).await;
        // A call that came half a minute before is there only now.
        let slow = One::new(&server, &register, "Väst", 0, Protection::None);
        let id = slow.id().to_string();
        let write = move |tx: &mut Tx<'_>, scope: &_| {
            person::insert_many(tx, scope, vec![slow.new.clone()]).map_err(Problem::from)
        };
        server.state.database.write(&early, write).await.unwrap();
        server.settle_log().await;
        assert_eq!(follower.changed(&server, "/v1/persons", &since).await, BTreeSet::from([id]));
        server.stop().await;
    }
}

on_both! {
    async fn what_a_list_left_out_for_a_moment_is_told_of_later(server: TestServer) {
        let register = Register::enter(&server).await;
        let follower = register.follower(&server, &[]).await;
        let one = register.whole(&server, "Lövgren", 0, Protection::None).await;
        server.settle_log().await;
        // Protected while the list is read, and open again before the log was seen to.
        let one = register.save(&server, vec![(one, Step::Protect(Protection::Marked))], 0).await.remove(0);
        let page = server.get(&format!("/v1/enrolments?modifiedAfter={BEGINNING}")).token(&follower.token).send().await.expect(200).body;
        assert!(page["data"].as_array().unwrap().is_empty());
        let one = register.save(&server, vec![(one, Step::Protect(Protection::None))], 0).await.remove(0);
        server.settle_log().await;
        let later = follower.changed(&server, "/v1/enrolments", page["asOf"].as_str().unwrap()).await;
        assert_eq!(later, one.enrolment.iter().map(|saved| saved.id.to_string()).collect());
        server.stop().await;
    }
}

on_both! {
    async fn each_kind_is_told_to_those_who_may_read_it(server: TestServer) {
        let register = Register::enter(&server).await;
        let one = register.whole(&server, "Åkerö", 0, Protection::None).await;
        server.settle_log().await;
        let persons = Follower::new(register.client(&server, &[Permission::ReadPersons], &[]).await);
        let courses = Follower::new(register.client(&server, &[Permission::ReadCourses], &[]).await);
        let one = register.save(&server, vec![(one, Step::Protect(Protection::Marked))], 0).await.remove(0);
        server.settle_log().await;
        let late = Follower::new(register.client(&server, &[Permission::ReadPersons], &[]).await);

        let told = persons.departed(&server, "").await;
        assert_eq!(told, BTreeSet::from([("person".to_owned(), one.id().to_string())]));
        assert!(courses.departed(&server, "").await.is_empty());
        server.get("/v1/deleted-entities?entities=enrolment").token(&persons.token).send().await.expect(403);
        let unknown = server.get("/v1/deleted-entities?entities=betyg").token(&persons.token).send().await.expect(400);
        assert_eq!(unknown.refused(), ["/query/entities"]);

        // Who came later can never have seen it. The clock of the feed runs ahead of a clock that stands.
        server.clock.advance(Duration::seconds(1));
        let later = Follower::new(register.client(&server, &[Permission::ReadPersons], &[]).await);
        assert!(later.departed(&server, "").await.is_empty());
        assert!(late.departed(&server, "&after=2030-01-01T00:00:00Z").await.is_empty());

        // A teacher's reach follows the day: nothing about persons can be followed, the catalogue can.
        let teacher = register.school.token_of(&server, Role::Teacher, None, Some(one.id()), Level::Substantial).await;
        server.get("/v1/deleted-entities?entities=person").token(&teacher).send().await.expect(403);
        server.get("/v1/deleted-entities?entities=course").token(&teacher).send().await.expect(200);
        let list = server.get(&format!("/v1/persons?modifiedAfter={BEGINNING}")).token(&teacher).send().await.expect(200);
        assert!(list.body.get("asOf").is_none());
        server.stop().await;
    }
}

on_both! {
    async fn following_costs_few_statements(server: TestServer) {
        let register = Register::enter(&server).await;
        let follower = register.follower(&server, &register.units()).await;
        for family in ["Ek", "Ask", "Alm"] {
            register.whole(&server, family, 0, Protection::None).await;
        }
        server.settle_log().await;
        for path in ["/v1/persons", "/v1/participations", "/v1/enrolments", "/v1/duties", "/v1/courses"] {
            let query = format!("{path}?modifiedAfter={BEGINNING}");
            let (page, count) = server.statements(server.get(&query).token(&follower.token).send()).await;
            assert!(!page.expect(200).body["data"].as_array().unwrap().is_empty(), "{path}");
            assert!(count <= 3, "{path}: {count}");
        }
        let query = "/v1/deleted-entities";
        let (page, count) = server.statements(server.get(query).token(&follower.token).send()).await;
        page.expect(200);
        assert!(count <= 3, "{count}");
        server.stop().await;
    }
}

on_both! {
    async fn every_list_that_integrators_read_can_be_followed(server: TestServer) {
        let register = Register::enter(&server).await;
        let follower = register.follower(&server, &[]).await;
        server.settle_log().await;
        let document = skolhus_api::http::document::document();
        let mut followed = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            let operation = &item["get"];
            let names: Vec<&str> = operation["parameters"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|parameter| parameter["name"].as_str())
                .collect();
            if !names.contains(&"pageToken") {
                continue;
            }
            assert!(names.contains(&"modifiedAfter"), "{path}");
            let permission = operation["x-permission"].as_str().and_then(Permission::from_code).unwrap();
            if path.contains('{') || !Permission::client_scopes().any(|scope| scope == permission) {
                continue;
            }
            let page = server.get(&format!("{path}?modifiedAfter={BEGINNING}")).token(&follower.token).send().await.expect(200);
            assert!(page.body["asOf"].is_string(), "{path}: see FOLLOWED in persistence/src/core/feed.rs");
            followed += 1;
        }
        assert!(followed >= 11, "{followed}");
        server.stop().await;
    }
}

//! A server that is killed in the middle of a morning: what a teacher was told is saved is there, whole and once, and
//! those at home are told once.

use std::{cell::RefCell, collections::BTreeSet, path::Path, process::Command, rc::Rc, time::Duration};

use actix_web::rt::{
    spawn,
    task::JoinHandle,
    time::{sleep, timeout},
};
use chrono::{Days, NaiveDate};
use serde_json::{Value, json};
use skolhus_api::program::chance::WallClock;
use skolhus_domain::instant::{Clock, school_day};
use skolhus_persistence::Address;
use skolhus_tests::{cluster::Cluster, raw::Raw};

use crate::program::running::{Running, client, printed};

/// Rounds on each database; `SKOLHUS_FULL=1` asks for more.
fn rounds() -> u64 {
    if std::env::var("SKOLHUS_FULL").is_ok_and(|value| value == "1") { 100 } else { 12 }
}

/// Teachers, each with two lessons of yesterday, which have begun at whatever hour this runs; two take the same class.
const TEACHERS: u32 = 4;
/// Guardians; two have the same children.
const GUARDIANS: u32 = 4;
/// After so many rounds tokens are made anew.
const TOKENS: u64 = 20;

#[actix_web::test]
async fn sqlite_killed_in_the_morning_has_every_class_that_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("skola.sqlite");
    killed(folder.path(), &format!("sqlite:{}", path.display())).await;
}

#[actix_web::test]
async fn postgres_has_every_class_that_was_saved_by_a_server_that_was_killed() {
    let Some(cluster) = Cluster::start_private(true) else { return };
    cluster.create_database("skola").unwrap();
    let folder = tempfile::tempdir().unwrap();
    killed(folder.path(), &cluster.url("skola")).await;
}

async fn killed(folder: &Path, database: &str) {
    let today = school_day(WallClock.now());
    printed(folder, database, &["migrate"]);
    fill(database);
    let mut tokens = Tokens::default();
    let mut morning = None;
    for round in 0..rounds() {
        let server = Running::serve(folder, database);
        if round % TOKENS == 0 {
            tokens = Tokens::of(folder, database);
        }
        let here = Here { client: client(), url: server.url.clone(), tokens: tokens.clone() };
        if morning.is_none() {
            morning = Some(Morning::of(&here, today).await);
        }
        let morning = morning.as_ref().unwrap();
        morning.is_as_it_was_left(&here).await;
        let busy = morning.begin(&here);
        morning.goes_on().await;
        // Spread over the first moments of the load, another one in each round.
        sleep(Duration::from_millis(20 + (round * 7919) % 331)).await;
        server.kill();
        for task in busy {
            task.await.unwrap();
        }
    }
    let server = Running::serve(folder, database);
    let here = Here { client: client(), url: server.url.clone(), tokens: Tokens::of(folder, database) };
    let morning = morning.unwrap();
    morning.is_as_it_was_left(&here).await;
    morning.happened_once(&mut Raw::open(&Address::parse(database).unwrap()));
    assert!(printed(folder, database, &["audit", "verify"]).contains("whole"));
    assert!(server.stop());
}

/// The register of the load program: classes with lessons, teachers, guardians.
fn fill(database: &str) {
    let mut load = Command::new(env!("CARGO_BIN_EXE_load"));
    let filled = load.args(["data", "--persons", "1000", "--into", database]).output().unwrap();
    assert!(filled.status.success(), "{}", String::from_utf8_lossy(&filled.stderr));
}

#[derive(Clone, Default)]
struct Tokens {
    teachers: Vec<String>,
    guardians: Vec<String>,
}

impl Tokens {
    fn of(folder: &Path, database: &str) -> Self {
        let token = |email: String| printed(folder, database, &["account", "token", &email]);
        Self {
            teachers: (0..TEACHERS).map(|number| token(format!("larare.0.{number}@exempel.se"))).collect(),
            guardians: (0..GUARDIANS)
                .map(|number| token(format!("vardnadshavare.0.{number}@exempel.se")))
                .collect(),
        }
    }
}

/// A server, for as long as it lives.
#[derive(Clone)]
struct Here {
    client: reqwest::Client,
    url: String,
    tokens: Tokens,
}

impl Here {
    async fn get(&self, path: &str, token: &str) -> Value {
        let answer = self.client.get(format!("{}{path}", self.url)).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        answer.json().await.unwrap()
    }
}

/// The answer; none when the server went away before it was whole.
async fn answer(request: reqwest::RequestBuilder) -> Option<(u16, Value)> {
    let answer = request.send().await.ok()?;
    Some((answer.status().as_u16(), answer.json().await.ok()?))
}

/// How the register of a lesson stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stand {
    version: i64,
    /// Which marks everybody has.
    set: usize,
    is_closed: bool,
}

impl Stand {
    /// What the teacher makes of it: other marks, with which it is closed now and then; and what is closed is opened.
    fn next(self) -> Self {
        let version = self.version + 1;
        if self.is_closed {
            return Self { version, is_closed: false, ..self };
        }
        Self { version, set: self.set + 1, is_closed: version % 3 == 0 }
    }
}

/// A lesson that one teacher takes.
struct Lesson {
    id: String,
    teacher: usize,
    pupils: Vec<String>,
    stands: Stand,
    /// What was asked for and not acknowledged.
    in_flight: Option<Stand>,
}

const KINDS: [&str; 4] = ["present", "absent-unauthorised", "other", "absent-authorised"];

/// The mark of a pupil in a set: in the next one everybody has another.
fn kind(place: usize, set: usize) -> &'static str {
    KINDS[(place + set) % KINDS.len()]
}

impl Lesson {
    async fn of(here: &Here, teacher: usize, id: String) -> Self {
        let register =
            here.get(&format!("/v1/lessons/{id}/attendance"), &here.tokens.teachers[teacher]).await;
        let pupils = register["participants"].as_array().unwrap();
        let pupils: Vec<String> =
            pupils.iter().map(|of| of["personId"].as_str().unwrap().to_owned()).collect();
        assert_eq!(pupils.len(), 25);
        let stands = Stand { version: 0, set: 0, is_closed: false };
        Self { id, teacher, pupils, stands, in_flight: None }
    }

    /// What the teacher asks for next.
    fn request(&mut self, here: &Here) -> reqwest::RequestBuilder {
        let (before, after) = (self.stands, self.stands.next());
        self.in_flight = Some(after);
        let path = format!("{}/v1/lessons/{}/attendance", here.url, self.id);
        let request = if before.is_closed {
            here.client.post(format!("{path}/reopening")).json(&json!({}))
        } else {
            let mark = |(place, pupil)| json!({ "personId": pupil, "kind": kind(place, after.set) });
            let marks: Vec<Value> = self.pupils.iter().enumerate().map(mark).collect();
            here.client.put(path).json(&json!({ "marks": marks, "close": after.is_closed }))
        };
        let version = format!("\"{}\"", before.version);
        request.bearer_auth(&here.tokens.teachers[self.teacher]).header("if-match", version)
    }

    /// Whether the register stands so, the marks of the whole class with it.
    fn is_so(&self, register: &Value, stand: Stand) -> bool {
        let kinds = register["participants"].as_array().unwrap().iter().map(|of| of["mark"]["kind"].as_str());
        let wanted = (0..self.pupils.len()).map(|place| (stand.version > 0).then(|| kind(place, stand.set)));
        let state = if stand.is_closed { "closed" } else { "open" };
        register["version"] == json!(stand.version) && register["state"] == state && kinds.eq(wanted)
    }
}

/// A guardian, and what they have reported.
struct Guardian {
    number: usize,
    child: String,
    /// The ids of the reports; none where it was not acknowledged.
    reports: Vec<Option<String>>,
    from: NaiveDate,
}

impl Guardian {
    /// A report of their child, each with a key of its own.
    fn request(&self, here: &Here, report: usize) -> reqwest::RequestBuilder {
        let day = self.from + Days::new(u64::try_from(report % 10).unwrap());
        let body = json!({ "personIds": [self.child], "extent": "day", "firstDay": day });
        let request = here.client.post(format!("{}/v1/absence-reports", here.url)).json(&body);
        let key = format!("{}-{report}", self.number);
        request.bearer_auth(&here.tokens.guardians[self.number]).header("idempotency-key", key)
    }
}

/// Everybody who is busy in it.
struct Morning {
    lessons: Vec<Rc<RefCell<Lesson>>>,
    guardians: Vec<Rc<RefCell<Guardian>>>,
}

impl Morning {
    /// As the register has it before anybody does anything.
    async fn of(here: &Here, today: NaiveDate) -> Self {
        let (mut lessons, mut guardians) = (Vec::new(), Vec::new());
        let yesterday = today - Days::new(1);
        for (teacher, token) in here.tokens.teachers.iter().enumerate() {
            let list = here.get(&format!("/v1/lessons?from={yesterday}&to={yesterday}"), token).await;
            for lesson in list["data"].as_array().unwrap() {
                let id = lesson["id"].as_str().unwrap().to_owned();
                lessons.push(Rc::new(RefCell::new(Lesson::of(here, teacher, id).await)));
            }
        }
        for (number, token) in here.tokens.guardians.iter().enumerate() {
            let of_today = here.get("/v1/today", token).await;
            let child = of_today["persons"][0]["personId"].as_str().unwrap().to_owned();
            // Not today, which may be over before the test is.
            let from = today + Days::new(1);
            guardians.push(Rc::new(RefCell::new(Guardian { number, child, reports: Vec::new(), from })));
        }
        assert_eq!(lessons.len(), 8);
        Self { lessons, guardians }
    }

    /// Everybody at once, until the server is gone.
    fn begin(&self, here: &Here) -> Vec<JoinHandle<()>> {
        let teach = self.lessons.iter().map(|lesson| spawn(teach(here.clone(), Rc::clone(lesson))));
        let report = self.guardians.iter().map(|guardian| spawn(report(here.clone(), Rc::clone(guardian))));
        teach.chain(report).collect()
    }

    /// How many saves and reports were acknowledged so far.
    fn acknowledged(&self) -> (i64, usize) {
        let saves = self.lessons.iter().map(|lesson| lesson.borrow().stands.version).sum();
        let reports = |of: &Rc<RefCell<Guardian>>| of.borrow().reports.iter().flatten().count();
        (saves, self.guardians.iter().map(reports).sum())
    }

    /// Waits until one more of both is: on a slow machine a moment may be too short for any.
    async fn goes_on(&self) {
        let before = self.acknowledged();
        let both_are = async {
            while self.acknowledged().0 == before.0 || self.acknowledged().1 == before.1 {
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(Duration::from_secs(30), both_are).await.expect("something is saved and reported");
    }

    /// Every register stands as it was acknowledged last, or as was in flight. What guardians were not told is reported
    /// they report again.
    async fn is_as_it_was_left(&self, here: &Here) {
        for lesson in &self.lessons {
            let (path, teacher) = {
                let lesson = lesson.borrow();
                (format!("/v1/lessons/{}/attendance", lesson.id), lesson.teacher)
            };
            let register = here.get(&path, &here.tokens.teachers[teacher]).await;
            let mut lesson = lesson.borrow_mut();
            let (stands, in_flight) = (lesson.stands, lesson.in_flight.take());
            let possible = [Some(stands), in_flight];
            let found = possible.into_iter().flatten().find(|stand| lesson.is_so(&register, *stand));
            lesson.stands = found.unwrap_or_else(|| panic!("{stands:?}, {in_flight:?}: {register}"));
        }
        for guardian in &self.guardians {
            let open: Vec<usize> = {
                let reports = &guardian.borrow().reports;
                (0..reports.len()).filter(|report| reports[*report].is_none()).collect()
            };
            for report in open {
                let request = guardian.borrow().request(here, report);
                let (status, made) = answer(request).await.unwrap();
                assert_eq!(status, 201, "{made}");
                guardian.borrow_mut().reports[report] = Some(id_of(&made));
            }
        }
    }

    /// What was written is written once, and those at home are told of whoever was away unauthorised in what is closed, or it is
    /// a case: after a correction nobody is told the contrary by a notice.
    fn happened_once(&self, raw: &mut Raw) {
        let reports: Vec<String> =
            self.guardians.iter().flat_map(|guardian| guardian.borrow().reports.clone()).flatten().collect();
        let saves: i64 = self.lessons.iter().map(|lesson| lesson.borrow().stands.version).sum();
        // Each round went on until one more of both was acknowledged.
        let least = usize::try_from(rounds()).unwrap();
        let saved = usize::try_from(saves).unwrap();
        assert!(reports.len() >= least && saved >= least, "there was a load: {} and {saves}", reports.len());
        let hex = raw.either("replace(id::text, '-', '')", "lower(hex(id))").to_owned();
        let found = raw.texts(&format!("SELECT {hex} AS value FROM absence_reports"));
        assert_eq!(found.len(), reports.len());
        assert_eq!(BTreeSet::from_iter(found), BTreeSet::from_iter(reports));

        for columns in
            ["attendances GROUP BY lesson_id, person_id", "absence_notices GROUP BY person_id, day, to_id"]
        {
            let twice = format!("SELECT CAST(count(*) AS text) AS value FROM {columns} HAVING count(*) > 1");
            assert_eq!(raw.texts(&twice), [""; 0], "{columns}");
        }
        assert_ne!(raw.text("SELECT CAST(count(*) AS text) AS value FROM absence_notices"), "0");
        let untold = "SELECT CAST(count(*) AS text) AS value FROM attendances AS a \
             JOIN attendance_registers AS r ON r.id = a.lesson_id JOIN lessons AS l ON l.id = a.lesson_id \
             WHERE r.state = 'closed' AND r.version > 1 AND a.mark = 'absent-unauthorised' AND NOT EXISTS \
             (SELECT 1 FROM absence_notices AS n WHERE n.person_id = a.person_id AND n.day = l.day \
             AND n.corrected_at IS NULL) AND NOT EXISTS (SELECT 1 FROM absence_cases AS c \
             WHERE c.person_id = a.person_id AND c.day = l.day AND c.state = 'open')";
        assert_eq!(raw.text(untold), "0");
    }
}

async fn teach(here: Here, lesson: Rc<RefCell<Lesson>>) {
    loop {
        let request = lesson.borrow_mut().request(&here);
        match answer(request).await {
            Some((200, _)) => {
                let mut lesson = lesson.borrow_mut();
                lesson.stands = lesson.in_flight.take().unwrap();
            }
            Some((status, refused)) => panic!("{status}: {refused}"),
            None => break,
        }
    }
}

async fn report(here: Here, guardian: Rc<RefCell<Guardian>>) {
    loop {
        let request = {
            let mut guardian = guardian.borrow_mut();
            guardian.reports.push(None);
            guardian.request(&here, guardian.reports.len() - 1)
        };
        match answer(request).await {
            Some((201, made)) => *guardian.borrow_mut().reports.last_mut().unwrap() = Some(id_of(&made)),
            Some((status, refused)) => panic!("{status}: {refused}"),
            None => break,
        }
    }
}

/// The id of the one report that was made, as the database shows it.
fn id_of(made: &Value) -> String {
    made["reports"][0]["id"].as_str().unwrap().replace('-', "")
}

//! How SQLite goes about what is asked for all day long: by what is asked for, never through all that an organiser has.
//!
//! It goes by the sizes that it is told (`table_sizes.rs`), and a new version of it may think otherwise of a text that has
//! not changed. PostgreSQL gathers sizes itself, and thinks of small tables otherwise than of large ones: there `load growth`
//! measures the same.

use serde_json::json;
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{database::Kind, raw::Raw, server::TestServer};

use crate::{group::register::id, schedule::staff::Mathematics};

/// Tables that grow with the persons of an organiser, or with the days.
const GROWING: [&str; 13] = [
    "persons",
    "participations",
    "enrolments",
    "group_memberships",
    "lessons",
    "attendance_registers",
    "attendances",
    "attendance_exemptions",
    "absence_reports",
    "leave_requests",
    "relations",
    "accounts",
    "changes",
];

/// The steps of a statement that go through a whole table, or through all of an organiser's rows in it.
fn walks(raw: &mut Raw, statement: &str) -> Vec<String> {
    let text = statement.split(" -- binds:").next().unwrap_or_default();
    let is_step = |step: &String| {
        let mut words = step.split(' ');
        let (how, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let of_organiser = step.contains("(organiser_id=?)");
        let is_of = |table: &str| {
            let named =
                [format!("{table} AS {name} "), format!("{table} {name} "), format!("{table} AS {name})")];
            name == table
                || step.contains(&format!(" {table}_"))
                || step.contains(&format!("sqlite_autoindex_{table}_"))
                || named.iter().any(|named| text.contains(named.as_str()))
        };
        (of_organiser || how == "SCAN") && GROWING.iter().any(|table| is_of(table))
    };
    raw.plan(text).into_iter().filter(is_step).map(|step| format!("{step} in {text}")).collect()
}

#[actix_web::test]
async fn what_is_asked_for_all_day_goes_through_no_table() {
    let server = TestServer::start(Kind::Sqlite).await.expect("SQLite is always there");
    let mathematics = Mathematics::enter(&server, 3).await;
    let autumn = &mathematics.autumn;
    let lesson = mathematics.lesson(&server, "2026-08-17T08:10:00+02:00", "2026-08-17T09:00:00+02:00").await;
    let (lesson, offering, pupil) = (id(&lesson), mathematics.offering, mathematics.pupils[0]);
    let register = format!("/v1/lessons/{lesson}/attendance");
    let own = autumn.token_of(&server, Role::Participant, pupil).await;
    let unit =
        autumn.school.token_of(&server, Role::Registrar, Some(autumn.school.unit), None, Level::High).await;
    let teacher = mathematics.teachers_token.clone();
    let days = "from=2026-08-17&to=2026-08-21";
    let reads = [
        (&teacher, register.clone()),
        (&unit, register.clone()),
        (&teacher, format!("{register}/{pupil}")),
        (&teacher, "/v1/teachers-day".to_owned()),
        (&teacher, format!("/v1/lessons?{days}&teacherId={}", mathematics.teacher)),
        (&own, "/v1/today".to_owned()),
        (&own, format!("/v1/lessons?{days}&participantId={pupil}")),
        (&own, format!("/v1/attendance-statistics?{days}")),
        (&teacher, format!("/v1/attendance-statistics?{days}&offeringId={offering}&by=participant")),
        (&teacher, format!("/v1/participations?offeringId={offering}")),
        (&unit, format!("/v1/participations?offeringId={offering}")),
        (&teacher, format!("/v1/absence-reports?personId={pupil}")),
    ];
    let statements = server.state.database.statements();
    let mut raw = server.raw();
    let mut found = Vec::new();
    for (token, path) in reads {
        statements.watch();
        server.get(&path).token(token).send().await.expect(200);
        let texts = statements.watched();
        assert!(texts.len() > 1, "{path}");
        found.extend(texts.iter().flat_map(|text| walks(&mut raw, text)).map(|step| (path.clone(), step)));
    }
    let marks: Vec<_> =
        mathematics.pupils.iter().map(|pupil| json!({ "personId": pupil, "kind": "absent" })).collect();
    statements.watch();
    server.put(&register, "*", &json!({ "marks": marks })).token(&teacher).send().await.expect(200);
    let texts = statements.watched();
    found.extend(texts.iter().flat_map(|text| walks(&mut raw, text)).map(|step| ("save".to_owned(), step)));
    assert_eq!(found, []);
    // It would find what goes through a table.
    assert_eq!(walks(&mut raw, "SELECT count(*) FROM persons WHERE organiser_id = ?").len(), 1);
    assert_eq!(walks(&mut raw, "SELECT given_name FROM persons").len(), 1);
    assert_eq!(walks(&mut raw, "SELECT p.id FROM persons AS p WHERE p.is_protected").len(), 1);
    let joined = "SELECT l.id FROM organisers o LEFT JOIN lessons l ON l.organiser_id = o.id WHERE o.id = ?";
    assert_eq!(walks(&mut raw, joined).len(), 1);
    server.stop().await;
}

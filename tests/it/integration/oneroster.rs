//! A OneRoster set goes in, and comes out over HTTP.

use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use serde_json::{Value, json};
use skolhus_api::integration::{jobs::Progress, worker};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{on_both, register::School, server::TestServer};

fn contoso() -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/oneroster/contoso");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "csv"))
        .map(|path: PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect()
}

fn zip(files: &BTreeMap<String, String>) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in files {
        writer.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// Uploads a set; gives the job's path.
async fn upload(server: &TestServer, token: &str, query: &str, files: &BTreeMap<String, String>) -> String {
    let path = format!("/v1/imports/oneroster{query}");
    let answer = server
        .request(reqwest::Method::POST, &path)
        .token(token)
        .body("application/zip", zip(files))
        .send()
        .await
        .expect(202);
    answer.headers["location"].to_str().unwrap().to_owned()
}

/// Lets the worker work until it has nothing to do.
async fn work(server: &TestServer) {
    let stop = Arc::new(AtomicBool::new(false));
    worker::work(&server.state, stop, Arc::new(|_: &Progress| {})).await.unwrap();
}

/// Imports a set; gives the job.
async fn import(server: &TestServer, token: &str, query: &str, files: &BTreeMap<String, String>) -> Value {
    let job = upload(server, token, query, files).await;
    work(server).await;
    server.get(&job).token(token).send().await.expect(200).body
}

async fn rows(server: &TestServer, token: &str, job: &Value, severity: &str) -> Vec<Value> {
    let path = format!("/v1/jobs/{}/rows?limit=500&severity={severity}", job["id"].as_str().unwrap());
    let answer = server.get(&path).token(token).send().await.expect(200);
    answer.body["data"].as_array().unwrap().clone()
}

fn added(job: &Value, which: &str) -> BTreeMap<String, u64> {
    job["results"][which]
        .as_object()
        .unwrap()
        .iter()
        .map(|(kind, counts)| (kind.clone(), counts["add"].as_u64().unwrap()))
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn differences(job: &Value, which: &str) -> u64 {
    let kinds = job["results"][which].as_object().unwrap().values();
    kinds
        .map(|counts| ["add", "change", "end"].iter().map(|of| counts[of].as_u64().unwrap()).sum::<u64>())
        .sum()
}

on_both! {
    async fn contoso_goes_in_once_and_comes_out_row_by_row(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let job = import(&server, &token, "", &contoso()).await;
        assert_eq!(job["state"], "done", "{job:#}");
        assert_eq!(job["system"], "oneroster:oea");
        let expected = [
            ("course", 87), ("duty", 40), ("enrolment", 600), ("offering", 87), ("organisation", 6),
            ("participation", 3_600), ("person", 640), ("school-year", 1), ("teacher-assignment", 87), ("term", 1),
        ];
        let expected: BTreeMap<String, u64> = expected.map(|(kind, count)| (kind.to_owned(), count)).into();
        assert_eq!(added(&job, "planned"), expected);
        assert_eq!(added(&job, "applied"), expected);

        every_participation_is_its_row(&server, &token).await;

        let again = import(&server, &token, "", &contoso()).await;
        assert_eq!(again["state"], "done");
        assert_eq!((differences(&again, "planned"), differences(&again, "applied")), (0, 0), "{again:#}");
        assert_eq!(again["results"]["applied"]["participation"]["unchanged"], 3_600);
    }
}

/// Compares what the interface shows with the set: person, offering and days, as a multiset.
async fn every_participation_is_its_row(server: &TestServer, token: &str) {
    let files = contoso();
    let table = |file: &str| -> Vec<Vec<String>> {
        let text = &files[file];
        text.lines().skip(1).map(|line| line.split(',').map(str::to_owned).collect()).collect()
    };
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for user in table("users.csv") {
        names.insert(user[0].clone(), format!("{} {}", user[6], user[7]));
    }
    let titles: BTreeMap<String, String> =
        table("classes.csv").into_iter().map(|class| (class[0].clone(), class[3].clone())).collect();
    let mut expected: Vec<[String; 4]> = table("enrollments.csv")
        .into_iter()
        .filter(|row| row[6] == "student")
        .map(|row| [names[&row[5]].clone(), titles[&row[3]].clone(), row[8].clone(), row[9].clone()])
        .collect();
    let persons = all(server, token, "/v1/persons").await;
    let offerings = all(server, token, "/v1/course-offerings").await;
    let by_id = |rows: &[Value], name: &dyn Fn(&Value) -> String| -> BTreeMap<String, String> {
        rows.iter().map(|row| (row["id"].as_str().unwrap().to_owned(), name(row))).collect()
    };
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let persons = by_id(&persons, &|person| {
        format!("{} {}", word(&person["name"]["givenName"]), word(&person["name"]["familyName"]))
    });
    let offerings = by_id(&offerings, &|offering| word(&offering["title"]));
    let mut shown: Vec<[String; 4]> = all(server, token, "/v1/participations")
        .await
        .iter()
        .map(|row| {
            [
                persons[row["personId"].as_str().unwrap()].clone(),
                offerings[row["offeringId"].as_str().unwrap()].clone(),
                word(&row["period"]["from"]),
                word(&row["period"]["to"]),
            ]
        })
        .collect();
    shown.sort();
    expected.sort();
    assert_eq!(shown.len(), 3_600);
    assert!(shown == expected, "the interface shows other participations than the set has");
}

/// Every page of a list.
async fn all(server: &TestServer, token: &str, path: &str) -> Vec<Value> {
    let mut rows = Vec::new();
    let mut page = String::new();
    loop {
        let answer = server.get(&format!("{path}?limit=500{page}")).token(token).send().await.expect(200);
        rows.extend(answer.body["data"].as_array().unwrap().iter().cloned());
        match answer.body["pageToken"].as_str() {
            Some(token) => page = format!("&pageToken={token}"),
            None => return rows,
        }
    }
}

on_both! {
    async fn a_protected_person_stays_so_and_is_not_named(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let mut files = contoso();
        assert_eq!(import(&server, &token, "", &files).await["state"], "done");
        let user = files["users.csv"].lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
        let find = format!("/v1/persons?externalSystem=oneroster:oea&externalValue={user}");
        assert_eq!(all_of(&server, &token, &find).await.len(), 1);
        let marked = "UPDATE persons SET protection = 'marked', is_protected = TRUE WHERE id IN \
            (SELECT entity_id FROM external_identifiers WHERE entity = 'person' AND value = '{user}')";
        server.raw().execute(&marked.replace("{user}", &user));
        let mut edited = Vec::new();
        edit(&mut files, "users.csv", 6, "", "Ängla", &mut edited, 1);
        edit(&mut files, "roles.csv", 7, "", "2022-05-31", &mut edited, 1);
        edit(&mut files, "enrollments.csv", 9, "", "2022-05-31", &mut edited, 1);
        assert_eq!(edited[0], user);
        let job = import(&server, &token, "", &files).await;
        assert_eq!((job["state"].as_str(), differences(&job, "planned")), (Some("done"), 0), "{job:#}");
        assert!(rows(&server, &token, &job, "problem,warning,notice,add,change,end").await.is_empty());
        let still = "SELECT protection AS value FROM persons WHERE is_protected";
        assert_eq!(server.raw().texts(still), ["marked"]);
        assert!(all_of(&server, &token, &find).await.is_empty());
    }
}

async fn all_of(server: &TestServer, token: &str, path: &str) -> Vec<Value> {
    server.get(path).token(token).send().await.expect(200).body["data"].as_array().unwrap().clone()
}

on_both! {
    async fn a_delta_adds_changes_and_ends_what_it_names(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let whole = contoso();
        assert_eq!(import(&server, &token, "", &whole).await["state"], "done");
        let line = |file: &str, number: usize| whole[file].lines().nth(number).unwrap().to_owned();
        let said = |file: &str, number: usize, status: &str| {
            let mut fields: Vec<String> = line(file, number).split(',').map(str::to_owned).collect();
            (fields[1], fields[2]) = (status.to_owned(), "2026-08-17T06:00:00Z".to_owned());
            fields
        };
        let mut person = said("users.csv", 1, "active");
        person[6] = "Åsa".to_owned();
        let mut new = said("enrollments.csv", 1, "active");
        new[0] = "ny-inskrivning".to_owned();
        new[5] = line("users.csv", 500).split(',').next().unwrap().to_owned();
        let gone = said("enrollments.csv", 2, "tobedeleted");
        let table = |file: &str, rows: &[Vec<String>]| {
            let rows: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
            format!("{}\n{}\n", line(file, 0), rows.join("\n"))
        };
        let manifest = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.users,delta\n\
            file.enrollments,delta\nsource.systemName,OpenEduAnalytics\nsource.systemCode,OEA\n";
        let delta: BTreeMap<String, String> = [
            ("manifest.csv".to_owned(), manifest.to_owned()),
            ("users.csv".to_owned(), table("users.csv", &[person])),
            ("enrollments.csv".to_owned(), table("enrollments.csv", &[new, gone])),
        ]
        .into();
        let job = import(&server, &token, "", &delta).await;
        assert_eq!(job["state"], "done", "{job:#}");
        assert_eq!(job["results"]["applied"]["person"]["change"], 1, "{job:#}");
        assert_eq!(job["results"]["applied"]["participation"], json!({"add": 1, "change": 0, "end": 1, "unchanged": 0}));
        let again = import(&server, &token, "", &delta).await;
        assert_eq!(differences(&again, "planned"), 0, "{again:#}");
    }
}

on_both! {
    async fn a_dry_run_names_exactly_the_rows_that_were_edited(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let mut files = contoso();
        assert_eq!(import(&server, &token, "", &files).await["state"], "done");
        let mut edited = Vec::new();
        edit(&mut files, "users.csv", 6, "Benefield", "Ängsberg", &mut edited, 5);
        edit(&mut files, "courses.csv", 4, "Health", "Hälsa", &mut edited, 3);
        edit(&mut files, "enrollments.csv", 9, "2022-06-03", "2022-05-31", &mut edited, 2);
        let job = import(&server, &token, "?dryRun=true", &files).await;
        assert_eq!(job["state"], "done", "{job:#}");
        let mut named: Vec<String> = rows(&server, &token, &job, "add,change,end")
            .await
            .iter()
            .map(|row| row["sourceId"].as_str().unwrap().to_owned())
            .collect();
        named.sort();
        edited.sort();
        assert_eq!(named, edited);
        assert_eq!(differences(&job, "planned"), 10);
        assert_eq!(job["results"]["applied"], json!({}));
        let now = import(&server, &token, "", &files).await;
        assert_eq!(differences(&now, "applied"), 10, "{now:#}");
    }
}

/// Edits a field of the first rows of a file, and notes their identifiers.
fn edit(
    files: &mut BTreeMap<String, String>,
    file: &str,
    field: usize,
    _from: &str,
    to: &str,
    edited: &mut Vec<String>,
    count: usize,
) {
    let text = files.get_mut(file).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for line in lines.iter_mut().skip(1).take(count) {
        let mut fields: Vec<&str> = line.split(',').collect();
        edited.push(fields[0].to_owned());
        fields[field] = to;
        *line = fields.join(",");
    }
    *text = lines.join("\n") + "\n";
}

on_both! {
    async fn one_bad_row_imports_nothing_and_is_named(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let mut files = contoso();
        let text = files.get_mut("enrollments.csv").unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        lines[16] = lines[16].replace("2022-01-03", "2022-13-03");
        *text = lines.join("\n") + "\n";
        let job = import(&server, &token, "", &files).await;
        assert_eq!(job["state"], "failed");
        let problems = rows(&server, &token, &job, "problem").await;
        assert_eq!(problems.len(), 1, "{problems:?}");
        let place = (problems[0]["file"].as_str(), problems[0]["line"].as_i64(), problems[0]["field"].as_str());
        assert_eq!(place, (Some("enrollments.csv"), Some(17), Some("beginDate")));
        let units = server.get("/v1/school-units").token(&token).send().await.expect(200);
        assert_eq!(units.body["data"].as_array().unwrap().len(), 1);

        let partial = import(&server, &token, "?partial=true", &files).await;
        assert_eq!(partial["state"], "done", "{partial:#}");
        assert_eq!(partial["results"]["applied"]["participation"]["add"], 3_599);
    }
}

on_both! {
    async fn half_a_file_waits_for_a_person(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let mut files = contoso();
        assert_eq!(import(&server, &token, "", &files).await["state"], "done");
        let text = files.get_mut("enrollments.csv").unwrap();
        let half: Vec<&str> = text.lines().take(1 + 3_687 / 2).collect();
        *text = half.join("\n") + "\n";
        let job = import(&server, &token, "", &files).await;
        assert_eq!(job["state"], "waiting", "{job:#}");
        assert_eq!(job["results"]["stops"][0]["existing"].as_u64(), Some(87));
        assert_eq!(job["results"]["applied"], json!({}));
        let path = format!("/v1/jobs/{}", job["id"].as_str().unwrap());
        let refused = server.post(&format!("{path}/approval"), &json!({"reason": ""})).token(&token).send().await;
        refused.expect(422);
        let body = json!({"reason": "Listan är kontrollerad."});
        let approved = server.post(&format!("{path}/approval"), &body).token(&token).send().await.expect(200);
        assert_eq!(approved.body["state"], "queued");
        server.post(&format!("{path}/approval"), &body).token(&token).send().await.expect(409);
        work(&server).await;
        let job = server.get(&path).token(&token).send().await.expect(200).body;
        assert_eq!(job["state"], "done", "{job:#}");
        assert_eq!(job["approval"]["reason"], "Listan är kontrollerad.");
        let ended = job["results"]["applied"]["participation"]["end"].as_u64().unwrap()
            + job["results"]["applied"]["teacher-assignment"]["end"].as_u64().unwrap();
        assert_eq!(ended, 3_687 - 3_687 / 2);
        let again = import(&server, &token, "", &files).await;
        assert_eq!((again["state"].as_str(), differences(&again, "planned")), (Some("done"), 0), "{again:#}");
        server.post(&format!("{path}/cancellation"), &json!({})).token(&token).send().await.expect(409);
    }
}

on_both! {
    async fn a_run_that_was_stopped_goes_on_where_it_was(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let path = upload(&server, &token, "", &contoso()).await;
        let mut rounds = 0;
        loop {
            rounds += 1;
            assert!(rounds < 60, "the run comes to an end");
            // Stops after the third thing it tells once saving has begun.
            let stop = Arc::new(AtomicBool::new(false));
            let (flag, told) = (Arc::clone(&stop), AtomicU64::new(0));
            let progress = move |progress: &Progress| {
                let saving = !matches!(progress.step.as_str(), "check" | "plan");
                if saving && told.fetch_add(1, Ordering::Relaxed) == 2 {
                    flag.store(true, Ordering::Relaxed);
                }
            };
            match worker::work(&server.state, stop, Arc::new(progress)).await {
                Ok(_) => break,
                Err(error) => assert_eq!(error.to_string(), "the run was stopped"),
            }
        }
        assert!(rounds > 3, "it was stopped several times");
        let job = server.get(&path).token(&token).send().await.expect(200).body;
        assert_eq!(job["state"], "done", "{job:#}");
        assert_eq!(added(&job, "applied"), added(&job, "planned"));
        let again = import(&server, &token, "", &contoso()).await;
        assert_eq!(differences(&again, "planned"), 0, "{again:#}");
    }
}

on_both! {
    async fn only_those_of_the_whole_organiser_import_and_see_jobs(server: TestServer) {
        let school = School::enter(&server).await;
        let registrar = school.token(&server, Role::Registrar).await;
        let unit = Some(school.unit);
        let of_unit = school.token_of(&server, Role::Registrar, unit, None, Level::Substantial).await;
        let teacher = school.token(&server, Role::Teacher).await;
        let path = upload(&server, &registrar, "?dryRun=true", &contoso()).await;
        server.get(&path).token(&of_unit).send().await.expect(404);
        server.get(&path).token(&teacher).send().await.expect(403);
        let (list, _) = server.statements(server.get("/v1/jobs").token(&of_unit).send()).await;
        assert_eq!(list.expect(200).body["data"], json!([]));
        let send = |token: &str, media: &'static str, query: &'static str| {
            server
                .request(reqwest::Method::POST, &format!("/v1/imports/oneroster{query}"))
                .token(token)
                .body(media, vec![1_u8, 2, 3])
        };
        send(&of_unit, "application/zip", "").send().await.expect(403);
        send(&registrar, "text/csv", "").send().await.expect(415);
        send(&registrar, "application/zip", "?endsPercent=101").send().await.expect(400);
        send(&registrar, "application/zip", "?delete=true").send().await.expect(400);
        let answer = send(&registrar, "application/zip", "").send().await.expect(202);
        work(&server).await;
        let job = server.get(answer.headers["location"].to_str().unwrap()).token(&registrar).send().await;
        let job = job.expect(200).body;
        assert_eq!(job["state"], "failed");
        assert_eq!(job["failure"], "this is neither a folder nor a zip archive that can be read");
        let path = upload(&server, &registrar, "", &contoso()).await;
        let cancelled = server.post(&format!("{path}/cancellation"), &json!({})).token(&registrar).send().await;
        assert_eq!(cancelled.expect(200).body["state"], "cancelled");
        work(&server).await;
        let job = server.get(&path).token(&registrar).send().await.expect(200).body;
        assert_eq!((job["state"].as_str(), added(&job, "applied").len()), (Some("cancelled"), 0));
    }
}

//! Sets that go in as they should.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use skolhus_domain::access::Role;
use skolhus_tests::{on_both, register::School, server::TestServer};

use super::{added, all, contoso, differences, edit, import, rows};

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

/// Compares what the interface shows with the set, row by row: each enrollment of a student is one
/// participation, of that user in that class on those days, and there is no other.
async fn every_participation_is_its_row(server: &TestServer, token: &str) {
    let mut expected: BTreeMap<String, [String; 4]> = BTreeMap::new();
    for line in contoso()["enrollments.csv"].lines().skip(1) {
        let row: Vec<&str> = line.split(',').collect();
        if row[6] == "student" {
            expected.insert(row[0].to_owned(), [row[5], row[3], row[8], row[9]].map(str::to_owned));
        }
    }
    assert_eq!(expected.len(), 3_600);
    let came_as = |entity: &str| -> BTreeMap<String, String> {
        let mut raw = server.raw();
        let id = raw.either("replace(entity_id::text, '-', '')", "lower(hex(entity_id))");
        let sql = format!(
            "SELECT {id} || ' ' || value AS value FROM external_identifiers \
             WHERE system = 'oneroster:oea' AND entity = '{entity}'"
        );
        let pairs = raw.texts(&sql);
        pairs
            .iter()
            .map(|pair| pair.split_once(' ').unwrap())
            .map(|(id, of)| (id.into(), of.into()))
            .collect()
    };
    let (offerings, participations) = (came_as("course offering"), came_as("participation"));
    // Persons show themselves what the source calls them.
    let persons: BTreeMap<String, String> = all(server, token, "/v1/persons")
        .await
        .iter()
        .map(|person| {
            let identifiers = person["externalIdentifiers"].as_array().unwrap();
            assert_eq!(identifiers.len(), 1);
            assert_eq!(identifiers[0]["system"], "oneroster:oea");
            let value = identifiers[0]["value"].as_str().unwrap();
            (person["id"].as_str().unwrap().to_owned(), value.to_owned())
        })
        .collect();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let plain = |value: &Value| word(value).replace('-', "");
    let list = all(server, token, "/v1/participations").await;
    assert_eq!(list.len(), 3_600);
    let shown: BTreeMap<String, [String; 4]> = list
        .iter()
        .map(|row| {
            let enrollment = participations[&plain(&row["id"])].clone();
            let user = persons[row["personId"].as_str().unwrap()].clone();
            let class = offerings[&plain(&row["offeringId"])].clone();
            (enrollment, [user, class, word(&row["period"]["from"]), word(&row["period"]["to"])])
        })
        .collect();
    for (enrollment, row) in &expected {
        assert_eq!(shown.get(enrollment), Some(row), "enrollment {enrollment}");
    }
    assert_eq!(shown.len(), expected.len());
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
        edit(&mut files, "users.csv", 6, "Ängsberg", &mut edited, 5);
        edit(&mut files, "courses.csv", 4, "Hälsa", &mut edited, 3);
        edit(&mut files, "enrollments.csv", 9, "2022-05-31", &mut edited, 2);
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

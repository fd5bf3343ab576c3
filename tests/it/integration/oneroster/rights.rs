//! What no import does: give anybody access to a child, or clear a protection.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use skolhus_domain::{
    access::{Level, Role},
    id::{Id, PersonId},
};
use skolhus_tests::{on_both, register::School};

use super::{added, all_of, contoso, differences, edit, generate::Size, generated, import, rows};

on_both! {
    async fn a_protected_person_stays_so_and_is_not_named(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let whole = contoso();
        let mut files = whole.clone();
        assert_eq!(import(&server, &token, "", &files).await["state"], "done");
        // A roster does not say whether anybody is protected: that is checked, not assumed.
        let stated = "SELECT DISTINCT protection AS value FROM persons";
        assert_eq!(server.raw().texts(stated), ["not-stated"]);
        let user = files["users.csv"].lines().nth(1).unwrap().split(',').next().unwrap().to_owned();
        let find = format!("/v1/persons?externalSystem=oneroster:oea&externalValue={user}");
        assert_eq!(all_of(&server, &token, &find).await.len(), 1);
        let marked = "UPDATE persons SET protection = 'marked', is_protected = TRUE WHERE id IN \
            (SELECT entity_id FROM external_identifiers WHERE entity = 'person' AND value = '{user}')";
        server.raw().execute(&marked.replace("{user}", &user));
        let mut edited = Vec::new();
        edit(&mut files, "users.csv", 6, "Ängla", &mut edited, 1);
        edit(&mut files, "roles.csv", 7, "2022-05-31", &mut edited, 1);
        edit(&mut files, "enrollments.csv", 9, "2022-05-31", &mut edited, 1);
        assert_eq!(edited[0], user);
        // All that is known of them, by version: none of it moves.
        let versions = || {
            let sql = "SELECT 'person ' || sum(version) AS value FROM persons WHERE is_protected \
                UNION ALL SELECT 'enrolment ' || sum(e.version) FROM enrolments e JOIN persons p \
                ON p.organiser_id = e.organiser_id AND p.id = e.person_id WHERE p.is_protected \
                UNION ALL SELECT 'participation ' || sum(e.version) FROM participations e JOIN persons p \
                ON p.organiser_id = e.organiser_id AND p.id = e.person_id WHERE p.is_protected";
            server.raw().texts(sql)
        };
        let before = versions();
        assert_eq!(before.len(), 3);
        // As a changed row, as one that the source no longer has, as one that it says has ended.
        let without = |file: &str| -> String {
            let lines: Vec<&str> = whole[file].lines().filter(|line| !line.contains(&user)).collect();
            lines.join("\n") + "\n"
        };
        let mut left_out = whole.clone();
        for file in ["users.csv", "roles.csv", "enrollments.csv", "demographics.csv"] {
            left_out.insert(file.to_owned(), without(file));
        }
        let said = |file: &str| -> String {
            let mut lines = whole[file].lines();
            let mut text = format!("{}\n", lines.next().unwrap());
            for line in lines.filter(|line| line.contains(&user)) {
                let mut fields: Vec<&str> = line.split(',').collect();
                (fields[1], fields[2]) = ("tobedeleted", "2026-08-17T06:00:00Z");
                text.push_str(&(fields.join(",") + "\n"));
            }
            text
        };
        let manifest = "propertyName,value\nmanifest.version,1.0\noneroster.version,1.2\nfile.users,delta\n\
            file.roles,delta\nfile.enrollments,delta\nsource.systemName,OpenEduAnalytics\nsource.systemCode,OEA\n";
        let mut ended: BTreeMap<String, String> = [("manifest.csv".to_owned(), manifest.to_owned())].into();
        for file in ["users.csv", "roles.csv", "enrollments.csv"] {
            ended.insert(file.to_owned(), said(file));
        }
        for set in [&files, &left_out, &ended] {
            let job = import(&server, &token, "?endsPercent=100", set).await;
            assert_eq!((job["state"].as_str(), differences(&job, "applied")), (Some("done"), 0), "{job:#}");
            assert_eq!(differences(&job, "planned"), 0, "{job:#}");
            assert!(rows(&server, &token, &job, "problem,warning,notice,add,change,end").await.is_empty());
            assert_eq!(versions(), before);
        }
        let still = "SELECT protection AS value FROM persons WHERE is_protected";
        assert_eq!(server.raw().texts(still), ["marked"]);
        assert!(all_of(&server, &token, &find).await.is_empty());
    }
}

on_both! {
    async fn relatives_become_persons_with_relations_that_wait_and_get_access_to_nobody(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let size = Size::users(200);
        let mut files = generated(&size);
        // The first pupil's agent is a teacher of another school besides: a person, who logs in.
        let cells = |file: &str, line: usize| -> Vec<String> {
            files[file].lines().nth(line).unwrap().split(',').map(str::to_owned).collect()
        };
        let child = cells("users.csv", 1)[0].clone();
        let teacher = cells("users.csv", usize::try_from(size.students).unwrap() + 1)[0].clone();
        let guardian = cells("users.csv", 1)[13].clone();
        assert_ne!(guardian, "");
        let users = files.get_mut("users.csv").unwrap();
        *users = users.replacen(&format!(",{guardian},"), &format!(",\"{guardian},{teacher}\","), 1);
        let roles = files.get_mut("roles.csv").unwrap();
        let school_of = roles.lines().nth(1).unwrap().split(',').nth(8).unwrap().to_owned();
        roles.push_str(&format!("extra,,,{teacher},secondary,guardian,,,{school_of},\n"));

        // No setting opens what an import brings.
        let administrator = school.token_of(&server, Role::Administrator, None, None, Level::High).await;
        let off = json!({ "secondPersonConfirms": false, "reason": "Sommaren" });
        server.put("/v1/relation-setting", "*", &off).token(&administrator).send().await.expect(200);

        let counts = |tables: &[&str]| -> Vec<String> {
            let mut raw = server.raw();
            let count = |table: &&str| raw.text(&format!("SELECT CAST(count(*) AS TEXT) AS value FROM {table}"));
            tables.iter().map(count).collect()
        };
        let identity = ["accounts", "role_assignments"];
        let before = counts(&identity);
        let job = import(&server, &token, "", &files).await;
        assert_eq!(job["state"], "done", "{job:#}");
        let waiting = u64::from(size.guardians) + 1;
        assert_eq!(added(&job, "applied")["relation"], waiting);
        assert_eq!(added(&job, "applied")["person"], u64::from(size.students + size.teachers + size.guardians));
        assert_eq!(job["results"]["families"]["relationsWaiting"], waiting, "{job:#}");

        let places = added(&job, "applied")["participation"] + added(&job, "applied")["teacher-assignment"];
        assert_eq!(places, u64::from(size.enrollments()));

        // No account, no role; every relation waits, and none has any right.
        assert_eq!(counts(&identity), before);
        let carried = "SELECT DISTINCT state || ' ' || kind || ' ' || source AS value FROM relations";
        assert_eq!(server.raw().texts(carried), ["waiting not-stated import"]);
        let rights = "SELECT id FROM relations WHERE see OR report_absence OR decide OR receive_notices OR collect";
        assert!(server.raw().texts(&rights.replace("SELECT id", "SELECT kind AS value")).is_empty());
        let called = |value: &str| format!("/v1/persons?externalSystem=oneroster:generated&externalValue={value}");
        let id = |rows: Vec<Value>| rows[0]["id"].as_str().unwrap().to_owned();
        let child = id(all_of(&server, &token, &called(&child)).await);
        let teacher = id(all_of(&server, &token, &called(&teacher)).await);
        let guardian = id(all_of(&server, &token, &called(&guardian)).await);
        for relative in [&teacher, &guardian] {
            let parent = Some(PersonId::from_uuid(relative.parse().unwrap()));
            for role in [Role::Guardian, Role::Participant] {
                let theirs = school.token_of(&server, role, None, parent, Level::Substantial).await;
                let shown = server.get(&format!("/v1/persons/{child}")).token(&theirs).send().await;
                assert!([403, 404].contains(&shown.status.as_u16()), "{role:?}: {}", shown.text);
                for list in ["/v1/persons", "/v1/participations", "/v1/enrolments", "/v1/me/wards"] {
                    let shown = server.get(list).token(&theirs).send().await;
                    assert!(!shown.text.contains(&child), "{role:?} sees the child in {list}");
                }
            }
        }
        let sheet = server.get(&format!("/v1/persons/{child}/contact-sheet")).token(&token).send().await.expect(200);
        assert_eq!((&sheet.body["guardians"], &sheet.body["others"]), (&json!([]), &json!([])));
        // Nor by a second import.
        let opened = counts(&identity);
        let again = import(&server, &token, "", &files).await;
        assert_eq!(differences(&again, "planned"), 0, "{again:#}");
        assert_eq!(counts(&identity), opened);
    }
}

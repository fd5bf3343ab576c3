//! Runs that stop: at a bad row, before too much ends, half-way, at who asks.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use serde_json::json;
use skolhus_api::integration::{jobs::Progress, worker};
use skolhus_domain::access::{Level, Role};
use skolhus_tests::{on_both, register::School};

use super::{added, contoso, differences, import, rows, upload, work};

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
            // How much is saved at a time follows the speed of the machine, and so does the number of rounds.
            assert!(rounds < 500, "the run comes to an end");
            // Stops after the tenth thing it tells once saving has begun.
            let stop = Arc::new(AtomicBool::new(false));
            let (flag, told) = (Arc::clone(&stop), AtomicU64::new(0));
            let progress = move |progress: &Progress| {
                let saving = !matches!(progress.step.as_str(), "check" | "plan");
                if saving && told.fetch_add(1, Ordering::Relaxed) == 9 {
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

//! What an import costs: statements by the chunk and not by the row, and how long it holds the writer.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use skolhus_api::integration::{jobs::Progress, worker};
use skolhus_domain::access::Role;
use skolhus_tests::{on_both, register::School};

use super::{generate::Size, generated, upload};

/// The most statements of one chunk, its comparison, its saving and its change log together,
/// however many rows it has.
const MOST_OF_A_CHUNK: u64 = 45;

on_both! {
    async fn statements_grow_with_chunks_and_not_with_rows(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let mut files = generated(&Size::users(300));
        for round in ["new", "changed", "ended"] {
            match round {
                "changed" => {
                    // Every person, and every participation's last day.
                    let users = files.get_mut("users.csv").unwrap();
                    *users = users.replace("@exempel.se", "@exempel.net");
                    let enrollments = files.get_mut("enrollments.csv").unwrap();
                    *enrollments = enrollments.replace("2027-06-11", "2027-06-10");
                }
                "ended" => {
                    let enrollments = files.get_mut("enrollments.csv").unwrap();
                    enrollments.truncate(enrollments.find('\n').unwrap() + 1);
                }
                _ => {}
            }
            let path = upload(&server, &token, "?endsPercent=100", &files).await;
            let state = server.state.clone();
            // The statements between one thing that is told and the next: a chunk each.
            let told: Arc<Mutex<Vec<(String, u64, u64)>>> = Arc::default();
            let seen = Arc::clone(&told);
            let progress = move |progress: &Progress| {
                let count = state.database.statements().count();
                seen.lock().unwrap().push((progress.step.clone(), progress.done, count));
            };
            worker::work(&server.state, Arc::new(AtomicBool::new(false)), Arc::new(progress)).await.unwrap();
            let job = server.get(&path).token(&token).send().await.expect(200).body;
            assert_eq!(job["state"], "done", "{job:#}");
            let told = told.lock().unwrap();
            let mut largest = 0;
            for pair in told.windows(2) {
                let [(_, done, before), (step, now, after)] = pair else { unreachable!() };
                // The first chunk of a step comes after what stands between the steps.
                if pair[0].0 != *step {
                    continue;
                }
                largest = largest.max(now.saturating_sub(*done));
                let cost = after - before;
                assert!(cost <= MOST_OF_A_CHUNK, "{round}: {cost} statements for {} rows of {step}", now - done);
            }
            assert!(largest > 2 * MOST_OF_A_CHUNK, "{round}: there are chunks large enough to tell: {largest}");
        }
        assert!(server.state.database.statements().longest_write().as_millis() > 0, "it is measured");
    }
}

on_both! {
    async fn a_job_says_how_long_it_held_the_writer(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let path = upload(&server, &token, "", &generated(&Size::users(150))).await;
        server.state.database.statements().forget_longest_write();
        let never = Arc::new(AtomicBool::new(false));
        worker::work(&server.state, Arc::clone(&never), Arc::new(|_: &Progress| {})).await.unwrap();
        assert!(!never.load(Ordering::Relaxed));
        let job = server.get(&path).token(&token).send().await.expect(200).body;
        let held = job["results"]["longestWriteMilliseconds"].as_u64().unwrap();
        let longest = server.state.database.statements().longest_write().as_millis();
        // The promise is 200 ms. A machine that runs other tests beside this one stops any thread for a
        // while, so here ten times as much is allowed.
        assert!(held < 2_000 && longest < 2_000, "{held} ms, {longest} ms");
        let figures = server.get("/metrics").send().await.expect(200).text;
        let line = figures.lines().find(|line| line.starts_with("skolhus_longest_write_seconds ")).unwrap();
        let seconds: f64 = line.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(seconds > 0.0 && seconds < 2.0, "{line}");
    }
}

//! What an import costs others: how long it holds the writer.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use skolhus_api::integration::{jobs::Progress, worker};
use skolhus_domain::access::Role;
use skolhus_tests::{on_both, register::School};

use super::{generate::Size, generated, upload};

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

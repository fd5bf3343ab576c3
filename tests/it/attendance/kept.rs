use skolhus_domain::access::Role;
use skolhus_tests::on_both;

use crate::{group::register::id, schedule::staff::Mathematics};

on_both! {
    async fn what_is_asked_for_all_morning_is_prepared_once_and_kept(server: TestServer) {
        let mathematics = Mathematics::enter(&server, 3).await;
        let lesson = mathematics.lesson(&server, "2026-08-17T08:10:00+02:00", "2026-08-17T09:00:00+02:00").await;
        let pupil = mathematics.autumn.token_of(&server, Role::Participant, mathematics.pupils[0]).await;
        let register = format!("/v1/lessons/{}/attendance", id(&lesson));
        let teacher = &mathematics.teachers_token;
        for (path, token) in [(register.as_str(), teacher), ("/v1/teachers-day", teacher), ("/v1/today", &pupil)] {
            // Two statements that no connection has run before, beside the scope.
            let (answer, kept) = server.kept(server.get(path).token(token).send()).await;
            answer.expect(200);
            assert!(kept >= 2, "{path}: {kept}");
        }
        server.stop().await;
    }
}

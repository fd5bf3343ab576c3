use skolhus_api::http::problem::Problem;
use skolhus_domain::{access::Caller, access::Role, person::ProtectionReport};
use skolhus_persistence::participation;
use skolhus_tests::on_both;

use super::register::Autumn;

on_both! {
    async fn the_roster_is_in_swedish_order_and_without_the_protected(server: TestServer) {
        let autumn = Autumn::enter(&server, Some(10)).await;
        let names = [("Bo", "Öberg"), ("Bo", "Zorn"), ("Bo", "Ärlig"), ("Bo", "Åström")];
        let open = autumn.persons(&server, &names, ProtectionReport::Unmarked).await;
        let hidden = autumn.persons(&server, &[("Hemlig", "Dold")], ProtectionReport::Marked).await;
        for person in open.iter().chain(&hidden) {
            autumn.place(&server, *person).await;
        }
        let path = format!("/v1/participations?offeringId={}&activeOn=2026-09-01&state=planned,active", autumn.offering);
        let (roster, statements) = server.statements(server.get(&path).token(&autumn.registrar).send()).await;
        let roster = roster.expect(200);
        assert_eq!(statements, 2, "the scope and the page");
        assert!(!roster.text.contains("Dold"));
        let families: Vec<_> = roster.body["data"].as_array().unwrap().iter()
            .map(|row| row["personName"]["familyName"].as_str().unwrap().to_owned()).collect();
        assert_eq!(families, ["Zorn", "Åström", "Ärlig", "Öberg"]);

        // Each connection keeps the statement of a class's roster: with other parameters it shows other rows.
        let class = format!("/v1/participations?offeringId={}&limit=3", autumn.offering);
        let nobody = format!("/v1/participations?offeringId={}&limit=3", server.state.fresh_uuid());
        for _ in 0..3 {
            let page = server.get(&class).token(&autumn.registrar).send().await.expect(200);
            assert_eq!(page.body["data"].as_array().unwrap().len(), 3);
            let next = format!("{class}&pageToken={}", page.body["pageToken"].as_str().unwrap());
            let rest = server.get(&next).token(&autumn.registrar).send().await.expect(200);
            assert_eq!(rest.body["data"][0]["personName"]["familyName"], "Öberg");
            let none = server.get(&nobody).token(&autumn.registrar).send().await.expect(200);
            assert_eq!(none.body["data"], serde_json::json!([]));
        }

        let own = autumn.school.token_of(&server, Role::Participant, None, Some(open[0]), skolhus_domain::access::Level::Substantial).await;
        let mine = server.get("/v1/participations").token(&own).send().await.expect(200);
        assert_eq!(mine.body["data"].as_array().unwrap().len(), 1);

        let caller = Caller::system("test", autumn.school.organiser, server.state.fresh_uuid(), server.state.clock.now());
        let offering = autumn.offering;
        let count = server.state.database.read(&caller, move |connection, scope| {
            participation::occupied(connection, scope, &[offering]).map_err(Problem::from)
        }).await.unwrap();
        assert_eq!(count, [(offering, 5)]);
        server.stop().await;
    }
}

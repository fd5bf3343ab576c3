use skolhus_domain::person::ProtectionReport;
use skolhus_tests::on_both;

use super::register::Autumn;

on_both! {
    async fn thirty_at_once_fill_ten_places(server: TestServer) {
        let autumn = Autumn::enter(&server, Some(10)).await;
        let names: Vec<String> = (0..30).map(|number| format!("Ångström{number}")).collect();
        let names: Vec<(&str, &str)> = names.iter().map(|name| ("Ärlig", name.as_str())).collect();
        let persons = autumn.persons(&server, &names, ProtectionReport::Unmarked).await;
        let bodies: Vec<_> = persons.iter().map(|person| autumn.body(*person)).collect();
        let answers = futures_util::future::join_all(
            bodies.iter().map(|body| server.post("/v1/participations", body).token(&autumn.registrar).send()),
        ).await;
        let count = |status: u16| answers.iter().filter(|answer| answer.status.as_u16() == status).count();
        assert_eq!((count(201), count(409)), (10, 20), "{answers:?}");
        server.stop().await;
    }
}

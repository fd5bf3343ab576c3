use serde_json::json;
use skolhus_domain::access::Role;
use skolhus_tests::{on_both, register::School};

on_both! {
    async fn a_wrong_method_names_the_right_ones(server: TestServer) {
        let answer = server.request(reqwest::Method::PUT, "/v1/school-units").send().await.expect(405);
        assert_eq!(answer.headers["allow"], "GET, POST");
        let nothing = server.get("/v1/no-such-thing").send().await.expect(404);
        for answer in [&answer, &nothing] {
            assert_eq!(answer.headers["cache-control"], "no-store");
            assert!(answer.headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'; frame"));
            assert_eq!(answer.headers["referrer-policy"], "no-referrer");
        }
        let page = server.get("/docs/").send().await.expect(200);
        assert!(page.headers["content-security-policy"].to_str().unwrap().contains("script-src 'self';"));
        server.stop().await;
    }
}

on_both! {
    async fn bodies_are_json_of_bounded_size(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let post = || server.request(reqwest::Method::POST, "/v1/school-units").token(&token);
        post().body("text/plain", "hej").send().await.expect(415);
        post().body("application/json", "{").send().await.expect(400);
        post().body("application/json", "{} {}").send().await.expect(400);
        post().body("application/json", vec![b' '; (1 << 20) + 1]).send().await.expect(413);
        post().body("application/json", vec![0xff, 0xfe]).send().await.expect(400);
        for body in [r#"{"name":"\u0000"}"#, r#"{"name":"\\\u0000"}"#] {
            post().body("application/json", body).send().await.expect(400);
        }
        server.get("/v1/school-units?name=%00").token(&token).send().await.expect(400);
        let deep = format!("{}{}", "[".repeat(5_000), "]".repeat(5_000));
        post().body("application/json", deep).send().await.expect(400);
        server.stop().await;
    }
}

on_both! {
    async fn a_change_without_if_match_is_refused(server: TestServer) {
        let school = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        let path = format!("/v1/school-units/{}", school.unit);
        let patch = || server.request(reqwest::Method::PATCH, &path).token(&token).json(&json!({ "name": "Väggarp" }));
        patch().send().await.expect(428);
        patch().header("if-match", "tre").send().await.expect(400);
        patch().header("if-match", "\"7\", \"1\"").send().await.expect(200);
        server.request(reqwest::Method::DELETE, &path).token(&token).send().await.expect(428);
        server.stop().await;
    }
}

on_both! {
    async fn a_page_token_opens_only_its_own_list(server: TestServer) {
        let school = School::enter(&server).await;
        let elsewhere = School::enter(&server).await;
        let token = school.token(&server, Role::Registrar).await;
        for name in ["Ålsta", "Örby"] {
            let unit = json!({ "name": name, "controllerId": school.controller.to_string(), "schoolTypes": ["FHS"], "valid": { "from": "2001-07-01" } });
            server.post("/v1/school-units", &unit).token(&token).send().await.expect(201);
        }
        let page = server.get("/v1/school-units?limit=1").token(&token).send().await.expect(200);
        let next = page.body["pageToken"].as_str().unwrap().to_owned();
        let with = |query: &str| format!("/v1/school-units?pageToken={next}{query}");
        server.get(&with("&limit=2")).token(&token).send().await.expect(200);
        server.get(&with("&name=vägg")).token(&token).send().await.expect(400);
        let stranger = elsewhere.token(&server, Role::Registrar).await;
        server.get(&with("")).token(&stranger).send().await.expect(400);
        server.get("/v1/school-units?pageToken=abc").token(&token).send().await.expect(400);
        server.get("/v1/school-units?limit=501").token(&token).send().await.expect(400);
        server.stop().await;
    }
}

on_both! {
    async fn browsers_may_call_from_configured_origins_only(server: TestServer) {
        let asked = |origin: &'static str| server.get("/health/live").header("origin", origin).send();
        let allowed = asked("https://app.example").await.expect(200);
        assert_eq!(allowed.headers["access-control-allow-origin"], "https://app.example");
        let refused = asked("https://elak.example").await;
        assert!(!refused.headers.contains_key("access-control-allow-origin"));
        server.stop().await;
    }
}

on_both! {
    async fn the_server_shows_its_health_figures_and_pages(server: TestServer) {
        server.get("/health/live").send().await.expect(200);
        server.get("/health/ready").send().await.expect(200);
        let figures = server.get("/metrics").send().await.expect(200);
        assert!(figures.text.contains("skolhus_requests_total"), "{}", figures.text);
        let docs = server.get("/docs/").send().await.expect(200);
        assert!(docs.text.contains("swagger"), "{}", docs.text);
        for part in ["src=\"http", "href=\"http", "src=\"//"] {
            assert!(!docs.text.contains(part), "the documentation page asks another machine");
        }
        server.stop().await;
    }
}

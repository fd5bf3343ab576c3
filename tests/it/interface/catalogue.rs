use skolhus_api::http::catalogue::Code;
use skolhus_tests::on_both;

/// The published codes with their statuses. A code is never renamed or moved to another
/// status: clients rest on them. Add new ones here when they are added there.
const PUBLISHED: &[(&str, u16)] = &[
    ("malformed-body", 400),
    ("malformed-parameter", 400),
    ("page-token", 400),
    ("malformed-header", 400),
    ("unauthenticated", 401),
    ("wrong-credentials", 401),
    ("second-factor-required", 401),
    ("wrong-code", 401),
    ("code-over", 401),
    ("oidc-login-over", 401),
    ("oidc-refused", 401),
    ("oidc-untrusted", 401),
    ("oidc-email-unverified", 401),
    ("oidc-no-account", 401),
    ("level-too-low", 401),
    ("not-permitted", 403),
    ("client-network", 403),
    ("app-access-off", 403),
    ("not-found", 404),
    ("method-not-allowed", 405),
    ("not-acceptable", 406),
    ("conflict", 409),
    ("lesson-clash", 409),
    ("bankid-off", 409),
    ("text-messages-off", 409),
    ("bankid-in-progress", 409),
    ("still-running", 409),
    ("stale", 412),
    ("too-large", 413),
    ("unsupported-media-type", 415),
    ("invalid-fields", 422),
    ("key-reused", 422),
    ("precondition-required", 428),
    ("too-many-attempts", 429),
    ("internal", 500),
    ("outcome-unknown", 500),
    ("storage-failed", 507),
    ("unavailable", 503),
    ("oidc-unavailable", 503),
    ("bankid-unavailable", 503),
];

#[test]
fn the_catalogue_is_as_published() {
    let codes: Vec<(&str, u16)> =
        Code::ALL.iter().map(|code| (code.name(), code.status().as_u16())).collect();
    assert_eq!(codes, PUBLISHED);
}

on_both! {
    async fn each_problem_has_a_page_where_its_type_leads(server: TestServer) {
        for code in Code::ALL {
            let page = server.get(&format!("/problems/{}", code.name())).send().await.expect(200);
            assert!(page.text.contains(code.title_sv()) && page.text.contains(code.title_en()), "{}", code.name());
        }
        server.get("/problems/no-such-thing").send().await.expect(404);
        let problem = server.get("/v1/me").header("accept-language", "en-GB,en;q=0.9").send().await.expect(401);
        assert_eq!(problem.body["title"], Code::Unauthenticated.title_en());
        let problem = server.get("/v1/me").header("accept-language", "de, sv;q=0.5").send().await.expect(401);
        assert_eq!(problem.body["title"], Code::Unauthenticated.title_sv());
        assert_eq!(problem.body["requestId"], problem.headers["x-request-id"].to_str().unwrap());
        server.stop().await;
    }
}

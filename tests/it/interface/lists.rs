//! Every list of the document: what it costs, and that a walk through its pages finds each row once.

use std::collections::BTreeSet;

use serde_json::Value;
use skolhus_api::http::document::document;
use skolhus_domain::access::Role;
use skolhus_tests::{demo::Demo, on_both, server::TestServer};

use super::document::{operations, resolve};

/// The most statements of a page, the caller's scope counted in.
const MOST_STATEMENTS: u64 = 3;

/// The lists that need nothing but a page's size, with what they can be sorted by.
fn lists(document: &Value) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (method, path, operation) in operations(document) {
        let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
        let named = |name: &str| parameters.iter().find(|parameter| parameter["name"] == name);
        if method != "GET" || path.contains('{') || named("limit").is_none() {
            continue;
        }
        let sorts = named("sort").map_or(Vec::new(), |sort| {
            let words = resolve(document, &sort["schema"])["enum"].as_array().cloned().unwrap_or_default();
            words.iter().filter_map(|word| word.as_str().map(str::to_owned)).collect()
        });
        found.push((path, sorts));
    }
    found
}

/// The first role of the demonstration that may read the list, with rows in it if any has them.
async fn reader(server: &TestServer, tokens: &[String], path: &str) -> Option<String> {
    let mut permitted = None;
    for token in tokens {
        let answer = server.get(&format!("{path}?limit=2")).token(token).send().await;
        if answer.status == 200 {
            permitted = Some(token.clone());
            if !answer.body["pageToken"].is_null() {
                break;
            }
        }
    }
    permitted
}

fn ids(page: &Value) -> Vec<String> {
    let rows = page["data"].as_array().cloned().unwrap_or_default();
    rows.iter().map(|row| row["id"].as_str().map_or_else(|| row.to_string(), str::to_owned)).collect()
}

on_both! {
    async fn no_list_costs_more_for_more_rows(server: TestServer) {
        let demo = Demo::fill(&server).await;
        let document = document();
        let mut tokens = Vec::new();
        for role in [Role::Registrar, Role::Administrator, Role::ProtectionOfficer, Role::Principal, Role::Teacher, Role::Participant, Role::Guardian] {
            tokens.push(demo.token(&server, role).await);
        }
        let (mut longest, mut compared) = (0, 0);
        for (path, sorts) in lists(&document) {
            let token = reader(&server, &tokens, &path).await;
            let token = token.unwrap_or_else(|| panic!("nobody may read {path}"));
            let mut orders = vec![String::new()];
            orders.extend(sorts.iter().map(|sort| format!("&sort={sort}")));
            for order in orders {
                let mut costs = BTreeSet::new();
                for limit in [1, 10, 500] {
                    let address = format!("{path}?limit={limit}{order}");
                    let (page, statements) = server.statements(server.get(&address).token(&token).send()).await;
                    longest = longest.max(ids(&page.expect(200).body).len());
                    assert!(statements <= MOST_STATEMENTS, "{address} takes {statements} statements");
                    costs.insert(statements);
                }
                assert_eq!(costs.len(), 1, "{path}{order} costs {costs:?} statements by the size of its page");
                compared += 1;
            }
        }
        assert!(longest >= 150 && compared >= 15, "{longest} rows on the longest page, {compared} lists and orders");
        server.stop().await;
    }
}

on_both! {
    async fn a_walk_through_the_pages_finds_each_row_once_and_in_order(server: TestServer) {
        let demo = Demo::fill(&server).await;
        let document = document();
        let tokens = [demo.token(&server, Role::Registrar).await, demo.token(&server, Role::Administrator).await, demo.token(&server, Role::ProtectionOfficer).await];
        let mut walked = 0;
        for (path, sorts) in lists(&document) {
            // The trail grows with what is read of it.
            if path == "/v1/changes" { continue }
            let Some(token) = reader(&server, &tokens, &path).await else { continue };
            let mut orders = vec![String::new()];
            orders.extend(sorts.iter().map(|sort| format!("&sort={sort}")));
            for order in orders {
                let whole = server.get(&format!("{path}?limit=500{order}")).token(&token).send().await.expect(200);
                if !whole.body["pageToken"].is_null() { continue }
                let expected = ids(&whole.body);
                let size = expected.len().div_ceil(7).max(1);
                let mut found = Vec::new();
                let mut address = format!("{path}?limit={size}{order}");
                loop {
                    let page = server.get(&address).token(&token).send().await.expect(200);
                    let rows = ids(&page.body);
                    assert!(rows.len() <= size, "{address}");
                    found.extend(rows);
                    match page.body["pageToken"].as_str() {
                        Some(next) => address = format!("{path}?limit={size}&pageToken={next}"),
                        None => break,
                    }
                    assert!(found.len() <= expected.len(), "{address} never ends");
                }
                assert_eq!(found, expected, "{path}{order}");
                walked += usize::from(expected.len() > 7);
            }
        }
        assert!(walked >= 8, "only {walked} walks had several pages");
        server.stop().await;
    }
}

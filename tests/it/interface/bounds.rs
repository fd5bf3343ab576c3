use serde_json::{Value, json};
use skolhus_api::http::document::document;
use skolhus_domain::access::{Level, Permission};
use skolhus_tests::{on_both, register::School, server::fill};

use super::document::{operations, resolve};

/// The body's example, to be spoiled one field at a time.
pub(crate) fn example(operation: &Value) -> Option<Value> {
    let content = operation["requestBody"]["content"].as_object()?;
    let (_, body) = content.iter().find(|(media_type, _)| media_type.contains("json"))?;
    Some(body["example"].clone()).filter(Value::is_object)
}

/// The media type of the body.
pub(crate) fn media_type(operation: &Value) -> Option<String> {
    operation["requestBody"]["content"]
        .as_object()?
        .keys()
        .find(|media_type| media_type.contains("json"))
        .cloned()
}

on_both! {
    // What the document says of lengths and ranges is what the server holds: one step
    // outside is refused at that field.
    async fn the_document_and_the_server_agree_on_bounds(server: TestServer) {
        let school = School::enter(&server).await;
        let document = document();
        let mut checked = 0;
        for (method, path, operation) in operations(&document) {
            let (Some(example), Some(media_type)) = (example(operation), media_type(operation)) else { continue };
            let permission = operation["x-permission"].as_str().and_then(Permission::from_code).unwrap();
            let role = permission.roles().first().copied();
            let token = match role {
                Some(role) => school.token_of(&server, role, None, None, Level::High).await,
                None => String::new(),
            };
            let schema = resolve(&document, &operation["requestBody"]["content"][&media_type]["schema"]);
            for (field, property) in schema["properties"].as_object().into_iter().flatten() {
                for wrong in outside(resolve(&document, property)) {
                    let mut body = example.clone();
                    body[field] = wrong;
                    let address = fill(&path, "0199a3f0-7c00-7000-8000-0000000000ff").replace("{table}", "school-type");
                    let answer = server
                        .request(method.parse().unwrap(), &address)
                        .token(&token)
                        .header("if-match", "*")
                        .body(&media_type, body.to_string())
                        .send()
                        .await;
                    let pointer = format!("/{field}");
                    assert!(
                        matches!(answer.status.as_u16(), 400 | 422) && answer.refused().iter().any(|place| place.starts_with(&pointer)),
                        "{method} {path} {field}: {}", answer.text
                    );
                    checked += 1;
                }
            }
        }
        assert!(checked > 5, "only {checked} bounds were found");
        server.stop().await;
    }
}

/// Values one step outside a property's bounds.
fn outside(property: &Value) -> Vec<Value> {
    let mut wrong = Vec::new();
    if let Some(most) = property["maxLength"].as_u64().filter(|most| *most <= 20_000) {
        wrong.push(json!("å".repeat(usize::try_from(most).unwrap() + 1)));
    }
    if property["minLength"].as_u64().is_some_and(|least| least > 0) {
        wrong.push(json!(""));
    }
    if let Some(most) = property["maximum"].as_i64() {
        wrong.push(json!(most + 1));
    }
    if let Some(least) = property["minimum"].as_i64() {
        wrong.push(json!(least - 1));
    }
    if let (Some(most), Some("string")) =
        (property["maxItems"].as_u64().filter(|most| *most <= 2_000), property["items"]["type"].as_str())
    {
        wrong.push(Value::Array(vec![json!("x"); usize::try_from(most).unwrap() + 1]));
    }
    wrong
}

/// Text that breaks the pattern that the document gives all text.
fn against_the_pattern(property: &Value) -> Vec<Value> {
    let Some(pattern) = property["pattern"].as_str().filter(|pattern| pattern.contains("FEFF")) else {
        return Vec::new();
    };
    let mut wrong = vec![json!("\u{0}"), json!("Åsa\u{202E}"), json!("\u{1B}[2J"), json!("   ")];
    if pattern.contains(r"\u0000-\u001F") {
        wrong.push(json!("Åsa\nÖberg"));
    }
    wrong
}

on_both! {
    // What the document says that text may not hold is refused at its field, wherever the rest
    // of the example lets the server come so far as to look at it.
    async fn the_document_and_the_server_agree_on_text(server: TestServer) {
        let school = School::enter(&server).await;
        let document = document();
        let (mut refused, mut elsewhere) = (0, 0);
        for (method, path, operation) in operations(&document) {
            let (Some(example), Some(media_type)) = (example(operation), media_type(operation)) else { continue };
            let permission = operation["x-permission"].as_str().and_then(Permission::from_code).unwrap();
            let Some(role) = permission.roles().first().copied().filter(|_| !path.contains('{')) else { continue };
            let token = school.token_of(&server, role, None, None, Level::High).await;
            let schema = resolve(&document, &operation["requestBody"]["content"][&media_type]["schema"]);
            for (field, property) in schema["properties"].as_object().into_iter().flatten() {
                for wrong in against_the_pattern(resolve(&document, property)) {
                    let mut body = example.clone();
                    body[field] = wrong.clone();
                    let answer = server
                        .request(method.parse().unwrap(), &path)
                        .token(&token)
                        .body(&media_type, body.to_string())
                        .send()
                        .await;
                    assert!(answer.status.is_client_error(), "{method} {path} {field} {wrong}: {}", answer.text);
                    let here = answer.refused().iter().any(|place| place.starts_with(&format!("/{field}")));
                    if here { refused += 1 } else { elsewhere += 1 }
                }
            }
        }
        assert!(refused > 20 && refused > elsewhere, "{refused} were refused, {elsewhere} for other reasons");
        server.stop().await;
    }
}

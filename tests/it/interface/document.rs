use std::collections::BTreeSet;

use serde_json::Value;
use skolhus_api::http::document::{document, text};
use skolhus_domain::access::Permission;

/// Every operation of the document with its address.
pub(crate) fn operations(document: &Value) -> Vec<(String, String, &Value)> {
    let mut all = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            all.push((method.to_uppercase(), path.clone(), operation));
        }
    }
    all
}

/// Follows `$ref`s inside the document.
pub(crate) fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    while let Some(reference) = schema["$ref"].as_str() {
        schema = document.pointer(reference.trim_start_matches('#')).expect("the reference leads somewhere");
    }
    schema
}

#[test]
fn the_committed_document_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/skolhus.json");
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == text(&document()), "run `cargo run -- openapi` and commit openapi/skolhus.json");
}

#[test]
fn every_operation_says_what_a_client_needs() {
    let document = document();
    let mut ids = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let place = format!("{method} {path}");
        let id = operation["operationId"].as_str().unwrap_or_default();
        assert!(
            !id.is_empty() && ids.insert(id.to_owned()),
            "{place}: the operation id is missing or used twice"
        );
        for word in ["summary", "description"] {
            assert!(operation[word].as_str().is_some_and(|text| text.len() > 5), "{place}: no {word}");
        }
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{place}: one tag");
        let permission = operation["x-permission"].as_str().and_then(Permission::from_code);
        assert!(permission.is_some(), "{place}: no permission");
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(
                response["description"].as_str().is_some_and(|text| !text.is_empty()),
                "{place}: {status} is not described"
            );
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(
                parameter["description"].as_str().is_some_and(|text| !text.is_empty()),
                "{place}: {} is not described",
                parameter["name"]
            );
        }
        if let Some(content) = operation["requestBody"]["content"].as_object() {
            for (media_type, body) in content.iter().filter(|(media_type, _)| media_type.contains("json")) {
                assert!(
                    !body["example"].is_null() || body["examples"].is_object(),
                    "{place}: no example of the {media_type} body"
                );
            }
        }
    }
}

#[test]
fn every_field_is_described() {
    let document = document();
    let mut silent = Vec::new();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            if property["description"].as_str().is_none_or(str::is_empty) {
                silent.push(format!("{name}.{field}"));
            }
        }
    }
    assert!(silent.is_empty(), "without a description: {silent:?}");
}

#[test]
fn requests_refuse_unknown_fields() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        for (_, body) in operation["requestBody"]["content"]
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(media_type, _)| media_type.contains("json"))
        {
            let schema = resolve(&document, &body["schema"]);
            if schema["properties"].is_object() {
                assert_eq!(schema["additionalProperties"], Value::Bool(false), "{method} {path}");
            }
        }
    }
}

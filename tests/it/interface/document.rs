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
fn every_reference_leads_somewhere() {
    fn walk(document: &Value, node: &Value) {
        match node {
            Value::Object(members) => {
                if let Some(reference) = node["$ref"].as_str() {
                    let target = document.pointer(reference.trim_start_matches('#'));
                    assert!(target.is_some(), "{reference} leads nowhere");
                }
                members.values().for_each(|member| walk(document, member));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(document, item)),
            _ => {}
        }
    }
    let document = document();
    walk(&document, &document);
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

#[test]
fn several_values_of_a_parameter_are_an_array() {
    let document = document();
    let mut several = 0;
    for (method, path, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let place = format!("{method} {path} {}", parameter["name"]);
            let said =
                parameter["description"].as_str().is_some_and(|text| text.contains("separated by commas"));
            let is_array = parameter["schema"]["type"] == "array";
            assert_eq!(said, is_array, "{place}: declare it as `value_type = Option<Vec<…>>`");
            if is_array {
                assert_eq!(
                    (&parameter["style"], &parameter["explode"]),
                    (&"form".into(), &false.into()),
                    "{place}"
                );
                several += 1;
            }
        }
    }
    assert!(several > 20, "only {several}");
}

#[test]
fn who_may_is_told_in_words_and_for_programs() {
    let document = document();
    for (method, path, operation) in operations(&document) {
        let permission = operation["x-permission"].as_str().and_then(Permission::from_code).unwrap();
        if permission == Permission::Public {
            assert!(operation["x-roles"].is_null(), "{method} {path}");
            continue;
        }
        let roles: Vec<&str> = permission.roles().iter().map(|role| role.code()).collect();
        assert_eq!(operation["x-roles"], serde_json::json!(roles), "{method} {path}");
        assert_eq!(operation["x-login-level"], permission.level().number(), "{method} {path}");
        let said = operation["description"].as_str().unwrap();
        assert!(roles.iter().all(|role| said.contains(role)), "{method} {path}");
    }
}

#[test]
fn text_of_requests_says_what_it_may_hold() {
    let document = document();
    let mut free = Vec::new();
    for (_, _, operation) in operations(&document) {
        let bodies = operation["requestBody"]["content"].as_object();
        for body in bodies.into_iter().flat_map(|bodies| bodies.values()) {
            let schema = resolve(&document, &body["schema"]);
            for (field, property) in schema["properties"].as_object().into_iter().flatten() {
                let property = resolve(&document, property);
                let is_text = property["type"] == "string"
                    || property["type"].as_array().is_some_and(|types| types.contains(&"string".into()));
                if is_text && ["pattern", "format", "enum"].iter().all(|key| property[*key].is_null()) {
                    free.push(field.clone());
                }
            }
        }
    }
    assert!(free.is_empty(), "{free:?}");
}

#[test]
fn every_parameter_and_field_has_an_example() {
    // A reference is shown by what it leads to, what is put together by its parts, a closed list by its words; a free object has no
    // example of its own.
    let needs = |schema: &Value| {
        schema["enum"].is_null()
            && schema["type"] != "object"
            && schema["type"] != "boolean"
            && (schema["type"].is_string() || schema["type"].is_array())
    };
    let document = document();
    let mut bare = Vec::new();
    for (method, path, operation) in operations(&document) {
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if parameter["example"].is_null() && needs(&parameter["schema"]) {
                bare.push(format!("{method} {path} {}", parameter["name"]));
            }
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        for (field, property) in schema["properties"].as_object().into_iter().flatten() {
            let shown = ["example", "examples"].iter().any(|key| property.get(*key).is_some())
                || ["$ref", "properties", "allOf"].iter().any(|key| !property["items"][*key].is_null());
            if !shown && needs(property) && property["items"]["enum"].is_null() {
                bare.push(format!("{name}.{field}"));
            }
        }
    }
    assert!(bare.is_empty(), "without an example: {bare:?}");
}

//! The description is complete: each operation says what it needs and each status it can send.

use jupyterhub_presets::api::specification;
use serde_json::{Value as Json, json};

/// Each operation of the description, as `GET /path`.
pub fn operations() -> Vec<(String, Json)> {
    let document = serde_json::to_value(specification()).unwrap();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.push((format!("{} {path}", method.to_uppercase()), operation.clone()));
        }
    }
    assert!(operations.len() >= 5, "{} operations", operations.len());
    operations
}

fn takes(operation: &Json, place: &str, name: Option<&str>) -> bool {
    operation["parameters"].as_array().is_some_and(|parameters| {
        parameters.iter().any(|parameter| {
            parameter["in"] == place
                && name.is_none_or(|name| {
                    parameter["name"].as_str().is_some_and(|given| given.eq_ignore_ascii_case(name))
                })
        })
    })
}

#[test]
fn what_an_operation_asks_for_it_also_refuses() {
    let mut strays = Vec::new();
    for (name, operation) in operations() {
        let mut needed = vec!["500"];
        if operation.get("security").is_some() {
            needed.push("401");
        }
        if operation.get("requestBody").is_some() {
            needed.extend(["400", "413", "415", "422"]);
        }
        if takes(&operation, "path", None) {
            needed.push("404");
        }
        if takes(&operation, "query", None) {
            needed.push("400");
        }
        if takes(&operation, "header", Some("if-match")) {
            needed.extend(["412", "428"]);
        }
        for status in needed {
            if operation["responses"].get(status).is_none() {
                strays.push(format!("{name} does not list {status}"));
            }
        }
    }
    assert!(strays.is_empty(), "\n{}\n", strays.join("\n"));
}

#[test]
fn every_answer_says_what_it_is() {
    let mut ids = std::collections::BTreeSet::new();
    for (name, operation) in operations() {
        assert!(operation["summary"].is_string(), "{name} has no summary");
        assert!(
            ids.insert(operation["operationId"].to_string()),
            "{name}: {} is taken",
            operation["operationId"]
        );
        for (status, response) in operation["responses"].as_object().unwrap() {
            assert!(status.parse::<u16>().is_ok(), "{name}: {status} is no status");
            assert_ne!(response["description"].as_str().unwrap_or_default(), "", "{name} {status}");
            let problem = &response["content"]["application/problem+json"];
            assert!(status.as_str() < "400" || !response["content"].is_null(), "{name} {status}: no content");
            if let Some(kinds) = problem["schema"]["allOf"][1]["properties"]["type"]["enum"].as_array() {
                assert!(!kinds.is_empty(), "{name} {status}");
            }
            for (header, meaning) in response["headers"].as_object().into_iter().flatten() {
                assert!(meaning["description"].is_string(), "{name} {status}: {header} is not explained");
            }
        }
    }
}

#[test]
fn a_refused_caller_is_told_what_to_send() {
    for (name, operation) in operations() {
        let responses = &operation["responses"];
        if let Some(refused) = responses.get("401") {
            assert!(refused["headers"]["WWW-Authenticate"].is_object(), "{name}");
        }
        let problem = &responses["503"]["content"]["application/problem+json"];
        assert!(problem.is_null() || responses["503"]["headers"]["Retry-After"].is_object(), "{name}");
    }
}

#[test]
fn tags_and_schemes_are_explained() {
    let document = serde_json::to_value(specification()).unwrap();
    let tags: Vec<&Json> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    for (name, operation) in operations() {
        assert_eq!(operation["tags"].as_array().map(Vec::len), Some(1), "{name}");
        assert!(tags.contains(&&operation["tags"][0]), "{name}: {} is not explained", operation["tags"][0]);
        for requirement in operation["security"].as_array().into_iter().flatten() {
            for scheme in requirement.as_object().unwrap().keys() {
                assert!(schemes.contains_key(scheme), "{name}: {scheme}");
            }
        }
    }
    for (name, scheme) in schemes {
        assert_ne!(scheme.get("description").unwrap_or(&json!("")), "", "{name}");
    }
}

//! The reference shows everything the description says, escaped, with nothing inline.

use jupyterhub_presets::api::specification;
use jupyterhub_presets::render::page::{Shell, reference};
use serde_json::{Value as Json, json};

fn document() -> Json {
    serde_json::to_value(specification()).unwrap()
}

fn shell(prefix: &str) -> Shell {
    Shell { prefix: prefix.to_owned(), hub: "/hub/".to_owned(), person: None, csrf: None }
}

#[test]
fn every_operation_status_parameter_and_type_is_on_the_page_and_can_be_linked_to() {
    let document = document();
    let page = reference(&document, &shell("/jh/services/presets/"));
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let name = operation["operationId"].as_str().unwrap();
            let from = page.find(&format!(r#"<article id="{name}""#)).unwrap_or_else(|| panic!("{name}"));
            let article = &page[from..from + page[from..].find("</article>").unwrap()];
            assert!(article.contains(&format!("<code>/jh/services/presets{path}</code>")), "{article}");
            assert!(article.contains(&method.to_uppercase()), "{article}");
            assert!(page.contains(&format!(r##"<a href="#{name}">"##)), "{name} is not in the contents");
            for status in operation["responses"].as_object().unwrap().keys() {
                assert!(article.contains(&format!(r#"<th scope="row">{status}</th>"#)), "{name} {status}");
            }
            for parameter in operation["parameters"].as_array().into_iter().flatten() {
                assert!(article.contains(parameter["name"].as_str().unwrap()), "{name}: {parameter}");
            }
        }
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        assert!(page.contains(&format!(r#"<article id="type-{name}""#)), "{name}");
    }
}

#[test]
fn every_link_of_the_page_leads_somewhere_and_every_id_is_there_once() {
    let page = reference(&document(), &shell("/services/presets/"));
    let ids: Vec<&str> = page.split(r#" id=""#).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    for (n, id) in ids.iter().enumerate() {
        assert!(!ids[..n].contains(id), "{id} is there twice");
    }
    for target in page.split(r##"href="#"##).skip(1).map(|rest| rest.split('"').next().unwrap()) {
        assert!(ids.contains(&target), "#{target} is not on the page");
    }
}

#[test]
fn what_a_description_says_stays_text() {
    let evil = "<img src=x onerror=alert(1)>\"'`<b>`";
    let document = json!({
        "info": { "title": evil, "version": evil, "description": evil },
        "tags": [{ "name": "t", "description": evil }],
        "paths": { "/<script>": { "get": {
            "tags": ["t"], "operationId": evil, "summary": evil, "description": evil,
            "security": [{ evil: [evil] }],
            "parameters": [{ "name": evil, "in": evil, "description": evil, "schema": { "type": evil } }],
            "responses": { evil: { "description": evil, "headers": { evil: { "description": evil } },
                "content": { "x": { "schema": { "$ref": evil } } } } },
        } } },
        "components": { "schemas": { evil: { "description": evil, "type": "object", "required": [evil],
            "properties": { evil: { "enum": [evil], "pattern": evil, "default": evil } } } },
            "securitySchemes": { evil: { "description": evil } } },
    });
    let page = reference(&document, &shell("/p/"));
    for tag in ["<img src=x", "<script>", "<b>"] {
        assert!(!page.contains(tag), "{tag}");
    }
}

#[test]
fn the_page_has_nothing_inline_and_nothing_of_another_server() {
    let page = reference(&document(), &shell("/services/presets/"));
    for word in ["<script>", "<style", " style=", " onclick", "http://", "https://", "//cdn"] {
        assert!(!page.contains(word), "{word}");
    }
}

//! What differs between two documents, place by place.

use serde_json::{Map, Value as Json};

use crate::catalogue::fault::below;

/// One place that differs.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// JSON Pointer into the document.
    pub pointer: String,
    /// None where there was nothing.
    pub before: Option<Json>,
    /// None where there is nothing any more.
    pub after: Option<Json>,
}

/// Each place that differs, in the order of the documents; a map that is new or gone is one place.
pub fn differences(before: &Json, after: &Json) -> Vec<Difference> {
    let mut found = Vec::new();
    compare("", &keyed(before), &keyed(after), &mut found);
    found
}

fn compare(at: &str, before: &Json, after: &Json, found: &mut Vec<Difference>) {
    match (before, after) {
        (Json::Object(old), Json::Object(new)) => {
            for (key, value) in old {
                let at = below(at, key);
                match new.get(key) {
                    Some(other) => compare(&at, &keyed(value), &keyed(other), found),
                    None => found.push(Difference { pointer: at, before: Some(keyed(value)), after: None }),
                }
            }
            for (key, value) in new.iter().filter(|(key, _)| !old.contains_key(*key)) {
                found.push(Difference { pointer: below(at, key), before: None, after: Some(keyed(value)) });
            }
        }
        (before, after) if before != after => found.push(Difference {
            pointer: at.to_owned(),
            before: Some(before.clone()),
            after: Some(after.clone()),
        }),
        _ => {}
    }
}

/// Ordered maps are kept as lists of pairs; for reading they are maps again.
pub fn keyed(json: &Json) -> Json {
    let pair = |item: &Json| match item.as_array().map(Vec::as_slice) {
        Some([Json::String(key), value]) => Some((key.clone(), value.clone())),
        _ => None,
    };
    match json {
        Json::Array(items) if !items.is_empty() => {
            let map: Option<Map<_, _>> = items.iter().map(pair).collect();
            map.map_or_else(|| json.clone(), Json::Object)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::differences;

    #[test]
    fn only_what_differs_is_named_by_its_place() {
        let before = json!({ "title": "A", "values": [["cores", 1], ["a/b", 2]], "gone": [1, 2] });
        let after = json!({ "title": "A", "values": [["cores", 4], ["new", {"x": 1}], ["a/b", 2]] });
        let found = differences(&before, &after);
        let told: Vec<_> =
            found.iter().map(|one| (one.pointer.as_str(), one.before.clone(), one.after.clone())).collect();
        assert_eq!(
            told,
            [
                ("/gone", Some(json!([1, 2])), None),
                ("/values/cores", Some(json!(1)), Some(json!(4))),
                ("/values/new", None, Some(json!({ "x": 1 }))),
            ]
        );
        assert_eq!(differences(&after, &after), []);
    }
}

//! JSON read to the letter: nothing twice, nothing behind it, no deeper and no longer than agreed.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

use crate::api::problem::{Fault, Problem};
use crate::catalogue::fault::below;

/// How large the parts of a body may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How deep values are nested, counting the body itself.
    depth: usize,
    /// How many items an array has, and how many members an object.
    items: usize,
    /// Whether U+0000 is refused wherever it stands.
    whole_texts: bool,
}

impl Limits {
    /// For what people and programs send.
    pub const USUAL: Self = Self { depth: 16, items: 256, whole_texts: true };
    /// For what the hub's plugin passes on: options that are refused, and written down as refused,
    /// whatever they are. The depth is where serde gives up by itself; the size of the body bounds the rest.
    pub const OF_HUB: Self = Self { depth: 128, items: usize::MAX, whole_texts: false };
}

/// The document in `body`.
///
/// # Errors
/// 400 where it is no JSON, says something twice or goes on behind its end; 422 where a limit is passed.
pub fn read(body: &[u8], limits: Limits) -> Result<Value, Problem> {
    let found = Found::default();
    let mut reader = serde_json::Deserializer::from_slice(body);
    let seed = Node { found: &found, depth: 0, limits };
    let value = match seed.deserialize(&mut reader) {
        Ok(value) => value,
        Err(error) => {
            return Err(found
                .problem
                .into_inner()
                .unwrap_or_else(|| Problem::malformed(format!("the body is no JSON: {error}"))));
        }
    };
    reader.end().map_err(|_| Problem::malformed("something follows the JSON document"))?;
    Ok(value)
}

/// Where the reading is, and what stopped it.
#[derive(Default)]
struct Found {
    place: RefCell<Vec<String>>,
    problem: RefCell<Option<Problem>>,
}

impl Found {
    fn stop<E: serde::de::Error>(&self, problem: Problem, code: &str, detail: String) -> E {
        let pointer = self.place.borrow().iter().fold(String::new(), |at, step| below(&at, step));
        let fault =
            Fault { pointer, code: code.to_owned(), detail: detail.clone(), value: None, allowed: None };
        *self.problem.borrow_mut() = Some(problem.with_errors([fault]));
        E::custom(detail)
    }
}

#[derive(Clone, Copy)]
struct Node<'a> {
    found: &'a Found,
    depth: usize,
    limits: Limits,
}

impl Node<'_> {
    fn inside<E: serde::de::Error>(self) -> Result<Self, E> {
        let most = self.limits.depth;
        if self.depth >= most {
            let detail = format!("nest values at most {most} deep");
            return Err(self.found.stop(Problem::invalid("the body is nested too deep"), "too-deep", detail));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn counted<E: serde::de::Error>(self, items: usize) -> Result<(), E> {
        let most = self.limits.items;
        if items > most {
            let detail = format!("send at most {most} of them");
            return Err(self.found.stop(Problem::invalid("the body has too many parts"), "too-many", detail));
        }
        Ok(())
    }

    fn text<E: serde::de::Error>(self, text: String) -> Result<String, E> {
        if self.limits.whole_texts && text.contains('\0') {
            let detail = "leave out the character U+0000".to_owned();
            return Err(self.found.stop(
                Problem::invalid("a text holds what cannot be kept"),
                "text",
                detail,
            ));
        }
        Ok(text)
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, on: bool) -> Result<Value, E> {
        Ok(Value::Bool(on))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(Value::Number(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Value, E> {
        Number::from_f64(number).map(Value::Number).ok_or_else(|| E::custom("no such number"))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        self.text(text.to_owned()).map(Value::String)
    }

    fn visit_string<E: serde::de::Error>(self, text: String) -> Result<Value, E> {
        self.text(text).map(Value::String)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut items = Vec::new();
        loop {
            self.found.place.borrow_mut().push(items.len().to_string());
            let item = access.next_element_seed(inside)?;
            self.found.place.borrow_mut().pop();
            let Some(item) = item else { return Ok(Value::Array(items)) };
            items.push(item);
            self.counted(items.len())?;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let inside = self.inside()?;
        let mut members = Map::new();
        while let Some(name) = access.next_key_seed(Name)? {
            let name = self.text(name)?;
            self.found.place.borrow_mut().push(name.clone());
            if members.contains_key(&name) {
                let detail = "the same name stands here twice".to_owned();
                let problem = Problem::malformed("the body says something twice");
                return Err(self.found.stop(problem, "twice", detail));
            }
            let member = access.next_value_seed(inside)?;
            self.found.place.borrow_mut().pop();
            members.insert(name, member);
            self.counted(members.len())?;
        }
        Ok(Value::Object(members))
    }
}

struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<String, D::Error> {
        String::deserialize(deserializer).map_err(|_| D::Error::custom("a name must be text"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual(body: &[u8]) -> Result<Value, Problem> {
        read(body, Limits::USUAL)
    }

    fn refused(body: &str) -> (u16, String, String) {
        let problem = usual(body.as_bytes()).expect_err(body);
        let fault = problem.errors.first().cloned();
        let (pointer, code) = fault.map(|fault| (fault.pointer, fault.code)).unwrap_or_default();
        (problem.status, pointer, code)
    }

    #[test]
    fn a_document_is_what_serde_reads() {
        let body = r#"{"a":[1,-2,2.5,1e3,true,null,"\u00fc\ud83e\uddea"],"b":{"":{}}}"#;
        let value: Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(usual(body.as_bytes()).expect("JSON"), value);
    }

    #[test]
    fn what_says_something_twice_says_nothing() {
        assert_eq!(refused(r#"{"a":1,"a":1}"#), (400, "/a".to_owned(), "twice".to_owned()));
        assert_eq!(refused(r#"{"x":[{"a":1,"\u0061":2}]}"#), (400, "/x/0/a".to_owned(), "twice".to_owned()));
    }

    #[test]
    fn no_json_is_no_json() {
        for body in ["", "{", "{} {}", "nul", "{'a':1}", "[1,]", "\"\\ud800\"", "1e999", "\u{feff}{}", "NaN"]
        {
            assert_eq!(refused(body).0, 400, "{body}");
        }
        assert_eq!(usual(b"\"\xff\"").expect_err("no UTF-8").status, 400);
    }

    #[test]
    fn there_is_an_end_to_depth_and_length() {
        let deep = |n: usize| format!("{}1{}", "[".repeat(n), "]".repeat(n));
        assert!(usual(deep(16).as_bytes()).is_ok());
        assert_eq!(refused(&deep(17)).0, 422);
        assert_eq!(refused(&deep(17)).2, "too-deep");
        assert_eq!(refused(&deep(30_000)).0, 422);
        let long = |n: usize| format!("{{\"a\":[{}]}}", vec!["1"; n].join(","));
        assert!(usual(long(256).as_bytes()).is_ok());
        assert_eq!(refused(&long(257)), (422, "/a".to_owned(), "too-many".to_owned()));
        let wide = |n: usize| {
            let members: Vec<String> = (0..n).map(|n| format!("\"{n}\":1")).collect();
            format!("{{{}}}", members.join(","))
        };
        assert!(usual(wide(256).as_bytes()).is_ok());
        assert_eq!(refused(&wide(257)).0, 422);
    }

    #[test]
    fn no_text_holds_what_postgresql_cannot_keep() {
        assert_eq!(refused(r#"{"a":["x","\u0000"]}"#), (422, "/a/1".to_owned(), "text".to_owned()));
        assert_eq!(refused(r#"{"\u0000":1}"#).0, 422);
        assert!(read(br#"{"a":"\u0000"}"#, Limits::OF_HUB).is_ok());
    }
}

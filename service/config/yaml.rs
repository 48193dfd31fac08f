//! YAML files that people edit: read into types, with the line of every mistake.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::Deserialize;
use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// A file that could be read, with the line of each of its values by JSON Pointer (RFC 6901).
#[derive(Debug)]
pub struct Document<T> {
    pub value: T,
    pub lines: Lines,
}

/// Where the values of a document stand.
#[derive(Debug, Default)]
pub struct Lines(BTreeMap<String, u64>);

/// What keeps a file from being read.
#[derive(Debug, thiserror::Error)]
pub enum FileRefused {
    #[error("{0}: {1}")]
    Unreadable(String, #[source] std::io::Error),
    #[error("{file}:{line}: {mistake}")]
    Mistake { file: String, line: u64, mistake: String },
}

/// Files larger than this are nobody's handwriting.
const LARGEST: u64 = 16 << 20;

/// Reads the file at `path`.
///
/// # Errors
/// Names the file, and the line where something in it is not understood.
pub fn read<T: DeserializeOwned>(path: &Path) -> Result<Document<T>, FileRefused> {
    let file = path.display().to_string();
    let unreadable = |error| FileRefused::Unreadable(file.clone(), error);
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST {
        return Err(unreadable(std::io::Error::other("the file is larger than 16 MiB")));
    }
    parse(&std::fs::read_to_string(path).map_err(unreadable)?, &file)
}

/// Reads `text`; `file` is what errors call it.
///
/// # Errors
/// As [`read`].
pub fn parse<T: DeserializeOwned>(text: &str, file: &str) -> Result<Document<T>, FileRefused> {
    let refused = |error: &serde_saphyr::Error| FileRefused::Mistake {
        file: file.to_owned(),
        line: error.location().map_or(1, |at| at.line()),
        mistake: sentence(error),
    };
    let value = serde_saphyr::from_str(text).map_err(|error| refused(&error))?;
    let tree: Spanned<Node> = serde_saphyr::from_str(text).map_err(|error| refused(&error))?;
    let mut lines = Lines::default();
    lines.collect("", &tree);
    Ok(Document { value, lines })
}

impl Lines {
    /// The line of the value at `pointer`, or of the nearest value around it.
    pub fn of(&self, pointer: &str) -> u64 {
        let mut at = pointer;
        loop {
            match (self.0.get(at), at.rfind('/')) {
                (Some(line), _) => return *line,
                (None, Some(end)) => at = &at[..end],
                (None, None) => return 1,
            }
        }
    }

    fn collect(&mut self, at: &str, node: &Spanned<Node>) {
        self.0.insert(at.to_owned(), node.referenced.line());
        match &node.value {
            Node::Leaf => {}
            Node::List(items) => {
                for (n, item) in items.iter().enumerate() {
                    self.collect(&format!("{at}/{n}"), item);
                }
            }
            Node::Map(entries) => {
                for (key, value) in entries {
                    let step = key.value.replace('~', "~0").replace('/', "~1");
                    let at = format!("{at}/{step}");
                    self.collect(&at, value);
                    // A reader looks for the key, not for the block below it.
                    self.0.insert(at, key.referenced.line());
                }
            }
        }
    }
}

/// The error's own words, on one line and without the picture.
fn sentence(error: &serde_saphyr::Error) -> String {
    let text = error.without_snippet().to_string();
    let text = text.split(" at line ").next().unwrap_or_default();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // It may repeat what stands in the file, however long and odd that is.
    let plain =
        |c: char| if c.is_ascii_graphic() || c == ' ' { c.to_string() } else { c.escape_debug().to_string() };
    line.chars().take(500).map(plain).collect()
}

/// The bare shape of a document.
#[derive(Debug)]
enum Node {
    Leaf,
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Shape)
    }
}

struct Shape;

impl<'de> Visitor<'de> for Shape {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_str<E>(self, _: &str) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = access.next_key()? {
            entries.push((key, access.next_value()?));
        }
        Ok(Node::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::parse;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Small {
        #[expect(dead_code, reason = "only its type is looked at")]
        count: u8,
        #[serde(default)]
        #[expect(dead_code, reason = "only its type is looked at")]
        names: std::collections::BTreeMap<String, Vec<String>>,
    }

    fn mistake(text: &str) -> String {
        parse::<Small>(text, "a.yaml").expect_err("a mistake").to_string()
    }

    #[test]
    fn a_mistake_is_told_with_its_line() {
        for (text, line, words) in [
            ("count: 1\nnmaes: {}\n", 2, "nmaes"),
            ("# a\n\ncount: many\n", 3, "u8"),
            ("count: 1\ncount: 2\n", 2, "count"),
            ("count: 1\nnames:\n  a: [b\n", 3, "bracket"),
            ("count: 300\n", 1, "u8"),
        ] {
            let told = mistake(text);
            assert!(told.starts_with(&format!("a.yaml:{line}: ")), "{text:?}: {told}");
            assert!(told.contains(words) && !told.contains('\n'), "{text:?}: {told}");
        }
    }

    #[test]
    fn every_value_has_a_line() {
        let text = "count: 1\nnames:\n  a/b:\n    - x\n    - y\n";
        let lines = parse::<Small>(text, "a.yaml").expect("reads").lines;
        for (pointer, line) in
            [("/count", 1), ("/names", 2), ("/names/a~1b", 3), ("/names/a~1b/1", 5), ("/names/zz/9", 2)]
        {
            assert_eq!(lines.of(pointer), line, "{pointer}");
        }
    }
}

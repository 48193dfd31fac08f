//! What a text may look like: a pattern that must match from the first character to the last.

use regex::{Regex, RegexBuilder};

use super::visible::has_odd;

/// A checked pattern. Linear time whatever the text (the `regex` crate has no look-around).
#[derive(Debug, Clone)]
pub struct Pattern {
    written: String,
    whole: Regex,
}

impl Pattern {
    /// The longest pattern accepted, in bytes.
    pub const LONGEST: usize = 1024;

    /// Compiles what an administrator wrote.
    ///
    /// # Errors
    /// A sentence with the place of the mistake.
    pub fn new(written: &str) -> Result<Self, String> {
        if written.len() > Self::LONGEST {
            return Err(format!("the pattern is longer than {} bytes", Self::LONGEST));
        }
        let compiled = |pattern: &str| {
            let built = RegexBuilder::new(pattern).size_limit(1 << 20).build();
            built.map_err(|error| format!("the pattern does not compile: {}", last_line(&error)))
        };
        // By itself first: `a)|(?:b` would close the bracket that is put around it.
        compiled(written)?;
        // `\A…\z` rather than `^…$`: a dollar would let a trailing line break through.
        let whole = compiled(&format!(r"\A(?:{written})\z"))?;
        Ok(Self { written: written.to_owned(), whole })
    }

    /// Whether the whole of `text` matches.
    pub fn matches(&self, text: &str) -> bool {
        self.whole.is_match(text)
    }

    pub fn as_str(&self) -> &str {
        &self.written
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

/// The regex crate draws the pattern with a caret; the sentence stands last.
fn last_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Whether a text may travel into a batch script, an environment or a page.
///
/// No control characters (a line break would begin a new `#SBATCH` line), no invisible marks, no spaces but the
/// usual one, and no characters that templates of spawners give a meaning to.
pub fn is_safe_text(text: &str) -> bool {
    let odd = |c: char| matches!(c, '{' | '}' | '%') || (c != ' ' && c.is_whitespace());
    !has_odd(text) && !text.chars().any(odd)
}

/// Whether a safe text stays one word wherever a job script holds it, unquoted: for the shell, and for `sbatch`,
/// which divides its lines at spaces.
pub fn is_one_word(text: &str) -> bool {
    const READ_BY_A_SHELL: &str = "\"'`$&|;<>()#\\";
    !text.chars().any(|c| c.is_whitespace() || READ_BY_A_SHELL.contains(c))
}

#[cfg(test)]
mod tests {
    use super::{Pattern, is_one_word, is_safe_text};

    #[test]
    fn a_pattern_matches_the_whole_text_or_nothing() {
        let pattern = Pattern::new("[a-z]+|x1").expect("compiles");
        for (text, fits) in
            [("abc", true), ("x1", true), ("abc\n", false), ("1abc", false), ("abc x1", false)]
        {
            assert_eq!(pattern.matches(text), fits, "{text:?}");
        }
    }

    #[test]
    fn a_pattern_that_would_take_the_memory_is_refused() {
        let refused = Pattern::new("(((a{1,100}){1,100}){1,100}){1,100}").expect_err("too large");
        assert!(refused.contains("does not compile"), "{refused}");
    }

    #[test]
    fn texts_that_a_script_could_misread_are_not_safe() {
        for text in ["a\nb", "a\u{202E}b", "{x}", "100%", "\u{7f}", "a\u{2028}b", "a\u{a0}b"] {
            assert!(!is_safe_text(text), "{text:?}");
        }
        assert!(is_safe_text("my-job_1 (test)"));
        for text in ["a b", "$x", "a;b", "a#b", "`a`", "'a'", "a\\b"] {
            assert!(!is_one_word(text), "{text:?}");
        }
        assert!(is_one_word("node[1-4],a=b:c/d@e.f") && is_one_word(""));
    }
}

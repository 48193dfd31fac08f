//! Where somebody goes on to after signing in: a page of ours, or the front page.

/// The longest path that is remembered, in bytes.
const LONGEST: usize = 1024;

/// Pages that would send their visitor round in a circle, or away again.
const NEVER: [&str; 3] = ["login", "oauth_callback", "logout"];

/// `asked` where it is safe to go there, else `prefix` itself (requirement R17).
///
/// Safe is a path below `prefix` that every browser reads as one: plain ASCII, no `\`, no `//`, no
/// step back, nor any of these in disguise. `asked` is as a query holds it, decoded once.
pub fn checked(asked: Option<&str>, prefix: &str) -> String {
    asked.filter(|asked| is_below(asked, prefix)).unwrap_or(prefix).to_owned()
}

fn is_below(asked: &str, prefix: &str) -> bool {
    let Some(rest) = asked.strip_prefix(prefix) else { return false };
    let path = rest.split(['?', '#']).next().unwrap_or_default();
    asked.len() <= LONGEST
        && asked.bytes().all(|byte| byte.is_ascii_graphic() && !br#"\<>"^`{|}"#.contains(&byte))
        && !asked.contains("//")
        && path.split('/').all(|step| step != "." && step != "..")
        && escapes(path).all(|escaped| escaped.is_some_and(is_harmless))
        && !NEVER.contains(&path)
}

/// The byte that each `%` of `path` stands for; none for one that stands for nothing.
fn escapes(path: &str) -> impl Iterator<Item = Option<u8>> {
    let digits =
        |at: usize| path.get(at + 1..at + 3).filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit()));
    path.match_indices('%').map(move |(at, _)| u8::from_str_radix(digits(at)?, 16).ok())
}

/// Whether a byte has reason to be escaped, and means the same however often a path is decoded.
fn is_harmless(byte: u8) -> bool {
    !byte.is_ascii_control() && !byte.is_ascii_alphanumeric() && !br"/\%.?#".contains(&byte)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::checked;

    const P: &str = "/services/presets/";

    #[test]
    fn pages_of_ours_are_gone_on_to() {
        for path in [
            P.to_owned(),
            format!("{P}token"),
            format!("{P}groups/physics?x=1&y=a%20b#top"),
            format!("{P}?next=%2F%2Fevil.example"),
            format!("{P}gr%C3%BCn"),
            format!("{P}{}", "a".repeat(1024 - P.len())),
        ] {
            assert_eq!(checked(Some(&path), P), path);
        }
        assert_eq!(
            checked(Some("/j%20h/services/presets/token"), "/j%20h/services/presets/"),
            "/j%20h/services/presets/token"
        );
    }

    #[test]
    fn nothing_else_is() {
        // The first lines are the hub's own corpus (its tests/test_pages.py), and the requirement's.
        let strange = [
            "",
            "/",
            "//other",
            "///other/triple",
            "\\\\other\\backslashes",
            "/\\other",
            "other",
            "https://evil.example",
            "http:evil.example",
            "//evil.example/services/presets/",
            "javascript:alert(1)",
            "data:text/html,x",
            "/services/presets",
            "/services/presetsX/",
            "/services/presets@evil.example",
            "/SERVICES/presets/",
            "/hub/logout",
            " /services/presets/",
            "\t/services/presets/",
            "/\t/evil.example",
            "%2Fservices%2Fpresets%2F",
        ];
        let below = [
            "..",
            "../",
            "../../hub/home",
            "a/../../..",
            ".",
            "./token",
            "..%2f..%2f",
            "%2e%2e/",
            ".%2E/x",
            "%2e/",
            "a%2fb",
            "a%5cb",
            "%252e%252e/",
            "a%00b",
            "a%0d%0aSet-Cookie:x",
            "a\r\nb",
            "a\tb",
            "a\nb",
            "\0",
            "a\\b",
            "/evil.example",
            "a//b",
            "?next=//evil.example",
            "%",
            "%2",
            "%zz",
            "%+1",
            "a b",
            "<script>",
            "\"",
            "ü",
            "\u{202e}",
            "\u{ff0f}",
            "login",
            "login?next=x",
            "oauth_callback",
            "oauth_callback?code=x&state=y",
            "logout",
            "log%69n",
            "token%23",
            "%74oken",
        ];
        let long = format!("{P}{}", "a".repeat(1025 - P.len()));
        let strange = strange
            .map(str::to_owned)
            .into_iter()
            .chain(below.map(|rest| format!("{P}{rest}")))
            .chain([long]);
        for asked in strange {
            assert_eq!(checked(Some(&asked), P), P, "{asked:?}");
        }
        assert_eq!(checked(None, P), P);
    }

    /// What a browser would do with it (WHATWG URL, the parts that can lead astray), on the hub's origin.
    fn lands_below(location: &str) -> bool {
        let location: String = location.chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
        let location = location.trim_matches(|c: char| c <= ' ').replace('\\', "/");
        let path = location.split(['?', '#']).next().unwrap_or_default();
        let mut steps: Vec<&str> = vec![];
        let lower = path.to_ascii_lowercase().replace("%2e", ".");
        for step in lower.split('/').skip(1) {
            match step {
                "." => {}
                ".." => drop(steps.pop()),
                step => steps.push(step),
            }
        }
        location.starts_with('/')
            && !location.starts_with("//")
            && format!("/{}", steps.join("/")).starts_with(P)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_is_asked_the_browser_stays_below_the_prefix(
            asked in prop_oneof![
                any::<String>(),
                r"(/services/presets/)?(\.|\.\.|%2[eEfF]|%5[cC]|%25|/|\\|@|:|[?#]|\t|\n|%0[0aAdD]|[a-c]|//|evil\.example|ü){0,12}",
            ],
        ) {
            let next = checked(Some(&asked), P);
            prop_assert!(lands_below(&next), "{asked:?} leads to {next:?}");
            prop_assert!(next == P || next == asked);
        }
    }
}

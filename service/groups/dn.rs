//! Distinguished names (RFC 4514) in one spelling, so that two texts of one name compare equal.

/// `dn` in a normal form, or none where it is not a distinguished name.
///
/// Attribute types and values are lower-cased, escapes undone and applied anew, inner runs of
/// spaces folded (RFC 4518 insignificant space), and the parts of a multi-valued RDN sorted:
/// servers rewrite names freely (`cn=Data\, Science` comes back as `cn=Data\2C Science`).
/// The empty name is no group, and refused.
pub fn normalised(dn: &str) -> Option<String> {
    let mut rdns = Vec::new();
    for rdn in split(dn, ',')? {
        let mut parts = Vec::new();
        for part in split(rdn, '+')? {
            let (kind, value) = part.split_once('=')?;
            let kind = kind.trim();
            let well_formed = kind.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'));
            if kind.is_empty() || !well_formed {
                return None;
            }
            parts.push(format!("{}={}", kind.to_ascii_lowercase(), escaped(&folded(&unescaped(value)?))));
        }
        parts.sort();
        rdns.push(parts.join("+"));
    }
    Some(rdns.join(","))
}

/// The pieces of `text` between unescaped separators; none where an escape is cut off.
fn split(text: &str, separator: char) -> Option<Vec<&str>> {
    let (mut pieces, mut start, mut chars) = (Vec::new(), 0, text.char_indices());
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next()?;
        } else if c == separator {
            pieces.push(&text[start..at]);
            start = at + c.len_utf8();
        }
    }
    pieces.push(&text[start..]);
    Some(pieces)
}

/// The value itself: outer unescaped spaces dropped, `\xx` and `\c` undone.
fn unescaped(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut meant = 0; // how much of `bytes` must survive the trimming of trailing spaces
    let mut chars = value.trim_start_matches(' ').chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            if c != ' ' {
                meant = bytes.len();
            }
            continue;
        }
        let first = chars.next()?;
        if let Some(high) = first.to_digit(16) {
            let low = chars.next()?.to_digit(16)?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.extend_from_slice(first.encode_utf8(&mut [0; 4]).as_bytes());
        }
        meant = bytes.len();
    }
    bytes.truncate(meant);
    String::from_utf8(bytes).ok()
}

/// Lower case, with every run of spaces as one.
fn folded(value: &str) -> String {
    let words: Vec<&str> = value.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").to_lowercase()
}

fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for (at, c) in value.char_indices() {
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' | '=' => text.extend(['\\', c]),
            '#' if at == 0 => text.push_str("\\#"),
            c if c.is_control() => text.extend(c.to_string().bytes().map(|byte| format!("\\{byte:02x}"))),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::normalised;

    fn norm(dn: &str) -> String {
        normalised(dn).unwrap_or_else(|| panic!("{dn:?} is a name"))
    }

    #[test]
    fn spellings_of_one_name_compare_equal() {
        for (one, other) in [
            ("cn=Physics,ou=Groups,dc=Example,dc=org", "CN=physics, OU=groups, DC=example, DC=ORG"),
            (r"cn=Data\, Science,dc=x", r"cn=Data\2C Science,dc=x"),
            ("cn=a  b,dc=x", "cn=a b,dc=x"),
            ("cn=a+ou=b,dc=x", "ou=b+cn=a,dc=x"),
            (r"cn=\C3\89cole,dc=x", "cn=école,dc=x"),
        ] {
            assert_eq!(norm(one), norm(other), "{one} and {other}");
        }
    }

    #[test]
    fn different_names_stay_different() {
        for (one, other) in [
            (r"cn=a\,dc=x", "cn=a,dc=x"),
            ("cn=ab,dc=x", "cn=a b,dc=x"),
            (r"cn=a\+ou=b,dc=x", "cn=a+ou=b,dc=x"),
        ] {
            assert_ne!(norm(one), norm(other), "{one} and {other}");
        }
    }

    #[test]
    fn a_normal_form_is_its_own_normal_form() {
        for dn in [r"cn=Data\, Science+ou=\#1,dc=x", "cn=<script>,dc=x", r"cn=\0a\20,dc=x"] {
            assert_eq!(norm(&norm(dn)), norm(dn), "{dn}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["", "physics", "=x,dc=y", r"cn=a\", r"cn=\zz\f", "cn=a,,dc=x", r"cn=\ff,dc=x"] {
            assert_eq!(normalised(text), None, "{text:?}");
        }
    }
}

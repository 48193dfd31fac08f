//! Titles that look alike: two cards that nobody could tell apart.

use unicode_security::skeleton;

/// What a title looks like: the same text for each title that people take for it, by the confusables of Unicode (UTS #39)
/// and whatever its case and spaces.
pub fn looks(title: &str) -> String {
    let seen: String = skeleton(title).filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
    // A small letter may look like another one where the large one does not.
    skeleton(&seen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_take_for_the_same_looks_the_same() {
        for (one, other) in [
            ("PyTorch", "PyTоrch"),
            ("PyTorch", "Pytorch"),
            ("AI school 1", "Al school l"),
            ("8 cores", "8  cores"),
            ("scope", "ѕсоре"),
            ("Übung", "U\u{308}bung"),
            ("GPU", "ＧＰＵ"),
        ] {
            assert_eq!(looks(one), looks(other), "{one} {other}");
        }
    }

    #[test]
    fn what_people_tell_apart_looks_different() {
        for (one, other) in
            [("1 GPU", "2 GPUs"), ("Rome", "Genoa"), ("Kurs", "Kürs"), ("GPU", "CPU"), ("日本", "日木")]
        {
            assert_ne!(looks(one), looks(other), "{one} {other}");
        }
    }
}

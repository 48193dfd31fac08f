//! A text as what differs from another one: the same card, with other values in it.

/// Parts of a text, and what stands there instead.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) struct Difference {
    /// Ascending.
    parts: Box<[Part]>,
    /// What stands instead, one after the other.
    new: Box<str>,
}

/// Bytes of the first text, and how many there are of what stands instead.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Part {
    begin: u32,
    end: u32,
    new: u32,
}

impl Difference {
    /// What makes `text` of `base`, each shorter than 4 GiB: by the pieces between `separator`s, where both have the
    /// same number of them.
    pub fn between(base: &str, text: &str, separator: &str) -> Self {
        let (mut parts, mut new) = (Vec::new(), String::new());
        let mut add = |at: usize, old: &str, other: &str| {
            if old == other {
                return;
            }
            let [before, after] = in_common(old, other);
            let written = &other[before..other.len() - after];
            new.push_str(written);
            let [begin, end, new] = [at + before, at + old.len() - after, written.len()]
                .map(|n| u32::try_from(n).unwrap_or(u32::MAX));
            parts.push(Part { begin, end, new });
        };
        if base.matches(separator).count() == text.matches(separator).count() {
            let mut at = 0;
            for (old, other) in base.split(separator).zip(text.split(separator)) {
                add(at, old, other);
                at += old.len() + separator.len();
            }
        } else {
            add(0, base, text);
        }
        Self { parts: parts.into(), new: new.into() }
    }

    /// Where the texts begin to differ, in bytes; none where they do not.
    pub fn begin(&self) -> Option<usize> {
        self.parts.first().map(|part| part.begin as usize)
    }

    /// Bytes that it takes.
    pub fn weight(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.parts) + self.new.len()
    }

    /// Writes what was `text`, of `base`, from a byte on that is not behind [`Difference::begin`].
    pub fn write(&self, base: &str, from: usize, to: &mut String) {
        let (mut at, mut new) = (from, &*self.new);
        for part in &self.parts {
            to.push_str(&base[at..part.begin as usize]);
            let (this, rest) = new.split_at(part.new as usize);
            to.push_str(this);
            (at, new) = (part.end as usize, rest);
        }
        to.push_str(&base[at..]);
    }
}

/// How many bytes two texts have in common, at the beginning and behind that at the end; whole characters.
fn in_common(one: &str, other: &str) -> [usize; 2] {
    let same = |(one, other): &(char, char)| one == other;
    let before = one.chars().zip(other.chars()).take_while(same).map(|(c, _)| c.len_utf8()).sum();
    let rests = one[before..].chars().rev().zip(other[before..].chars().rev());
    [before, rests.take_while(same).map(|(c, _)| c.len_utf8()).sum()]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn made(base: &str, text: &str) -> String {
        let mut to = String::new();
        Difference::between(base, text, "|").write(base, 0, &mut to);
        to
    }

    proptest! {
        #[test]
        fn what_differs_makes_the_one_text_of_the_other(base in "[aäb|]{0,12}", text in "[aäb|]{0,12}") {
            prop_assert_eq!(made(&base, &text), text);
        }

        #[test]
        fn it_is_written_from_anywhere_before_what_differs(base in "[ab|]{0,12}", text in "[ab|]{0,12}") {
            let difference = Difference::between(&base, &text, "|");
            let from = difference.begin().unwrap_or(base.len());
            let mut to = base[..from].to_owned();
            difference.write(&base, from, &mut to);
            prop_assert_eq!(to, text);
        }
    }

    #[test]
    fn little_is_kept_where_little_differs() {
        let difference = Difference::between("<a>4</a>|<b>rome</b>|c", "<a>16</a>|<b>milan</b>|c", "|");
        assert_eq!(&*difference.new, "16milan");
        assert_eq!(difference.begin(), Some(3));
        assert_eq!(Difference::between("same", "same", "|").begin(), None);
    }
}

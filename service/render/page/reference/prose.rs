//! Text of the description as a page shows it: words, and code between backticks.

/// Pieces of a sentence, each code or not.
pub type Prose = Vec<Piece>;

#[derive(Debug, PartialEq, Eq)]
pub struct Piece {
    pub is_code: bool,
    pub text: String,
}

/// Splits at backticks. What is never closed is no code.
pub fn prose(text: &str) -> Prose {
    let parts: Vec<&str> = text.split('`').collect();
    let closed = parts.len() % 2 == 1;
    let last = parts.len() - 1;
    let piece = |(n, part): (usize, &&str)| Piece {
        is_code: n % 2 == 1 && (closed || n != last),
        text: (*part).to_owned(),
    };
    parts.iter().enumerate().map(piece).filter(|piece| !piece.text.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_stands_between_backticks() {
        let told = |text: &str| -> Vec<(bool, String)> {
            prose(text).into_iter().map(|piece| (piece.is_code, piece.text)).collect()
        };
        assert_eq!(told(""), []);
        assert_eq!(
            told("send `a` or `b`"),
            [
                (false, "send ".to_owned()),
                (true, "a".to_owned()),
                (false, " or ".to_owned()),
                (true, "b".to_owned())
            ]
        );
        assert_eq!(told("it`s"), [(false, "it".to_owned()), (false, "s".to_owned())]);
    }
}

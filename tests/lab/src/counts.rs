//! How many tests a runner says it ran, read from its closing lines.

/// Tests by outcome.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Counts {
    pub passed: u32,
    pub failed: u32,
    pub skipped: u32,
}

/// Which runner's closing line to look for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Runner {
    /// `test result: ok. 12 passed; 0 failed; 1 ignored; …`, once per test binary.
    Cargo,
    /// `12 passed, 1 skipped in 3.21s`, with or without `=====` around it.
    Pytest,
    /// None: the exit status is one test.
    Status,
}

impl Runner {
    /// The name of the test that `line` says has failed.
    pub fn failure_in(self, line: &str) -> Option<&str> {
        let line = line.trim();
        match self {
            Self::Cargo => line.strip_prefix("test ")?.strip_suffix(" ... FAILED"),
            Self::Pytest => {
                let rest = line.strip_prefix("FAILED ").or_else(|| line.strip_prefix("ERROR "))?;
                rest.split_whitespace().next().filter(|name| name.contains(".py"))
            }
            Self::Status => None,
        }
    }
}

impl Counts {
    /// One test, decided by an exit status.
    pub fn of_status(success: bool) -> Self {
        if success { Self { passed: 1, ..Self::default() } } else { Self { failed: 1, ..Self::default() } }
    }

    /// Adds what `line` says, if it is a closing line of `runner`.
    pub fn read(&mut self, runner: Runner, line: &str) {
        match runner {
            Runner::Cargo => {
                if let Some(result) = line.trim().strip_prefix("test result: ") {
                    let (_, numbers) = result.split_once(". ").unwrap_or(("", result));
                    numbers.split(';').for_each(|part| self.add_number_first(part));
                }
            }
            Runner::Pytest => {
                let line = line.trim().trim_matches('=').trim();
                if let Some((numbers, _)) = line.rsplit_once(" in ")
                    && is_pytest_summary(numbers)
                {
                    numbers.split(',').for_each(|part| self.add_number_first(part));
                }
            }
            Runner::Status => {}
        }
    }

    /// Adds `12 passed`.
    fn add_number_first(&mut self, part: &str) {
        let mut words = part.split_whitespace();
        if let (Some(number), Some(what)) = (words.next(), words.next()) {
            self.add(what, number.parse().unwrap_or(0));
        }
    }

    fn add(&mut self, what: &str, number: u32) {
        match what {
            "passed" => self.passed += number,
            // A test that passes though it was expected to fail is a test whose expectation is wrong.
            "failed" | "error" | "errors" | "xpassed" => self.failed += number,
            "skipped" | "ignored" | "xfailed" => self.skipped += number,
            _ => {}
        }
    }
}

impl std::ops::AddAssign for Counts {
    fn add_assign(&mut self, more: Self) {
        self.passed += more.passed;
        self.failed += more.failed;
        self.skipped += more.skipped;
    }
}

fn is_pytest_summary(numbers: &str) -> bool {
    const WORDS: [&str; 10] = [
        "passed",
        "failed",
        "skipped",
        "error",
        "errors",
        "xfailed",
        "xpassed",
        "deselected",
        "warning",
        "warnings",
    ];
    numbers.split(',').all(|part| {
        let mut words = part.split_whitespace();
        words.next().is_some_and(|number| number.parse::<u32>().is_ok())
            && words.next().is_some_and(|word| WORDS.contains(&word))
            && words.next().is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(runner: Runner, text: &str) -> Counts {
        let mut counts = Counts::default();
        text.lines().for_each(|line| counts.read(runner, line));
        counts
    }

    #[test]
    fn test_binaries_of_cargo_add_up() {
        let text = "running 3 tests\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 7 filtered out; finished in 0.01s\n\
            test result: FAILED. 4 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s\n";
        assert_eq!(counted(Runner::Cargo, text), Counts { passed: 6, failed: 1, skipped: 1 });
    }

    #[test]
    fn a_closing_line_of_pytest_counts_quiet_or_not() {
        let loud = "==== 1 failed, 12 passed, 2 skipped, 3 warnings in 3.21s (0:00:03) ====";
        assert_eq!(counted(Runner::Pytest, loud), Counts { passed: 12, failed: 1, skipped: 2 });
        assert_eq!(counted(Runner::Pytest, "5 passed in 0.10s").passed, 5);
        assert_eq!(counted(Runner::Pytest, "1 error in 0.10s").failed, 1);
    }

    #[test]
    fn a_failed_test_is_named() {
        assert_eq!(Runner::Cargo.failure_in("test api::forms ... FAILED"), Some("api::forms"));
        assert_eq!(Runner::Cargo.failure_in("test result: FAILED. 4 passed; 1 failed; 0 ignored"), None);
        let line = "FAILED tests/hub/test_start.py::test_starts[form] - AssertionError: no";
        assert_eq!(Runner::Pytest.failure_in(line), Some("tests/hub/test_start.py::test_starts[form]"));
        assert_eq!(Runner::Pytest.failure_in("ERROR while waiting"), None);
    }

    #[test]
    fn a_sentence_with_a_number_in_it_is_no_closing_line() {
        assert_eq!(counted(Runner::Pytest, "5 passed the door in 3 days"), Counts::default());
        assert_eq!(counted(Runner::Cargo, "12 passed; 0 failed"), Counts::default());
    }
}

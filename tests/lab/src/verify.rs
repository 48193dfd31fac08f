//! `cargo verify`: installs what is missing, runs the suites, and closes with `N passed, N failed`.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::counts::Counts;
use crate::lanes;
use crate::places::State;
use crate::progress::Progress;
use crate::setup::{Effort, Setup};
use crate::signals;
use crate::steps::{answer, say};
use crate::suites::{SUITES, Suite};
use crate::trouble::{Result, Trouble};

/// What became of a suite.
struct Outcome {
    suite: &'static Suite,
    counts: Counts,
    complaints: Vec<String>,
    took: Duration,
    log: PathBuf,
}

/// Runs the suites named (all of them without names); whether every one of them succeeded.
///
/// With `only`, of each suite no more than the tests with that word in their name.
pub fn verify(names: &[String], only: Option<String>, effort: Effort, state: &State) -> Result<bool> {
    let suites = chosen(names, effort)?;
    say(format!("Checking {} suites. Logs: {}", suites.len(), state.folder().join("logs").display()));
    let whole = only.is_none();
    let progress = match effort {
        Effort::Soak if whole => Some(Progress::of_this_tree(&state.log("setup"))?),
        _ => None,
    };
    let setup = Setup::of(&suites, only, effort, progress.as_ref().map(Progress::trials), state)?;
    let outcomes = lanes::run(&suites, effort == Effort::Verify, |suite| {
        signals::check()?;
        let log = state.log(&format!("suite-{}", suite.name));
        if let Some((counts, took)) = progress.as_ref().and_then(|progress| progress.done(suite.name)) {
            say(format!("\n{}: passed before this soak was stopped", suite.name));
            return Ok(Outcome { suite, counts, complaints: vec![], took, log });
        }
        let outcome = run(&setup, suite, log)?;
        if let (Some(progress), 0) = (&progress, outcome.counts.failed) {
            progress.note(suite.name, outcome.counts, outcome.took)?;
        }
        Ok(outcome)
    })?;
    drop(setup);
    report(&outcomes);
    let sound = outcomes.iter().all(|outcome| outcome.counts.failed == 0);
    if let (Some(progress), true) = (progress, sound) {
        progress.forget();
    }
    Ok(sound)
}

/// The suites and what they are about.
pub fn list() {
    for suite in SUITES {
        answer(format!("{:<12} at least {:>4} tests   {}", suite.name, suite.minimum, suite.about));
    }
}

fn chosen(names: &[String], effort: Effort) -> Result<Vec<&'static Suite>> {
    if let Some(unknown) = names.iter().find(|name| !SUITES.iter().any(|suite| suite.name == **name)) {
        let known: Vec<&str> = SUITES.iter().map(|suite| suite.name).collect();
        return Err(Trouble::new(format!("`{unknown}` is no suite; there are {}", known.join(", "))));
    }
    let unless_named = |suite: &Suite| effort == Effort::Verify || suite.soaks;
    let named = |suite: &Suite| names.iter().any(|name| name == suite.name);
    Ok(SUITES
        .iter()
        .filter(|suite| if names.is_empty() { unless_named(suite) } else { named(suite) })
        .collect())
}

fn run(setup: &Setup, suite: &'static Suite, log: PathBuf) -> Result<Outcome> {
    let begun = Instant::now();
    say(format!("\n{}: {}", suite.name, suite.about));
    let mut counts = Counts::default();
    let mut complaints = Vec::new();
    let mut unreported = 0;
    for step in suite.steps {
        let before = complaints.len();
        match setup.run(suite, step, &log, &mut complaints) {
            Ok(more) => {
                counts += more;
                // The runner failed though none of its tests did.
                unreported += usize::from(more.failed == 0 && complaints.len() > before);
            }
            Err(trouble) if trouble.is_interruption() => return Err(trouble),
            Err(trouble) => {
                unreported += 1;
                complaints.push(trouble.to_string());
            }
        }
    }
    let short = if setup.runs_all() { shortcomings(suite, counts) } else { vec![] };
    unreported += short.len();
    complaints.extend(short);
    counts.failed += u32::try_from(unreported).unwrap_or(u32::MAX);
    Ok(Outcome { suite, counts, complaints, took: begun.elapsed(), log })
}

/// Failures that no test reported: too few tests, or too many of them skipped.
fn shortcomings(suite: &Suite, counts: Counts) -> Vec<String> {
    let mut found = Vec::new();
    let ran = counts.passed + counts.failed;
    if ran < suite.minimum {
        found.push(format!("{ran} tests ran, at least {} are expected", suite.minimum));
    }
    if counts.skipped > suite.may_skip {
        found.push(format!("{} tests were skipped, {} may be", counts.skipped, suite.may_skip));
    }
    found
}

fn report(outcomes: &[Outcome]) {
    answer("\nsuite        passed  failed  skipped  minimum  seconds");
    let mut all = Counts::default();
    for outcome in outcomes {
        let Counts { passed, failed, skipped } = outcome.counts;
        answer(format!(
            "{:<12} {passed:>6}  {failed:>6}  {skipped:>7}  {:>7}  {:>7.0}",
            outcome.suite.name,
            outcome.suite.minimum,
            outcome.took.as_secs_f64()
        ));
        all += outcome.counts;
    }
    for outcome in outcomes.iter().filter(|outcome| outcome.counts.failed > 0) {
        answer(format!("\n{} (log: {})", outcome.suite.name, outcome.log.display()));
        for complaint in &outcome.complaints {
            answer(format!("  {complaint}"));
        }
    }
    answer("");
    answer(format!("{} passed, {} failed", all.passed, all.failed));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> &'static Suite {
        SUITES.iter().find(|suite| suite.name == name).expect("it is a suite")
    }

    #[test]
    fn too_few_tests_are_a_failure_though_all_of_them_passed() {
        let few = Counts { passed: 3, ..Counts::default() };
        assert_eq!(
            shortcomings(of("rust"), few),
            [format!("3 tests ran, at least {} are expected", of("rust").minimum)]
        );
    }

    #[test]
    fn a_skipped_test_is_a_failure() {
        let one_skipped = Counts { passed: 1000, skipped: 1, ..Counts::default() };
        assert_eq!(shortcomings(of("hub"), one_skipped), ["1 tests were skipped, 0 may be"]);
    }

    #[test]
    fn a_soak_without_names_runs_what_gains_by_more_rounds() {
        let names: Vec<&str> =
            chosen(&[], Effort::Soak).into_iter().flatten().map(|suite| suite.name).collect();
        assert_eq!(names, ["hub", "rust", "schemathesis", "outages", "faults", "hostile"]);
    }

    #[test]
    fn an_unknown_suite_is_refused_with_the_known_ones() {
        let refusal = chosen(&["hubb".to_owned()], Effort::Verify)
            .err()
            .map(|trouble| trouble.to_string())
            .unwrap_or_default();
        assert!(refusal.contains("format, frontend, clippy, enforcement"), "{refusal}");
    }
}

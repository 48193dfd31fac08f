//! Which suites run side by side: what waits runs beside what computes, and what measures time runs alone.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::packages::Need;
use crate::suites::Suite;
use crate::trouble::Result;

/// How many suites run at once. Those with a hub mostly wait for it: two of them keep two cores busy, and no deadline
/// has to wait for a third.
const WIDTH: usize = 2;

/// Runs each suite, and returns what became of them in the order of `suites`.
///
/// What only builds comes first and by itself, so that no test's deadline meets a compiler; then the others side by
/// side, cargo's one after the other; last, each by itself, those that need quiet.
pub fn run<T: Send>(
    suites: &[&'static Suite],
    side_by_side: bool,
    run: impl Fn(&'static Suite) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let outcomes: Mutex<Vec<(usize, T)>> = Mutex::default();
    let run_lane = |lane: &[usize]| {
        lane.iter().try_for_each(|place| {
            let outcome = run(suites[*place])?;
            outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((*place, outcome));
            Ok(())
        })
    };
    let plan = plan(suites, side_by_side);
    run_lane(&plan.first)?;
    let waiting = Mutex::new(plan.beside);
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    std::thread::scope(|scope| {
        let worker = || std::iter::from_fn(next).try_for_each(|lane| run_lane(&lane));
        let workers: Vec<_> = (0..WIDTH).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().try_for_each(|worker| match worker.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        })
    })?;
    run_lane(&plan.last)?;
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(place, _)| *place);
    Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}

/// Places of suites: one lane, lanes side by side, and one lane.
#[derive(Debug, Default, PartialEq)]
struct Plan {
    first: Vec<usize>,
    beside: VecDeque<Vec<usize>>,
    last: Vec<usize>,
}

fn plan(suites: &[&'static Suite], side_by_side: bool) -> Plan {
    let mut plan = Plan::default();
    let mut cargos: Option<usize> = None;
    for (place, suite) in suites.iter().enumerate() {
        if suite.only_builds() {
            plan.first.push(place);
        } else if suite.needs(Need::Quiet) || !side_by_side {
            plan.last.push(place);
        } else if let (true, Some(lane)) = (suite.is_cargos(), cargos) {
            plan.beside[lane].push(place);
        } else {
            if suite.is_cargos() {
                cargos = Some(plan.beside.len());
            }
            plan.beside.push_back(vec![place]);
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suites::SUITES;
    use crate::trouble::Trouble;

    fn all() -> Vec<&'static Suite> {
        SUITES.iter().collect()
    }

    fn names(places: &[usize]) -> Vec<&'static str> {
        places.iter().map(|place| SUITES[*place].name).collect()
    }

    #[test]
    fn what_builds_comes_first_and_what_measures_time_is_alone_at_the_end() {
        let plan = plan(&all(), true);
        assert_eq!(names(&plan.first), ["format", "frontend", "clippy"]);
        assert!(names(&plan.last).ends_with(&["outages", "faults", "hostile"]), "{plan:?}");
        assert!(plan.beside.iter().any(|lane| names(lane) == ["rust", "plain", "replicas"]), "{plan:?}");
        let count = plan.first.len() + plan.beside.iter().map(Vec::len).sum::<usize>() + plan.last.len();
        assert_eq!(count, SUITES.len());
    }

    #[test]
    fn outcomes_come_in_the_order_of_the_suites_whoever_is_done_first() {
        let outcomes = run(&all(), true, |suite| Ok(suite.name)).expect("nothing fails");
        assert_eq!(outcomes, SUITES.iter().map(|suite| suite.name).collect::<Vec<_>>());
    }

    #[test]
    fn an_interruption_ends_all_lanes() {
        let outcome =
            run(
                &all(),
                true,
                |suite| {
                    if suite.name == "plugin" { Err(Trouble::interrupted()) } else { Ok(()) }
                },
            );
        assert!(outcome.is_err_and(|trouble| trouble.is_interruption()));
    }
}

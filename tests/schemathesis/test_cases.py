"""Thousands of requests from the description: none is answered with a 5xx, or with what the description does not say."""

import pytest
from runs import CASES, PRINCIPALS


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
@pytest.mark.parametrize("principal", PRINCIPALS)
def test_every_answer_is_one_that_is_described(runs, database, principal):
    run = runs(database, principal)
    assert run.cases >= CASES and run.complete
    assert (run.answered_5xx, run.undocumented, run.failures) == (0, 0, 0), run.told()

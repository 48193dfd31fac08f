"""The hub's API away, slow, odd, or with new tokens: its callers are told in time, and the plugin's own way goes on."""

import pytest
from keepers import SqliteKeeper
from odd_hub import ODD, OddHub
from running import Service
from trials import LASTS, Fault, trial


class Hub(Fault):
    """F20–F23: programs that call with tokens; people's starts through the plugin must not notice."""

    watches = "call"
    callers = 32
    # Ten megabytes from the hub, 32 at a time: what is read of them is bounded.
    grows = 24

    def __init__(self, service, keeper, hub, way):
        super().__init__(service, keeper)
        self.hub, self.way, self.name = hub, way, f"hub's API: {way}"
        self.refusal = 401 if way == "tokens void" else 503
        # Long enough that some thousand odd answers come; those that wait need their time.
        self.lasts = LASTS if way in ("slow", "silent", "trickle") else 0.5

    def begin(self):
        if self.way == "down":
            self.hub.leave()
        else:
            self.hub.way = "void" if self.way == "tokens void" else self.way

    def end(self):
        self.hub.way = "well"
        if self.way == "down":
            self.hub.come_back()

    def must_hold(self, everybody):
        # One call for each that waits: programs, and the two who save with tokens of their own. A hub learns only by
        # writing that nobody waits any more, so of each there may be one more that was given up.
        assert self.hub.most_at_once <= 2 * (self.callers + 2), "calls are left behind"


@pytest.mark.parametrize("way", ["down", "slow", "silent", "trickle", *ODD, "tokens void"])
def test_callers_are_told_in_time_and_starts_go_on_when_the_hubs_api_is(program, tmp_path, ledger, way):
    for number in ledger.to_do(f"hub's API: {way}", SqliteKeeper.name):
        folder = tmp_path / f"service-{number}"
        folder.mkdir()
        keeper, hub = SqliteKeeper(folder), OddHub()
        service = Service(program, folder, keeper.url, hub=hub.config(folder))
        service.apply()
        try:
            trial(Hub(service, keeper, hub, way), ledger)
        finally:
            hub.leave()


def test_it_starts_before_its_hub_and_after_it(program, tmp_path):
    """F24."""
    hub = OddHub()
    service = Service.on_sqlite(program, tmp_path / "after", hub=hub.config(tmp_path))
    service.apply()
    service.start().ready()
    try:
        assert service.form_by("token-of-a-program-1")[0] == 200
        hub.leave()
        service.kill()
        service.start().ready()
        assert service.form()[0] == 200, "the plugin's way needs no hub"
        status, problem = service.form_by("token-of-a-program-1")
        assert status == 503, problem
        hub.come_back()
        assert service.form_by("token-of-a-program-1")[0] == 200
    finally:
        service.kill()
        hub.leave()

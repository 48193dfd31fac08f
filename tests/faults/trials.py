"""One trial of one fault, what must hold meanwhile, and the table of all of them; a soak goes on where it was stopped."""

import json
import os
import time
from collections import defaultdict
from pathlib import Path

from everybody import Everybody, lost
from running import eventually

TRIALS = int(os.environ.get("PRESETS_TRIALS", "1"))
LASTS = 2.5
LOCK_LASTS = float(os.environ.get("PRESETS_LOCK_SECONDS", LASTS))
# Seconds within which a start is answered whatever is broken (F30, F32), and a form (the plugin's patience).
START_IN, FORM_IN, LIVE_IN = 3.0, 2.0, 1.0
HEADER = ("fault", "database", "trials", "as required", "acknowledged", "lost", "recovery s", "start ≤ s", "form ≤ s")


class Ledger:
    """Every trial's outcome. With `PRESETS_LEDGER` (a file) it outlives the run, and trials in it are not made again."""

    def __init__(self):
        self.rows = defaultdict(list)
        path = os.environ.get("PRESETS_LEDGER")
        self._file = Path(path) if path else None
        if self._file and self._file.exists():
            for line in self._file.read_text().splitlines():
                row = json.loads(line)
                if row["as_required"]:
                    self.rows[row["fault"], row["database"]].append(row)

    def to_do(self, fault, database, trials=None):
        """The numbers of the trials that are still to be made."""
        return range(len(self.rows[fault, database]) + 1, (trials or TRIALS) + 1)

    def note(self, fault, database, **outcome):
        row = {"fault": fault, "database": database, **outcome}
        self.rows[fault, database].append(row)
        if self._file:
            with open(self._file, "a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")

    def table(self):
        def worst(rows, what):
            found = [row[what] for row in rows if row.get(what) is not None]
            return f"{max(found):.2f}" if found else ""

        return [
            (
                fault, database, len(rows), sum(row["as_required"] for row in rows),
                sum(row.get("acknowledged") or 0 for row in rows), sum(row.get("lost") or 0 for row in rows),
                worst(rows, "recovery"), worst(rows, "start"), worst(rows, "form"),
            )
            for (fault, database), rows in self.rows.items() if rows
        ]


class Fault:
    """What is broken, and what must hold while it is. Subclasses break something in `begin` and mend it in `end`."""

    name = ""
    # Whether no start can be recorded meanwhile.
    refuses = True
    # Whether some starts find a place all the same; they are kept, or they would count as lost.
    some_fit = False
    # Whether the service itself is away for a moment, too.
    restarts = False
    # Seconds it may take after the end until starts are given again.
    recovers_in = 5.0
    # Seconds between the first refusal and the mending.
    lasts = LASTS
    # How many people start servers meanwhile.
    starters = 4

    def __init__(self, service, keeper):
        self.service, self.keeper = service, keeper

    def begin(self):
        raise NotImplementedError

    def end(self):
        pass

    def must_hold(self, everybody):
        """Beyond what holds for all faults, while it lasts."""


def trial(fault, ledger):
    """Breaks something under load, mends it, and sees to it that nothing acknowledged was lost, after a kill -9 at last."""
    outcome = {"as_required": False}
    fault.service.start().ready()
    everybody = Everybody(fault.service, starters=fault.starters)
    try:
        with everybody:
            everybody.await_starts(20)
            threads = fault.service.threads()
            struck = time.monotonic()
            fault.begin()
            broken = time.monotonic()
            try:
                if fault.refuses:
                    eventually(lambda: any(a.status == 503 for a in everybody.of("start", broken)), 10, "a start is refused")
                refused_from = time.monotonic()
                time.sleep(fault.lasts)  # the fault lasts: this is the experiment, not a wait
                fault.must_hold(everybody)
            finally:
                mending = time.monotonic()
                fault.end()
            mended = time.monotonic()
            eventually(lambda: everybody.acknowledged(mending), 30, "starts are given again", every=0.005)
            given_again = min(a.ended for a in everybody.of("start", mending) if a.status == 200)
            outcome["recovery"] = max(0.0, given_again - mended)
            everybody.await_starts(20)
            eventually(lambda: fault.service.is_ready(), 10, "it says that it is ready", every=0.05)
        more_threads = fault.service.threads() - max(threads, 16)
        fault.service.kill()
        acknowledged = everybody.acknowledged()
        outcome["acknowledged"] = len(acknowledged)
        gone = lost(acknowledged, fault.keeper)
        outcome["lost"] = len(gone)
        starts, forms, lives = (everybody.of(kind, struck) for kind in ("start", "form", "live"))
        outcome["start"], outcome["form"] = (max(a.took for a in answers) for answers in (starts, forms))
        assert not gone, gone[:5]
        fault.keeper.must_be_sound()
        away = {0} if fault.restarts else set()
        assert {a.status for a in starts} <= {200, 503} | away, sorted({a.status for a in starts})
        assert {a.status for a in forms} <= {200} | away, sorted({a.status for a in forms})
        assert {a.status for a in lives} <= {200} | away, sorted({a.status for a in lives})
        if fault.refuses and not fault.some_fit:
            given = [a for a in everybody.of("start", refused_from, mending) if a.ended < mending and a.status == 200]
            assert not given, f"given though nothing could be kept: {given[:3]}"
        for answers, allowed in ((starts, START_IN), (forms, FORM_IN), (lives, LIVE_IN)):
            slowest = max(answers, key=lambda a: a.took)
            assert slowest.took <= allowed, slowest
        assert outcome["recovery"] <= fault.recovers_in, outcome
        assert more_threads <= 8, "threads pile up"
        outcome["as_required"] = True
    finally:
        fault.service.kill()
        ledger.note(fault.name, fault.keeper.name, **outcome)

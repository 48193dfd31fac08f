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
START_IN, SAVE_IN, FORM_IN, LIVE_IN = 3.0, 3.0, 2.0, 1.0
# Four workers, each with at most as many threads for the database as there are connections, and a few more.
MOST_THREADS = 48
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
    # Whose answers are about it; all others go on as if nothing were.
    watches = "start"
    # Whether none of them can be given meanwhile, and what is answered instead.
    refuses = True
    refusal = 503
    # Whether some find a place all the same; they are kept, or they would count as lost.
    some_fit = False
    # Seconds it may take after the end until they are given again.
    recovers_in = 5.0
    # Seconds between the first refusal and the mending.
    lasts = LASTS
    # How many people start servers meanwhile, and how many programs call with tokens of their own.
    starters, callers = 4, 0
    # MB that it may grow meanwhile.
    grows = 64

    def __init__(self, service, keeper):
        self.service, self.keeper = service, keeper
        # From when to when the service itself was away, because it was started anew.
        self.away = []

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
    everybody = Everybody(fault.service, starters=fault.starters, callers=fault.callers)
    try:
        with everybody:
            everybody.await_starts(20)
            memory = fault.service.memory()
            struck = time.monotonic()
            fault.begin()
            broken = time.monotonic()
            try:
                if fault.refuses:
                    refused = lambda: any(a.status == fault.refusal for a in everybody.of(fault.watches, broken))  # noqa: E731
                    eventually(refused, 10, "one is refused")
                refused_from = time.monotonic()
                time.sleep(fault.lasts)  # the fault lasts: this is the experiment, not a wait
                fault.must_hold(everybody)
            finally:
                mending = time.monotonic()
                fault.end()
            mended = time.monotonic()
            outcome["recovery"] = max(0.0, everybody.first_given(fault.watches, mending) - mended)
            everybody.await_starts(20)
            eventually(lambda: fault.service.is_ready(), 10, "it says that it is ready", every=0.05)
        threads = fault.service.threads()
        more_memory = fault.service.memory() - memory
        fault.service.kill()
        outcome["acknowledged"] = len(everybody.acknowledged()) + len(everybody.saved())
        gone = lost(everybody, fault.keeper)
        outcome["lost"] = len(gone)
        for kind in ("start", "form"):
            outcome[kind] = max(answer.took for answer in everybody.of(kind, struck))
        assert not gone, gone[:5]
        fault.keeper.must_be_sound()
        must_be_answered(fault, everybody, struck)
        if fault.refuses and not fault.some_fit:
            given = [a for a in everybody.of(fault.watches, refused_from, mending) if a.ended < mending and a.status == 200]
            assert not given, f"given though it could not be: {given[:3]}"
        assert outcome["recovery"] <= fault.recovers_in, outcome
        assert threads <= MOST_THREADS, f"{threads} threads"
        assert more_memory <= fault.grows or fault.away, f"{more_memory:.0f} MB more"
        outcome["as_required"] = True
    finally:
        fault.service.kill()
        ledger.note(fault.name, fault.keeper.name, **outcome)


def must_be_answered(fault, everybody, struck):
    """In time, and with no status but those that belong to the fault."""
    for kind, within in (("start", START_IN), ("save", SAVE_IN), ("call", START_IN), ("form", FORM_IN), ("live", LIVE_IN)):
        answers = [
            answer for answer in everybody.of(kind, struck)
            if not any(answer.begun <= back and answer.ended >= gone for gone, back in fault.away)
        ]
        allowed = {200} | ({fault.refusal} if kind in (fault.watches, "save") else set())
        # How one learns that the one before was kept, though nobody was told.
        allowed |= {412} if kind == "save" else set()
        odd = [answer for answer in answers if answer.status not in allowed]
        assert not odd, odd[:3]
        late = [answer for answer in answers if answer.took > within]
        assert not late, late[:3]

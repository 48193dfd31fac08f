"""A thousand slow clients at once: whoever else asks is answered as before."""

import subprocess
import time

import pytest
from conftest import SOAK
from running import PREFIX, WITH_US
from talk import LIVE, Bystander

CONNECTIONS = 1000
LASTS = 60 if SOAK else 4
WORST = 500  # milliseconds, for 99 of 100 requests of somebody else

ATTACKS = {
    "slow heads": ["-H", "-u", LIVE],
    "slow bodies": ["-B", "-s", "8192", "-u", f"{PREFIX}api/v1/hub/form"],
    "ranges": ["-R", "-a", "10", "-b", "3000", "-u", LIVE],
    "slow readers": ["-X", "-w", "512", "-y", "1024", "-n", "1", "-z", "32", "-k", "3", "-u", f"{PREFIX}api/v1/openapi.json"],
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_somebody_else_is_answered_while_a_thousand_are_slow(way, attack, service, table, tmp_path):
    name, port = way
    options = list(ATTACKS[attack])
    options[-1] = f"http://127.0.0.1:{port}{options[-1]}"
    command = ["slowhttptest", "-c", str(CONNECTIONS), "-r", str(CONNECTIONS), "-i", "1", "-l", str(LASTS), "-p", "5", *options]
    with open(tmp_path / "slowhttptest.log", "wb") as log, Bystander(port, "patient", every=0.005, starts=False) as bystander:
        began = time.monotonic()
        subprocess.run([*WITH_US, *command], stdout=log, stderr=log, stdin=subprocess.DEVNULL, timeout=LASTS * 4 + 60, check=False)
        lasted = time.monotonic() - began
        memory = resident(service)
    report = (tmp_path / "slowhttptest.log").read_text(errors="replace")
    # A tool that did nothing proves nothing.
    assert "connected:" in report or "slow" in report.lower(), report[-500:]
    table(
        "while a thousand are slow, somebody else waits (ms)",
        ["attack", "way", "seconds", "asked", "p50", "p99", "wrong", "resident MiB"],
        [[attack, name, f"{lasted:.0f}", len(bystander.took), f"{bystander.percentile(0.5):.0f}",
          f"{bystander.percentile(0.99):.0f}", len(bystander.wrong), memory]],
    )  # fmt: skip
    assert not bystander.wrong, bystander.wrong[:3]
    assert len(bystander.took) > 20
    assert bystander.percentile(0.99) < WORST
    assert memory < 256


def resident(service):
    """In MiB."""
    with open(f"/proc/{service.process.pid}/status") as status:
        line = next(line for line in status if line.startswith("VmRSS"))
    return int(line.split()[1]) // 1024

"""The audit while the service runs: sealed by itself, verified by a command, and never changed unseen."""

import json
import subprocess

from running import WITH_US, eventually


def seals(service):
    """What the log tells of them."""
    lines = [json.loads(line) for line in service.log.read_text().splitlines() if line.startswith("{")]
    return [line["anchor"] for line in lines if line.get("message") == "the audit is sealed"]


def verify(service, *words):
    argv = [*WITH_US, service.program, "audit", "verify", "--config", str(service.config), *words]
    return subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)


def test_a_running_service_seals_its_audit_and_a_change_behind_its_back_is_found(service):
    service.start()
    [anchor] = eventually(lambda: seals(service), 30, "the audit is sealed")
    whole = verify(service)
    assert whole.returncode == 0 and f"The last seal is {anchor}" in whole.stdout, whole.stderr
    assert "sealed entries are as they were written." in whole.stdout
    anchored = verify(service, "--anchor", anchor)
    assert (anchored.returncode, anchored.stdout) == (0, whole.stdout)
    other = verify(service, "--anchor", "1:" + "0" * 64)
    assert other.returncode == 1 and "seal 1 is not the one that was written down" in other.stderr
    mistyped = verify(service, "--anchor", "seal 1")
    assert mistyped.returncode == 1 and "“seal 1” is no anchor" in mistyped.stderr

    forgery = "DROP TRIGGER audit_refuses_update; UPDATE audit SET actor = 'nobody' WHERE sequence = 2"
    subprocess.run(["sqlite3", service.folder / "presets.sqlite", forgery], timeout=30, check=True)
    changed = verify(service)
    assert changed.returncode == 1, changed.stdout
    assert "are not those that seal 1 was set under" in changed.stderr and "not as it was written" in changed.stderr

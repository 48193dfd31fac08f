"""The example of a program of somebody else's, as its own process: it lists presets, and starts one by its name."""

import os
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[2] / "openapi" / "examples" / "start_by_name.py"


def run(lab, *words):
    scopes = ["access:services!service=presets", "servers!user=alice", "read:users!user=alice"]
    assert lab.person("alice").browser, "the hub knows them"
    token = lab.api("POST", "/users/alice/tokens", {"scopes": scopes}, expect=201).json()["token"]
    environment = {"HUB": lab.public_url, "JUPYTERHUB_API_TOKEN": token, "PATH": os.environ["PATH"]}
    return subprocess.run(
        [sys.executable, "-I", EXAMPLE, *words], env=environment, capture_output=True, text=True, timeout=60
    )


def test_without_a_name_it_lists_what_there_is(lab):
    told = run(lab)
    assert told.returncode == 1
    assert "A small server" in told.stderr, told.stderr


def test_it_starts_a_server_by_the_name_of_a_preset(nobody_runs):
    lab = nobody_runs
    told = run(lab, "A small server")
    assert told.returncode == 0, told.stderr
    assert lab.outcome("alice")[0] == "ready"
    [record] = lab.records("alice")[-1:]
    assert (record["env"]["PRESETS_PARTITION"], record["env"]["PRESETS_MEMORY"]) == ("rome", "2000000000")
    assert lab.user("alice")["servers"][""]["user_options"]["preset"] == "small"


def test_it_is_short_and_needs_nothing_of_ours():
    code = EXAMPLE.read_text()
    assert len([line for line in code.splitlines() if line.strip()]) <= 21
    assert "jupyterhub_presets" not in code and "requests" not in code

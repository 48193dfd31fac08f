"""The database goes away under a running service: forms go on, starts are refused in time, and come back with it."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import time

import pytest
from running import Service, eventually, is_alive

IN_TIME = 2.0  # seconds: the plugin's patience

ANYBODY = {"preset": "anybody"}
AWAY = "None of this can be started just now, because the database is not answering."


@pytest.fixture
def on_postgres(program, cluster, tmp_path):
    service = Service(program, tmp_path / "service", cluster.database(f"away_{os.urandom(5).hex()}"))
    service.apply()
    service.start().ready()
    assert service.resolve(ANYBODY)[0] == 200
    yield service
    service.kill()


def timed(ask):
    begun = time.monotonic()
    answer = ask()
    took = time.monotonic() - begun
    assert took < IN_TIME, f"{took:.2f} s: {answer}"
    return answer


def must_show_forms_but_start_nothing(service):
    for _ in range(3):
        status, form = timed(service.form)
        assert status == 200 and "A numbered desk" in form["html"]
        status, problem = timed(lambda: service.resolve(ANYBODY))
        assert status == 503 and problem["type"].endswith("/problems/unavailable")
    status, health = timed(lambda: service.get("api/v1/health/ready"))
    assert status == 200 and '"degraded"' in health and '"away"' in health
    assert timed(lambda: service.get("api/v1/health/live"))[0] == 200


def says_so(service):
    """Whether the form tells that nothing starts; it has to come in time either way."""
    status, form = timed(service.form)
    assert status == 200
    told = AWAY in form["html"]
    assert not told or "ask support@example.org." in form["html"], form["html"]
    return told


def comes_back(service):
    eventually(lambda: service.resolve(ANYBODY)[0] == 200, 15, "starts are recorded again", every=0.1)
    eventually(lambda: '"ready"' in service.get("api/v1/health/ready")[1], 10, "the service is ready", every=0.1)


@contextlib.contextmanager
def killed(cluster):
    cluster.kill()
    try:
        yield
    finally:
        cluster.restart()


@contextlib.contextmanager
def frozen(cluster):
    """Every process of the cluster stopped: connections stay open, new ones are accepted by the kernel, nothing answers."""
    listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(cluster.pid)], capture_output=True, text=True, check=False)
    family = [cluster.pid, *map(int, listed.stdout.split())]
    for pid in family:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in family:
            if is_alive(pid):
                os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("away", [killed, frozen], ids=["killed", "frozen"])
def test_without_postgres_forms_go_on_and_starts_are_refused_in_time(on_postgres, cluster, away):
    assert not says_so(on_postgres)
    with away(cluster):
        must_show_forms_but_start_nothing(on_postgres)
        eventually(lambda: says_so(on_postgres), 8, "the form says that nothing starts", every=0.1)
        assert timed(lambda: on_postgres.resolve(ANYBODY))[0] == 503
    comes_back(on_postgres)
    eventually(lambda: not says_so(on_postgres), 5, "the form says it no more", every=0.1)


def test_while_another_process_holds_the_file_starts_are_refused_in_time(service):
    service.start().ready()
    assert service.resolve(ANYBODY)[0] == 200
    with contextlib.closing(sqlite3.connect(service.folder / "presets.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        for _ in range(3):
            assert timed(service.form)[0] == 200
            assert timed(lambda: service.resolve(ANYBODY))[0] == 503
        other.execute("ROLLBACK")
    comes_back(service)


def test_a_start_that_was_refused_for_want_of_its_record_leaves_nothing_behind_or_all_of_it(on_postgres, cluster):
    """Nobody was told of it; if it is there, it is there whole."""
    with killed(cluster):
        assert on_postgres.resolve({"preset": "numbered", "values": {"ticket": "41"}}, server_name="cut")[0] == 503
    comes_back(on_postgres)
    decided = cluster.psql("SELECT outcome, given IS NOT NULL FROM decisions WHERE server_name = 'cut'", on_postgres.database)
    chosen = cluster.psql("SELECT preset FROM selections WHERE server_name = 'cut'", on_postgres.database)
    assert len(decided) == len(chosen) and all(row == ["given", "t"] for row in decided)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_database_that_does_not_answer_does_not_keep_the_service_from_ending(on_postgres, cluster, number):
    with frozen(cluster):
        assert on_postgres.resolve(ANYBODY)[0] == 503
        assert on_postgres.form()[0] == 200
        begun = time.monotonic()
        assert on_postgres.stop(number, seconds=10) == 0
        assert time.monotonic() - begun < 10

"""Several processes on one database: they migrate in turns, see each other's changes, and are replaced one by one."""

import json
import os
import random
import time

import pytest
from everybody import Everybody, lost
from keepers import PostgresKeeper, SqliteKeeper
from running import REPOSITORY, SITE, Service, eventually
from saving import Preferrer, Saver
from trials import TRIALS

MIGRATIONS = int(os.environ.get("PRESETS_MIGRATIONS", "2"))
SEEN_IN = 1.0


@pytest.fixture(params=["sqlite", "postgres"])
def database(request):
    """Makes a new database to look into."""
    if request.param == "sqlite":
        return SqliteKeeper
    cluster = request.getfixturevalue("cluster")
    return lambda _: PostgresKeeper(cluster)


def must_have_each_migration_once(keeper):
    applied = sorted(str(version) for version, *_ in keeper.rows("SELECT version FROM __diesel_schema_migrations"))
    written = sorted(path.name.split("_")[0].replace("-", "") for path in (REPOSITORY / "migrations/sqlite").iterdir())
    assert applied == written


def is_prepared(replica):
    """Its tables are, though nothing was applied yet."""
    try:
        return json.loads(replica.get("api/v1/health/ready")[1])["database"] == "answering"
    except OSError:
        return False


def test_eight_replicas_migrate_at_once_and_one_of_them_is_killed_in_the_middle(program, database, tmp_path, ledger):
    """F33: one schema, whoever was killed; the others wait their turn and are ready."""
    name, kind = "8 replicas migrate, one killed", database(tmp_path / "any").name
    for number in ledger.to_do(name, kind, MIGRATIONS):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        keeper = database(folder)
        replicas = [Service(program, folder / f"replica-{n}", keeper.url) for n in range(8)]
        outcome, begun = {"as_required": False}, time.monotonic()
        try:
            for replica in replicas:
                replica.start()
            # Somewhere between the first one's exec and the last one's last statement.
            time.sleep(random.uniform(0.0, 0.15))
            killed = random.choice(replicas)
            killed.kill()
            left = [replica for replica in replicas if replica is not killed]
            for replica in left:
                eventually(lambda replica=replica: is_prepared(replica), 30, f"it is prepared ({replica.log})", every=0.02)
            outcome["recovery"] = time.monotonic() - begun
            must_have_each_migration_once(keeper)
            left[0].apply()
            for replica in left:
                eventually(lambda replica=replica: replica.resolve({"preset": "anybody"})[0] == 200, 10, "it gives a start")
            keeper.must_be_sound()
            assert len(keeper.decisions()) == 7
            outcome |= {"as_required": True, "acknowledged": 7, "lost": 0}
        finally:
            for replica in replicas:
                replica.kill()
            ledger.note(name, kind, **outcome)


def test_what_the_command_line_applies_is_seen_within_a_second(program, database, tmp_path, table):
    keeper = database(tmp_path)
    service = Service(program, tmp_path / "service", keeper.url)
    service.apply()
    service.start().ready()
    took, site = [], tmp_path / "site.yaml"
    try:
        for number in range(5 * TRIALS):
            site.write_text(SITE.read_text().replace("title: A desk for anybody", f"title: Desk {number} for anybody"))
            # So that it meets every moment between two looks at the database.
            time.sleep(random.uniform(0.0, 0.5))
            service.apply(site)
            applied = time.monotonic()
            eventually(lambda: f"Desk {number} for anybody" in service.form()[1]["html"], 5, "the form has it", every=0.005)
            took.append(time.monotonic() - applied)
    finally:
        service.kill()
        table(f"seconds until another process's change is seen, {keeper.name}", ("changes", "largest"), [(len(took), f"{max(took):.3f}")])
    assert max(took) <= SEEN_IN


@pytest.fixture
def two(program, cluster, hub, tmp_path):
    """Two replicas on one PostgreSQL, with the site applied."""
    keeper = PostgresKeeper(cluster)
    replicas = [Service(program, tmp_path / f"replica-{n}", keeper.url, hub=hub.config(tmp_path)) for n in range(2)]
    replicas[0].apply()
    for replica in replicas:
        replica.start().ready()
    yield keeper, replicas
    for replica in replicas:
        replica.kill()


def test_replicas_are_replaced_one_by_one_without_anybody_noticing(two, table):
    """R107: what changes nothing never fails, what was acknowledged is kept."""
    keeper, replicas = two
    with Everybody(*replicas) as everybody:
        everybody.await_starts(20)
        for replica in replicas * (1 + TRIALS):
            assert replica.stop(seconds=10) == 0
            # It is asked again when it says that it is ready, as by a balancer that looks.
            everybody.services = [other for other in replicas if other is not replica]
            replica.start().ready()
            everybody.services = replicas
            everybody.await_starts(20)
    idempotent = [*everybody.of("form"), *everybody.of("live")]
    starts, acknowledged = everybody.of("start"), everybody.acknowledged()
    failed = [answer for answer in idempotent if answer.status != 200]
    unanswered = [answer for answer in starts if answer.status != 200]
    gone = lost(everybody, keeper)
    row = (2 * (1 + TRIALS), len(idempotent), len(failed), len(acknowledged), len(unanswered), len(gone))
    table("replicas replaced one by one", ("restarts", "idempotent", "failed", "starts acknowledged", "unanswered", "lost"), [row])
    assert not failed and not gone, (failed[:3], gone[:3])
    # A start that met the end of its connection was not begun, or is in doubt: the plugin says so and asks again.
    assert {answer.status for answer in starts} <= {200, 0}, {answer.status for answer in starts}


def first_card(html):
    """Which of the two presets of the site file stands first."""
    return min(("numbered", "anybody"), key=lambda id: html.index(f'"pz-p-{id}"'))


def test_what_is_saved_at_one_replica_is_seen_at_the_other_within_a_second(two, table):
    """A preset made, replaced and removed, in the other one's answers and in its form."""
    _, replicas = two
    took, saver = [], Saver("writer-3")
    for number in range(6):
        here, there = replicas if number % 2 else replicas[::-1]
        title = saver.title()
        status, etag, body = here.ask(*saver.question())
        assert saver.told(status, etag, body), body
        told = time.monotonic()
        eventually(lambda: title in there.form("writer-3")[1]["html"], 5, "the other one's form has it", every=0.005)
        status, other_etag, body = there.ask("GET", *saver.question()[1:3], None)
        took.append(time.monotonic() - told)
        assert (status, other_etag, json.loads(body)["title"]) == (200, etag, title)
    method, path, headers, _ = saver.question()
    assert replicas[0].ask("DELETE", path, headers, None)[0] == 204
    told = time.monotonic()
    eventually(lambda: title not in replicas[1].form("writer-3")[1]["html"], 5, "it is gone there", every=0.005)
    took.append(time.monotonic() - told)
    assert replicas[1].ask("GET", path, headers, None)[0] == 404
    preferrer = Preferrer("writer-3")
    for number in range(6):
        here, there = replicas if number % 2 else replicas[::-1]
        first = preferrer.default()
        status, etag, body = here.ask(*preferrer.question())
        assert preferrer.told(status, etag, body), body
        told = time.monotonic()
        _, path, headers, _ = preferrer.question()
        eventually(lambda: there.ask("GET", path, headers, None)[1] == etag, 5, "the other one has it", every=0.005)
        eventually(lambda: first_card(there.form("writer-3")[1]["html"]) == first, 5, "its form has it", every=0.005)
        took.append(time.monotonic() - told)
    table("seconds until the other replica shows a change", ("changes", "largest"), [(len(took), f"{max(took):.3f}")])
    assert max(took) <= SEEN_IN


def test_what_somebody_started_last_is_known_to_the_other_replica_within_a_second(two, table):
    _, replicas = two
    took = []
    for ticket in range(1000, 1020):
        here, there = replicas if ticket % 2 else replicas[::-1]
        assert here.resolve({"preset": "numbered", "values": {"ticket": str(ticket)}})[0] == 200
        told = time.monotonic()
        eventually(lambda: f'value="{ticket}"' in there.form()[1]["html"], 5, "the other one knows", every=0.005)
        took.append(time.monotonic() - told)
    table("seconds until the other replica's form shows a start", ("starts", "largest"), [(len(took), f"{max(took):.3f}")])
    assert max(took) <= SEEN_IN

"""How processes end, asked at any moment: in good order, with the exit code of what they did."""

import collections
import os
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

from keepers import PostgresKeeper
from running import Service, eventually

ENDS = int(os.environ.get("PRESETS_ENDS", "50"))


def test_a_command_that_did_its_work_says_so_though_connections_are_still_being_made(program, cluster, tmp_path, table):
    """One in thirty crashed once: libraries tidied up at exit, beside the thread that fills the pool."""
    keeper = PostgresKeeper(cluster)
    ready = Service(program, tmp_path / "service", keeper.url)
    ready.apply()
    # Four at once, so that threads are interrupted anywhere.
    with ThreadPoolExecutor(4) as four:
        ended = collections.Counter(four.map(lambda _: ready.command("migrate").returncode, range(4 * ENDS)))
        refused = collections.Counter(four.map(lambda _: ready.command("apply", "/dev/null/none").returncode, range(ENDS)))
    table("exit codes of commands on PostgreSQL", ("done", "refused"), [(dict(ended), dict(refused))])
    assert set(ended) == {0}
    assert set(refused) == {1}


def test_whoever_is_asked_to_end_right_after_the_first_answer_ends_in_good_order(program, tmp_path, table):
    """The hub asks with SIGINT. One in thirty answered before it listened for signals."""
    service, ended = Service.on_sqlite(program, tmp_path / "service"), collections.Counter()
    for number in range(ENDS):
        service.start()
        with eventually(lambda: connected(service.port), 10, "it listens", every=0.0005) as first:
            first.sendall(b"GET /services/presets/api/v1/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert first.recv(12) == b"HTTP/1.1 200"
        service.send(signal.SIGINT if number % 2 else signal.SIGTERM)
        ended[service.process.wait(15)] += 1
    table("exit codes of services asked to end at once", ("exit codes",), [(dict(ended),)])
    assert set(ended) == {0}


def connected(port):
    try:
        return socket.create_connection(("127.0.0.1", port), timeout=10)
    except ConnectionRefusedError:
        return None

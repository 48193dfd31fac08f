"""The disk has a start before anybody is told of it: the system calls of service and database, in their order."""

import contextlib
import re
import signal
import subprocess
from pathlib import Path

import pytest
from running import WITH_US, Service, eventually

CALLS = "fdatasync,fsync,sync_file_range,write,pwrite64,pwritev,writev,sendto,sendmsg"
_LINE = re.compile(r"(?P<pid>\d+) +(?P<call>\w+)\((?P<rest>.*)", re.S)
_RESUMED = re.compile(r"(?P<pid>\d+) +<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)", re.S)


class Call:
    """One system call: when it began and ended (as places in the trace), on what, with which bytes, and its answer."""

    def __init__(self, name, text, begun):
        self.name, self.text, self.begun, self.ended, self.answer = name, text, begun, None, None

    def __repr__(self):
        return f"{self.begun}–{self.ended} {self.name}({self.text[:90]}…) = {self.answer}"


def calls_in(trace):
    """All calls of a trace. strace splits a call that another thread's line fell into."""
    calls, open_calls = [], {}
    for place, line in enumerate(trace.splitlines()):
        resumed = _RESUMED.match(line)
        if resumed:
            call = open_calls.pop(resumed["pid"], None)
            rest = resumed["rest"]
        else:
            begun = _LINE.match(line)
            if not begun:
                continue
            rest = begun["rest"]
            call = Call(begun["call"], rest, place)
            calls.append(call)
            if rest.rstrip().endswith("<unfinished ...>"):
                open_calls[begun["pid"]] = call
                continue
        if call is not None:
            call.ended, call.answer = place, rest.rsplit(" = ", 1)[-1].strip()
    return calls


@contextlib.contextmanager
def traced(pids, file):
    """strace on processes, their threads and their children."""
    attach = [word for pid in pids for word in ("-p", str(pid))]
    errors = file.with_suffix(".strace")
    with open(errors, "wb") as words:
        strace = subprocess.Popen(
            [*WITH_US, "strace", "-f", "-y", "-s", "70000", "-e", f"trace={CALLS}", "-e", "signal=none", "-o", str(file), *attach],
            stdin=subprocess.DEVNULL, stdout=words, stderr=words,
        )
    try:
        eventually(lambda: errors.read_text().count("attached") >= len(pids), 20, f"strace is attached ({errors})")
        yield
    finally:
        strace.send_signal(signal.SIGINT)
        strace.wait(20)


def children(pid):
    return [int(child) for tasks in Path(f"/proc/{pid}/task").iterdir() for child in (tasks / "children").read_text().split()]


def synced_before_reply(trace, log_file, marker, decision):
    """The calls that wrote `marker` to a log, synced that log, and sent `decision`, in this order; or why not."""
    calls = calls_in(trace)
    replies = [call for call in calls if call.name in ("sendto", "sendmsg", "write", "writev")
               and "socket:" in call.text[:40] and decision in call.text and "HTTP/1.1 200" in call.text]
    assert len(replies) == 1, f"one reply of {decision} is expected: {replies}"
    [reply] = replies
    writes = [call for call in calls if call.name in ("pwrite64", "write", "pwritev", "writev")
              and log_file in call.text.split(">")[0] and marker in call.text]
    assert writes, f"nobody wrote {marker} to {log_file}"
    written = writes[-1]
    assert written.ended < reply.begun, f"written after the reply: {written} / {reply}"
    syncs = [call for call in calls if call.name in ("fdatasync", "fsync") and log_file in call.text.split(">")[0]
             and call.begun > written.ended and call.answer == "0"]
    assert syncs, f"{log_file} was never synced after {written}"
    assert syncs[0].ended < reply.begun, f"the reply left before the sync was done: {syncs[0]} / {reply}"
    return written, syncs[0], reply


@pytest.mark.parametrize("number", range(3))
def test_sqlite_syncs_its_log_before_a_start_is_answered(service, tmp_path, number):
    service.start().ready()
    assert service.resolve({"preset": "numbered"}, server_name="warm")[0] == 200
    trace = tmp_path / "trace"
    marker = f"server-{number}-of-this-trace"
    with traced([service.process.pid], trace):
        status, answer = service.resolve({"preset": "numbered"}, server_name=marker)
        assert status == 200
    synced_before_reply(trace.read_text(errors="replace"), "presets.sqlite-wal", marker, answer["decision"])


@pytest.mark.parametrize("number", range(3))
def test_postgres_syncs_its_log_before_a_start_is_answered(program, cluster, tmp_path, number):
    service = Service(program, tmp_path / "service", cluster.database(f"sync_{number}"))
    service.apply()
    service.start().ready()
    try:
        assert service.resolve({"preset": "numbered"}, server_name="warm")[0] == 200
        trace = tmp_path / "trace"
        marker = f"server-{number}-of-this-trace"
        with traced([service.process.pid, cluster.pid, *children(cluster.pid)], trace):
            status, answer = service.resolve({"preset": "numbered"}, server_name=marker)
            assert status == 200
        synced_before_reply(trace.read_text(errors="replace"), "/pg_wal/", marker, answer["decision"])
    finally:
        service.kill()


def test_a_trace_with_the_reply_before_the_sync_is_seen():
    trace = """\
7 pwrite64(9</x/presets.sqlite-wal>, "…marked…", 4096, 0) = 4096
7 fdatasync(9</x/presets.sqlite-wal> <unfinished ...>
8 sendto(12<socket:[4]>, "HTTP/1.1 200 OK … d-1", 200, 0, NULL, 0) = 200
7 <... fdatasync resumed>) = 0
"""
    with pytest.raises(AssertionError, match="the reply left before the sync was done"):
        synced_before_reply(trace, "presets.sqlite-wal", "marked", "d-1")
    without = trace.replace("fdatasync", "write")
    with pytest.raises(AssertionError, match="never synced"):
        synced_before_reply(without, "presets.sqlite-wal", "marked", "d-1")

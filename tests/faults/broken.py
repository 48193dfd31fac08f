"""System calls that fail with EIO, as those of a broken disk do: strace tells processes so, and nothing reaches the disk."""

import contextlib
import signal
import subprocess

from running import WITH_US, eventually


@contextlib.contextmanager
def failing(calls, pids, on, trace, threads=False):
    """Each of `calls` on a file whose name has `on` in it fails, in processes `pids` (and, if asked, in all their threads)."""
    attach = [word for pid in pids for word in ("-p", str(pid))]
    files = [word for file in (on if isinstance(on, list) else []) for word in ("-P", str(file))]
    errors = trace.with_suffix(".strace")
    with open(errors, "wb") as words:
        strace = subprocess.Popen(
            [*WITH_US, "strace", *(["-f"] if threads else []), *files, "-e", f"trace={calls}", "-e", f"inject={calls}:error=EIO",
             "-e", "signal=none", "-o", str(trace), *attach],
            stdin=subprocess.DEVNULL, stdout=words, stderr=words,
        )
    try:
        eventually(lambda: "attached" in errors.read_text(), 20, f"strace is attached ({errors})")
        yield
    finally:
        strace.send_signal(signal.SIGINT)
        strace.wait(20)

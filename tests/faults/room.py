"""A small disk of one's own, that can be filled: a tmpfs nobody else sees, gone with the process that holds it."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from running import WITH_US

HOLD = 'mount -t tmpfs -o "size=$1m,mode=0755" none "$2" && echo there && exec sleep infinity'


class Room:
    """`folder` is on the small disk for programs started by `inside`; others reach it by `seen_from_here`."""

    def __init__(self, megabytes, owner=None):
        # Beside the tests' folders, which no other account may enter.
        folder = self.folder = Path(tempfile.mkdtemp(prefix="presets-room-"))
        folder.chmod(0o755)
        is_root = os.geteuid() == 0
        unshare = ["unshare", "-m"] if is_root else ["unshare", "-rm"]
        self._holder = subprocess.Popen(
            [*WITH_US, *unshare, "sh", "-c", HOLD, "sh", str(megabytes), str(folder)], stdout=subprocess.PIPE, text=True
        )
        assert self._holder.stdout.readline() == "there\n", "the small disk is mounted"
        pid = self._holder.pid
        enter = ["nsenter", "-t", str(pid), "-m"]
        self.inside = enter if is_root else [*enter, "-U", "--preserve-credentials"]
        self.seen_from_here = Path(f"/proc/{pid}/root{folder}")
        self._filler = self.seen_from_here / "filler"
        if owner and is_root:
            shutil.chown(self.seen_from_here, owner, owner)

    def fill(self):
        """Leaves not a byte."""
        with open(self._filler, "wb", buffering=0) as filler:
            for size in (1 << 20, 4096):
                try:
                    while True:
                        filler.write(bytes(size))
                except OSError:
                    pass

    def clear(self):
        self._filler.unlink()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._holder.kill()
        self._holder.wait(10)
        self._holder.stdout.close()
        self.folder.rmdir()

"""Hub configuration: people's servers are quick ones, for tests that start many."""

import os
import sys
from pathlib import Path

c = get_config()  # noqa: F821

c.RecordingSpawner.cmd = [sys.executable, "-S", "-E", str(Path(sys.modules["recording"].__file__).with_name("quick.py"))]
# One home for all: a name of 300 characters makes no folder.
c.RecordingSpawner.home_dir_template = os.environ["LAB_HOMES"] + "/everybody"

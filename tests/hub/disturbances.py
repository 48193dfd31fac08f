"""What tests do to the parts of a lab: change groups, freeze and kill processes, give the service other settings."""

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path

from running_lab import wait_for

PEOPLE, GROUPS = "ou=people,dc=example,dc=org", "ou=groups,dc=example,dc=org"


def change_group(lab, group, *, add=None, remove=None):
    """Adds somebody to a group of the directory, or removes them, as its administrator does."""
    lines = [f"dn: cn={group},{GROUPS}", "changetype: modify"]
    for verb, name in (("add", add), ("delete", remove)):
        if name:
            lines += [f"{verb}: member", f"member: uid={name},{PEOPLE}", "-"]
    slapd = lab.slapd
    subprocess.run(
        ["ldapmodify", "-x", "-H", slapd["url"], "-D", slapd["admin_dn"], "-w", slapd["password"]],
        input="\n".join(lines) + "\n", text=True, check=True, capture_output=True, timeout=30,
    )  # fmt: skip


@contextlib.contextmanager
def member(lab, group, *, added=None, removed=None):
    """A changed group, and the change undone."""
    change_group(lab, group, add=added, remove=removed)
    try:
        yield
    finally:
        change_group(lab, group, add=removed, remove=added)


@contextlib.contextmanager
def frozen(pid):
    """A process that is there, accepts connections and answers nothing: SIGSTOP."""
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_for(lambda: state_of(pid) == "T", f"process {pid} to be stopped", within=5)
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def state_of(pid):
    """The letter of a process's state; none when it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def is_alive(pid):
    return state_of(pid) not in ("", "Z", "X")


def reconfigure(lab, *, membership=None, unknown_people=None):
    """Restarts the external service with other settings: it has forgotten everybody's groups then."""
    file = Path(lab.config_file)
    text = file.read_text()
    if membership:
        text = re.sub(r"(?m)^membership:.*$", f"membership: {membership}", text)
    if unknown_people:
        text = re.sub(r"(?m)^unknown_people:.*$", f"unknown_people: {unknown_people}", text)
    file.write_text(text)
    lab.command("stop service")
    lab.command("start service")
    wait_for(lambda: is_ready(lab), "the service to be ready")


def is_ready(lab):
    return lab.http.get(f"{lab.service_url}{lab.service_prefix}api/v1/health/ready", timeout=5).status_code == 200

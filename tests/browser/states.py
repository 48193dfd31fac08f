"""How each state of the page comes about in a real hub; each ends as it began."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from running_lab import wait_for


@contextmanager
def site(lab, tmp_path, change):
    """The demo's site with a change."""
    written = yaml.safe_load(Path(lab.site_file).read_text())
    change(written)
    file = tmp_path / "site.yaml"
    file.write_text(yaml.safe_dump(written, sort_keys=False, allow_unicode=True))
    lab.apply(file)
    try:
        yield
    finally:
        lab.apply(lab.site_file)


@contextmanager
def settings(lab, *changes):
    """The service restarted with a changed configuration file."""
    file = Path(lab.config_file)
    before = file.read_text()
    text = before
    for old, new in changes:
        assert old in text, f"{old!r} is not in {text}"
        text = text.replace(old, new)
    file.write_text(text)
    restart(lab)
    try:
        yield
    finally:
        file.write_text(before)
        restart(lab)


def restart(lab):
    lab.command("stop service")
    lab.command("start service")
    wait_for(lambda: lab.ask("form", user="nobody", language="en", attempt=None).status_code == 200, "the service")


@contextmanager
def no_directory(lab):
    lab.command("stop slapd")
    try:
        yield
    finally:
        lab.command("start slapd")


@contextmanager
def no_service(lab):
    lab.command("stop service")
    try:
        yield
    finally:
        lab.command("start service")


ASKED_EACH_TIME = ("fresh_for: 5m, start_within: 60s", "fresh_for: 1s, start_within: 1s")
REFUSED = ("unknown_people: baseline", "unknown_people: refuse")


def without_presets(written):
    written["presets"] = {}
    written["defaults"] = {}


def with_many_presets(written):
    for n in range(5):
        written["presets"][f"more-{n}"] = {**written["presets"]["small"], "title": f"One more, {n}"}


def with_chemistry_on_rome(written):
    """Whoever is in chemistry, too, can no longer start what physics offers on GPUs."""
    written["groups"]["chemistry"]["trims"]["partition"] = {
        "only": ["rome"],
        "because": "our share is on these nodes",
        "policy": True,
    }


def centre(path):
    """The computing centre of tests/sites, its groups kept by the hub, its school running now, its starts recorded."""
    written = yaml.safe_load(path.read_text())
    for key, group in written["groups"].items():
        group["from"] = {"hub": key}
    environment = {f"PRESETS_{key.upper()}": f"{{{key}}}" for key in written["options"]}
    written["backends"]["slurm"] = {"spawner": "local", "environment": environment}
    now = datetime.now(UTC)
    school = written["events"]["ai-school"]
    for key in ("daily", "preview"):
        del school[key]
    school |= {"zone": "UTC", "from": wall(now - timedelta(hours=1)), "to": wall(now + timedelta(hours=9))}
    return written


def wall(moment):
    return moment.strftime("%Y-%m-%dT%H:%M")

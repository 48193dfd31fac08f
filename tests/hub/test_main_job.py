"""The main job: a person picks a group's preset in the spawn page, and the hub starts exactly that."""

import os
from pathlib import Path

import pytest
import ways
from conftest import recorded
from running_lab import environment_of

# One start of the real jupyter-server in this file; the other files use quick servers.
LAB = recorded(quick=False)

SITE = {"small", "site-open"}
PHYSICS = {"physics-open", "physics-fixed", "physics-moving"}

pytestmark = pytest.mark.usefixtures("nobody_runs")


@pytest.mark.parametrize(
    "name, sees",
    [
        # physics is a member of hpc in LDAP; alice is in physics only, and named by login in gpu-users.
        ("alice", SITE | PHYSICS | {"hpc-genoa", "gpu-short", "alice-notes"}),
        ("bob", SITE | {"chemistry-rome", "bob-spectra"}),
        ("carol", SITE | {"hpc-genoa", "gpu-short"}),
        ("dave", SITE),
        ("erin", SITE | PHYSICS | {"hpc-genoa", "chemistry-rome"}),
    ],
)
def test_people_see_the_presets_of_their_groups_and_of_nobody_else(lab, name, sees):
    page = lab.person(name).spawn_page()
    assert set(page.presets()) == sees
    assert len(page.presets()) == len(sees), "each preset is offered once"
    hidden = {"physics-open": "Physics, every option open", "chemistry-rome": "Chemistry on Rome"}
    for preset, title in hidden.items():
        assert (title in page.text) == (preset in sees)


def test_one_click_starts_the_child_with_exactly_the_resolved_traits(lab):
    alice = lab.person("alice")
    before = len(lab.records())
    answer = alice.post_form({"pz_form": "1", "start": "physics-fixed"})
    assert answer.status == 302, answer
    assert lab.outcome("alice")[0] == "ready"

    [record] = lab.records()[before:]
    assert (record["user"], record["server"], record["class"]) == ("alice", "", "RecordingSpawner")
    traits = record["traits"]
    assert (traits["mem_limit"], traits["cpu_limit"]) == (16_000_000_000, 8)
    assert traits["user_options"] == {}
    expected = {
        "PRESETS_PARTITION": "genoa",
        "PRESETS_CORES": "8",
        "PRESETS_SHARE": "1.5",
        "PRESETS_WALLTIME": "0-03:00:00",
        "PRESETS_MEMORY": "16000000000",
        "PRESETS_EXCLUSIVE": "true",
        "PRESETS_JOB_NAME": "decided",
    }
    assert {name: value for name, value in record["environment"].items() if name.startswith("PRESETS_")} == expected

    pid = running_server(lab, "alice")
    env = environment_of(pid)
    assert {name: value for name, value in env.items() if name.startswith("PRESETS_")} == expected
    assert (env["MEM_LIMIT"], float(env["CPU_LIMIT"])) == ("16000000000", 8.0)
    assert "jupyterhub-singleuser" in Path(f"/proc/{pid}/cmdline").read_text()
    assert not [name for name in env if "SECRET" in name]


def test_the_server_that_was_started_answers_its_person(lab):
    alice = lab.person("alice")
    assert alice.post_form({"pz_form": "1", "preset": "small"}).status == 302
    assert lab.outcome("alice")[0] == "ready"
    answer = lab.http.get(
        lab.public_url + "/user/alice/api/status", headers={"Authorization": f"Bearer {alice.token}"}, timeout=30
    )
    assert answer.status_code == 200
    assert "started" in answer.json()


def test_the_hubs_admin_page_shows_the_presets_title_as_profile(lab):
    alice = lab.person("alice")
    assert alice.post_form({"pz_form": "1", "start": "hpc-genoa"}).status == 302
    assert lab.outcome("alice")[0] == "ready"
    assert lab.server("alice")["user_options"]["profile"] == "A whole Genoa node"
    # The admin page's own request.
    listed = {user["name"]: user for user in lab.api("GET", "/users?include_stopped_servers=1", expect=200).json()}
    assert listed["alice"]["servers"][""]["user_options"]["profile"] == "A whole Genoa node"


def test_what_a_person_chose_in_the_card_is_what_starts(lab):
    alice = lab.person("alice")
    before = len(lab.records())
    fields = {
        "pz_form": "1",
        "preset": "physics-open",
        "o.physics-open.partition": "genoa",
        "o.physics-open.cores": "12",
        "o.physics-open.memory": "32GB",
        "o.physics-open.exclusive": "true",
        # The fields of a card that was not chosen are posted too, as browsers do.
        "o.site-open.cores": "64",
    }
    assert alice.post_form(fields).status == 302
    assert lab.outcome("alice")[0] == "ready"
    [record] = lab.records()[before:]
    assert (record["traits"]["mem_limit"], record["traits"]["cpu_limit"]) == (32_000_000_000, 12)
    assert record["environment"]["PRESETS_PARTITION"] == "genoa"
    assert record["environment"]["PRESETS_EXCLUSIVE"] == "true"
    assert record["environment"]["PRESETS_JOB_NAME"] == "physics"


def test_the_button_pressed_wins_over_the_card_that_was_chosen(lab):
    alice = lab.person("alice")
    before = len(lab.records())
    assert alice.post_form({"pz_form": "1", "preset": "physics-fixed", "start": "small"}).status == 302
    assert lab.outcome("alice")[0] == "ready"
    [record] = lab.records()[before:]
    assert record["environment"]["PRESETS_MEMORY"] == "2000000000"


def test_a_start_that_names_a_preset_starts_it_as_it_is_whatever_was_chosen_last_time(lab):
    """The form shows last time's choice again; a link or the API, which name no value, start the preset's own."""
    alice = lab.person("alice")
    assert ways.form(alice, "physics-open", {"memory": "32GB"}).started
    lab.stop("alice")
    [memory] = alice.spawn_page().all("input", name="o.physics-open.memory")
    assert memory["value"] == "32GB"
    for ask in (ways.link, ways.bare_rest):
        before = len(lab.records())
        assert ask(alice, "physics-open", {}).started
        [record] = lab.records()[before:]
        assert record["environment"]["PRESETS_MEMORY"] == "8000000000"
        lab.stop("alice")


def test_the_form_of_the_page_as_it_is_starts_its_chosen_card(lab):
    """A bare Enter: what a browser sends of the untouched page."""
    erin = lab.person("erin")
    page = erin.spawn_page()
    [chosen] = [radio["value"] for radio in page.all("input", type="radio", name="preset") if "checked" in radio]
    before = len(lab.records())
    assert erin.post_form({"pz_form": "1", "preset": chosen}).status == 302
    assert lab.outcome("erin")[0] == "ready"
    assert len(lab.records()) == before + 1
    assert lab.server("erin")["user_options"]["preset"] == chosen


def running_server(lab, user):
    """The process that is the server, not a child of it."""
    found = lab.processes(user)
    assert found, f"no process of {user}"
    [pid] = [pid for pid in found if os.getpgid(pid) == pid]
    return pid

"""What people send becomes just the lines of the job script, the traits and the pod that it should: by the hundred.

The service, the plugin and SlurmSpawner's own template are the real ones; `sbatch` writes down what it is given.
"""

import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from in_process import Workbench
from jupyterhub_presets import NotStarted
from jupyterhub_presets.form import options_from_form
from person import Page
from sent import LOCAL, MODULES, POD, SCRIPT, Reading, hostile_or_not, module_load, read_all
from traitlets import Unicode

from batchspawner import SlurmSpawner

SITE = Path(__file__).resolve().parents[1] / "sites" / "scripts.yaml"
LAB = ["--often", "--site", str(SITE)]
CASES = 250 * int(os.environ.get("PRESETS_TRIALS", "1"))
"""Of each property: 250, and 5,000 in a soak."""

property_test = settings(
    max_examples=CASES, deadline=None, database=None, derandomize=CASES == 250,
    suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate, Phase.shrink],
)  # fmt: skip


class RecordedSlurm(SlurmSpawner):
    """SlurmSpawner as it is, for somebody without an account on this machine."""

    exec_prefix = Unicode("")
    req_homedir = Unicode("/home/alice")

    def user_env(self, env):
        return env


class Counted:
    """How many cases were given and refused: a property that only ever refuses shows nothing."""

    def __init__(self):
        self.given = self.refused = 0

    def tell(self, what, capsys):
        with capsys.disabled():
            print(f"\n{what}: {self.given + self.refused} cases, {self.given} given, {self.refused} refused")
        assert min(self.given, self.refused) * 5 > self.given + self.refused, "too few of one of them"


@pytest.fixture(scope="module")
def bench(lab, tmp_path_factory):
    folder = tmp_path_factory.mktemp("sbatch")
    recorded = folder / "script"
    sbatch = folder / "sbatch"
    sbatch.write_text(f"#!/bin/sh\ncat > {recorded}\necho 4711\n")
    sbatch.chmod(0o755)
    bench = Workbench(
        lab,
        {
            "slurm": {
                "class": RecordedSlurm,
                "traits": [f"req_{name}" for name in (
                    "partition", "nprocs", "memory", "runtime", "gres", "reservation", "options", "prologue",
                )],
                "config": {"batch_submit_cmd": f"{sbatch} --parsable"},
            },
            "local": {
                "class": "jupyterhub.spawner.SimpleLocalProcessSpawner",
                "traits": ["mem_limit", "cpu_limit", "debug", "default_url"],
            },
            "pod": {
                "class": "kubespawner.KubeSpawner",
                "traits": ["image", "mem_limit", "cpu_limit", "extra_resource_limits", "node_selector"],
            },
        },
    )  # fmt: skip
    bench.recorded = recorded
    yield bench
    bench.close()


def submitted(bench, child):
    """The script that `sbatch` was given."""
    bench.recorded.unlink(missing_ok=True)
    assert bench.run(child.submit_batch_script()) == "4711"
    return bench.recorded.read_bytes().decode()


def refused(bench, answer):
    """It is a refusal in words, by the service and not by the plugin's own last check; and nothing was submitted."""
    assert isinstance(answer, NotStarted) and answer.status_code in (403, 422), answer
    assert answer.jupyterhub_message and not bench.recorded.exists()


def asked(bench, counted, preset, values, table, **beside):
    """The child made of it, and the words it was made of; none where it is refused, as it then has to be."""
    reading: Reading = read_all(table, values)
    bench.recorded.unlink(missing_ok=True)
    child = bench.child({"preset": preset, "values": values, **beside})
    if beside or reading.faults:
        counted.refused += 1
        refused(bench, child)
        return None
    counted.given += 1
    assert not isinstance(child, NotStarted), (child, values)
    return child, reading


def expected(child, reading):
    """The whole script, line by line."""
    word = {**{key: default for key, (_, _, default) in SCRIPT.items()}, **reading.words}
    lines = [
        "#!/bin/bash",
        "#SBATCH --output=/home/alice/jupyterhub_slurmspawner_%j.log",
        "#SBATCH --job-name=spawner-jupyterhub",
        "#SBATCH --chdir=/home/alice",
        "#SBATCH --export=" + ",".join(child.get_env()),
        "#SBATCH --get-user-env=L",
        f"#SBATCH --partition={word['partition']}",
        f"#SBATCH --time={word['walltime']}",
        f"#SBATCH --mem={word['memory']}",
        f"#SBATCH --gres=gpu:{word['gpus']}",
        f"#SBATCH --cpus-per-task={word['cores']}",
        *([f"#SBATCH --reservation={word['reservation']}"] if word["reservation"] else []),
        f"#SBATCH --comment={word['note']} --constraint={word['features']}",
        "",
        "set -euo pipefail",
        "",
        "trap 'echo SIGTERM received' TERM",
        word["modules"],
        "srun " + child.cmd_formatted_for_batch(),
        'echo "jupyterhub-singleuser ended gracefully"',
        "",
    ]
    return lines


def test_a_job_script_holds_just_the_lines_that_it_should(bench, capsys):
    """Red with `is_one_word` of service/catalogue/pattern.rs taking every text."""
    counted = Counted()

    @property_test
    @given(hostile_or_not(SCRIPT), st.sampled_from(["small", "~job"]), st.booleans())
    def holds(values, card, more):
        # What stands beside preset and values is refused whole, whatever it is.
        beside = {"partition": "gpu", "options": "--exclusive"} if more and len(values) % 5 == 0 else {}
        answer = asked(bench, counted, card, values, SCRIPT, **beside)
        if not answer:
            return
        child, reading = answer
        assert submitted(bench, child).split("\n") == expected(child, reading)
        environment = {"NOTE": "note", "WHOLE_NODE": "exclusive", "SHARE": "share"}
        for name, key in environment.items():
            assert child.get_env()[name] == reading.words.get(key, SCRIPT[key].default)

    holds()
    counted.tell("job scripts", capsys)


def test_a_local_servers_traits_are_typed(bench, capsys):
    counted = Counted()

    @property_test
    @given(hostile_or_not(LOCAL))
    def holds(values):
        answer = asked(bench, counted, "~here", values, LOCAL)
        if not answer:
            return
        child, reading = answer
        word = {**{key: one.default for key, one in LOCAL.items()}, **reading.words}
        assert (type(child.mem_limit), child.mem_limit) == (int, int(word["memory"][:-1]) << 20)
        assert (type(child.cpu_limit), child.cpu_limit) == (float, float(word["share"]))
        assert child.debug is (word["exclusive"] == "true")
        assert child.default_url == "/lab?x=" + word["remark"]
        assert (child.environment["REMARK"], child.environment["CORES"]) == (word["remark"], word["cores"])

    holds()
    counted.tell("local servers", capsys)


@pytest.fixture
def cluster(tmp_path, monkeypatch):
    """KubeSpawner wants to know of a cluster, which nobody asks here: a pod is made, and not sent."""
    named = {"name": "none"}
    config = {
        "apiVersion": "v1", "kind": "Config", "current-context": "none",
        "clusters": [{**named, "cluster": {"server": "http://127.0.0.1:9"}}], "users": [{**named, "user": {}}],
        "contexts": [{**named, "context": {"cluster": "none", "user": "none"}}],
    }  # fmt: skip
    (tmp_path / "config").write_text(json.dumps(config))
    monkeypatch.setattr("kubernetes_asyncio.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "config"))


def test_a_pod_holds_what_was_chosen_in_its_type(bench, cluster, capsys):
    counted = Counted()

    @property_test
    @given(hostile_or_not(POD))
    def holds(values):
        answer = asked(bench, counted, "~pod", values, POD)
        if not answer:
            return
        child, reading = answer
        word = {**{key: one.default for key, one in POD.items()}, **reading.words}
        pod = bench.run(child.get_pod_manifest()).spec
        [container] = pod.containers
        gpus, memory = int(word["gpus"]), int(word["memory"][:-1]) << 20
        assert container.resources.limits == {"nvidia.com/gpu": gpus, "memory": memory, "cpu": float(word["share"])}
        assert all(type(limit) in (int, float) for limit in container.resources.limits.values())
        assert (container.image, pod.node_selector) == (word["image"], {"partition": word["partition"]})
        assert [one.value for one in container.env if one.name == "REMARK"] == [word["remark"]]

    holds()
    counted.tell("pods", capsys)


@given(st.lists(st.sampled_from(list(MODULES)), unique=True))
@settings(deadline=None, max_examples=100, database=None, derandomize=True)
def test_what_is_expected_of_modules_loads_each_after_what_it_needs(chosen):
    loaded = module_load(chosen).split()[2:]
    assert set(chosen) <= set(loaded) and len(set(loaded)) == len(loaded)
    for name in loaded:
        assert all(loaded.index(needed) < loaded.index(name) for needed in MODULES[name])


def test_modules_are_loaded_in_their_order_and_never_with_what_they_conflict_with(bench):
    for asked, line in (
        (["hdf5/1.14", "python/3.12"], "module load python/3.12 gcc/14 openmpi/5 hdf5/1.14"),
        (["gcc/14"], "module load gcc/14"),
        ([], ""),
    ):
        child = bench.child({"preset": "small", "values": {"modules": asked}})
        assert submitted(bench, child).split("\n")[-4] == line
    for asked in (["intel", "gcc/14"], ["intel", "hdf5/1.14"], ["gcc/14", "gcc/14"], ["gcc/14; true"], ["-l"]):
        bench.recorded.unlink(missing_ok=True)
        refused(bench, bench.child({"preset": "small", "values": {"modules": asked}}))


def test_nersc_form_every_field_that_is_shown_arrives(lab):
    """Red with lists left out of `options_from_form` in openapi/jupyterhub_presets/form.py."""
    page = Page(lab.form_of("alice")["html"])
    sent = {"preset": ["small"]}
    other = {
        "partition": ["gpu"], "cores": ["7"], "gpus": ["2"], "share": ["2.5"], "memory": ["3GiB"],
        "walltime": ["2h"], "exclusive": ["true"], "reservation": ["school"], "note": ["hello"],
        "features": ["", "nvme", "ib"], "modules": ["", "gcc/14"],
    }  # fmt: skip
    shown = set()
    for _, attributes in page.elements:
        name = attributes.get("name", "")
        if name.startswith("o.small."):
            key = name.removeprefix("o.small.").rstrip("*?")
            shown.add(key)
            sent[name] = other[key]
    assert shown == set(SCRIPT) == set(other)
    answer = lab.ask("resolve", user="alice", options=options_from_form(sent))
    assert answer.status_code == 200, answer.text
    kept = answer.json()["options"]["values"]
    written = {key: [one for one in texts if one] for key, texts in other.items()}
    as_sent = {key: texts if key in ("features", "modules") else texts[0] for key, texts in written.items()}
    assert kept == {**as_sent, "cores": 7, "gpus": 2, "exclusive": True}

"""A preset that is a job: what Slurm was asked for is what the preset says, and a stop ends the job."""

import os
import subprocess
from pathlib import Path

import pytest
from running_lab import wait_for

SITE = Path(__file__).resolve().parents[1] / "sites" / "jobs.yaml"
LAB = ["--slurm", "--keep-servers", "--site", str(SITE)]

pytestmark = pytest.mark.usefixtures("nobody_runs")


def slurm(lab, *words):
    """What a client of the lab's Slurm says."""
    return subprocess.run(
        words, env={**os.environ, "SLURM_CONF": lab.slurm_conf}, capture_output=True, text=True, timeout=30, check=True
    ).stdout.strip()


def jobs(lab):
    """The ids of the jobs that wait or run."""
    return slurm(lab, "squeue", "-h", "-t", "PENDING,RUNNING,COMPLETING", "-o", "%A").split()


def facts(lab, job):
    """What `scontrol` knows of a job: `{"Partition": "long", …}`."""
    words = slurm(lab, "scontrol", "-o", "show", "job", job).split()
    return dict(word.split("=", 1) for word in words if "=" in word)


def test_one_post_starts_a_job_with_just_what_the_preset_says(lab):
    alice = lab.person("alice")
    assert not jobs(lab)
    sent = {
        "pz_form": "1", "start": "physics-job",
        "o.physics-job.walltime": "3h", "o.physics-job.cores": "6", "o.debug-job.cores": "16",
    }  # fmt: skip
    answer = alice.post_form(sent)
    assert answer.status == 302, answer
    assert lab.outcome("alice")[0] == "ready", lab.log()[-3000:]
    [job] = jobs(lab)
    known = facts(lab, job)
    assert known["JobState"] == "RUNNING"
    assert known["Partition"] == "long"
    assert (known["NumCPUs"], known["MinMemoryNode"]) == ("6", "8G")
    assert known["TimeLimit"] == "03:00:00"
    assert known["JobName"] == "analysis"
    queued = slurm(lab, "squeue", "-h", "-o", "%P|%C|%m|%l|%j", "-j", job)
    assert queued == "long|6|8G|3:00:00|analysis"

    # The resolution that the hub keeps says the same, and so does the job's own environment.
    record = lab.server("alice")["state"]["preset_record"]
    assert record["traits"] == {
        "req_partition": "long", "req_nprocs": "6", "req_memory": "8192M", "req_runtime": "0-03:00:00",
        "req_jobname": "analysis",
    }  # fmt: skip
    assert lab.server("alice")["state"]["child_state"]["job_id"] == job
    env = next(iter(lab.processes("alice").values()))
    assert {name: value for name, value in env.items() if name.startswith("PRESETS_")} == {
        "PRESETS_CORES": "6", "PRESETS_PARTITION": "long", "PRESETS_WALLTIME": "0-03:00:00"
    }  # fmt: skip
    assert env["SLURM_JOB_ID"] == job and env["SLURM_JOB_PARTITION"] == "long"

    lab.stop("alice")
    wait_for(lambda: not jobs(lab), "the job to be gone")
    wait_for(lambda: not lab.processes("alice"), "the job's processes to be gone")


def test_a_job_beyond_the_preset_is_never_submitted(lab):
    alice, bob = lab.person("alice"), lab.person("bob")
    for person, options in (
        (alice, {"preset": "physics-job", "values": {"cores": "16"}}),
        (alice, {"preset": "physics-job", "values": {"walltime": "9h"}}),
        (alice, {"preset": "physics-job", "values": {"job_name": "analysis --partition=gpu"}}),
        (alice, {"preset": "physics-job", "values": {"partition": "gpu"}}),
        (alice, {"preset": "physics-job", "partition": "gpu", "req_partition": "gpu"}),
        (bob, {"preset": "physics-job"}),
    ):
        answer = person.rest("POST", options)
        assert answer.status in (403, 422), answer
    assert not jobs(lab)
    known = slurm(lab, "scontrol", "-o", "show", "job").count("JobId=")
    assert known <= 1, "Slurm was never asked for any of it"


def test_a_job_that_ran_when_its_hub_was_killed_is_taken_up_and_ended_by_the_next_one(lab):
    alice = lab.person("alice")
    assert alice.rest("POST", {"preset": "physics-job"}).status in (201, 202)
    assert lab.outcome("alice")[0] == "ready", lab.log()[-3000:]
    [job] = jobs(lab)
    lab.command("kill hub")
    lab.command("start hub")
    wait_for(lambda: (lab.server("alice") or {}).get("ready"), "the job to be taken up")
    assert jobs(lab) == [job]
    assert lab.server("alice")["state"]["child_state"]["job_id"] == job
    lab.stop("alice")
    wait_for(lambda: not jobs(lab), "the job to be gone")

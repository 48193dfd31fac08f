"""Slurm on one machine: jobs that run as whoever runs the hub, and servers that listen on loopback only."""

import os

from batchspawner import SlurmSpawner
from traitlets import Unicode, default


class LoopSlurmSpawner(SlurmSpawner):
    """A real SlurmSpawner for a machine on which the hub's people have no accounts."""

    exec_prefix = Unicode("", help="Nobody to become: jobs run as the hub's own account.").tag(config=True)

    req_jobname = Unicode("spawner-jupyterhub", help="The name squeue shows.").tag(config=True)
    batch_script = Unicode(
        SlurmSpawner.batch_script.default_value.replace("--job-name=spawner-jupyterhub", "--job-name={{jobname}}")
    ).tag(config=True)

    @property
    def home(self):
        return os.environ["LAB_HOMES"] + "/" + self.user.escaped_name

    @default("req_homedir")
    def _req_homedir_default(self):
        os.makedirs(self.home, exist_ok=True)
        return self.home

    def user_env(self, env):
        # batchspawner asks the system for the person's account; here is none.
        return {
            **env,
            "USER": self.user.name,
            "HOME": self.home,
            "SHELL": "/bin/bash",
            "PATH": os.environ["PATH"],
            "SLURM_CONF": os.environ["SLURM_CONF"],
        }

    def get_env(self):
        # BatchSpawner.start() sets ip to 0.0.0.0, whatever was configured.
        env = super().get_env()
        if "JUPYTERHUB_SERVICE_URL" in env:
            env["JUPYTERHUB_SERVICE_URL"] = env["JUPYTERHUB_SERVICE_URL"].replace("//0.0.0.0:", "//127.0.0.1:")
        return env

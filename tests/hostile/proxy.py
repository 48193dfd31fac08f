"""configurable-http-proxy in front of one service, as a hub runs it."""

import http.client
import json
import os
import subprocess

from running import PREFIX, WITH_US, eventually, free_port


class Proxy:
    def __init__(self, program, target, folder):
        self.program, self.target, self.folder = program, target, folder
        self.port, self.api_port, self.token = free_port(), free_port(), os.urandom(16).hex()

    def __enter__(self):
        with open(self.folder / "proxy.log", "ab") as log:
            self.process = subprocess.Popen(
                [
                    *WITH_US, self.program, "--ip", "127.0.0.1", "--port", str(self.port),
                    "--api-ip", "127.0.0.1", "--api-port", str(self.api_port), "--log-level", "warn",
                ],
                env={**os.environ, "CONFIGPROXY_AUTH_TOKEN": self.token},
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        eventually(self._knows_the_way, 30, f"the proxy answers ({self.folder / 'proxy.log'})", every=0.1)
        return self

    def _knows_the_way(self):
        assert self.process.poll() is None, "the proxy ended"
        connection = http.client.HTTPConnection("127.0.0.1", self.api_port, timeout=5)
        try:
            body = json.dumps({"target": f"http://127.0.0.1:{self.target}"})
            headers = {"Authorization": f"token {self.token}"}
            connection.request("POST", f"/api/routes{PREFIX.rstrip('/')}", body, headers)
            return connection.getresponse().status == 201
        except OSError:
            return False
        finally:
            connection.close()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

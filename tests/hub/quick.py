"""A person's server that starts at once: a real process that answers `/user/NAME/api` as the hub expects.

A job named `wait` listens only after SIGUSR1, one named `silent` never does.
"""

import os
import signal
import socket

service = os.environ["JUPYTERHUB_SERVICE_URL"]
host, _, port = service.split("//", 1)[1].split("/", 1)[0].rpartition(":")
body = b'{"version": "2"}'
answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"

signal.signal(signal.SIGINT, signal.SIG_DFL)
job = os.environ.get("PRESETS_JOB_NAME")
if job == "wait":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    signal.sigwait({signal.SIGUSR1})
while job == "silent":
    signal.pause()
with socket.create_server((host, int(port))) as server:
    while True:
        connection, _ = server.accept()
        with connection:
            connection.settimeout(5)
            try:
                connection.recv(65536)
                connection.sendall(answer % (len(body), body))
            except OSError:
                pass

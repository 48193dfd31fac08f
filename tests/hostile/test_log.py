"""The log: nothing secret in it at any level, nobody held up by it, and nobody's memory for others to read."""

import http.client
import json
import os
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest
from running import PREFIX, SITE, WITH_US, Service, free_port

SOME = ["token", "cookie", "state", "code", "csrf", "session", "hubsession", "join", "body", "query", "user"]


def canary(name):
    return f"canary-{name}-4e1f7a9c2b"


def asked(service, method, path, headers=None, body=None):
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=15)
    try:
        connection.request(method, PREFIX + path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, str(answer.getheaders()) + answer.read().decode()
    finally:
        connection.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_no_secret_is_ever_in_log_answers_or_figures(kind, program, tmp_path):
    metrics, folder = free_port(), tmp_path / kind
    database = f"sqlite:{folder}/p.sqlite" if kind == "sqlite" else f"postgres://u:{canary('database')}@127.0.0.1:9/d"
    password = tmp_path / "password"
    password.write_text(canary("ldap"))
    password.chmod(0o600)
    token = tmp_path / "token"
    token.write_text(canary("own-token") + "-0123456789")
    token.chmod(0o600)
    directory = (
        '  ldap:\n    urls: ["ldap://127.0.0.1:9"]\n    plaintext: true\n    bind_dn: cn=reader,dc=x\n'
        f"    bind_password_file: {password}\n    people: {{base: 'ou=p,dc=x', attribute: uid}}\n"
        "    groups: {base: 'ou=g,dc=x', schemas: [member]}\n"
    )
    more = f"metrics: 127.0.0.1:{metrics}\n"
    service = Service(program, folder, database, directory=directory, more=more)
    text = service.config.read_text()
    hub = f"hub:\n  api_url: http://127.0.0.1:9/hub/api\n  api_token_file: {token}\n  service: presets\n"
    service.config.write_text(text.replace("hub:\n", hub))
    if kind == "sqlite":
        service.apply()
    service.start(env={"RUST_LOG": "trace"})
    for _ in range(200):
        try:
            if service.get("api/v1/health/live")[0] == 200:
                break
        except OSError:
            time.sleep(0.05)
    answers = ""
    secret = (folder / "hub-secret").read_text().strip()
    hub_headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
    cookies = f"presets={canary('cookie')}; __Secure-presets-presets={canary('session')}; jupyterhub-session-id={canary('hubsession')}"
    body = json.dumps({"protocol": 1, "user": "alice", "options": {"preset": canary("body"), "values": {"x": canary("join")}}})
    for method, path, headers, data in [
        ("GET", f"api/v1/me?token={canary('query')}", {"Authorization": f"Bearer {canary('token')}"}, None),
        ("GET", "api/v1/presets", {"Cookie": cookies}, None),
        ("POST", "api/v1/presets", {"Cookie": cookies, "X-CSRF-Token": canary("csrf"), "Content-Type": "application/json"}, body),
        ("GET", f"oauth_callback?code={canary('code')}&state={canary('state')}", {"Cookie": cookies}, None),
        ("GET", f"login?next={canary('query')}", {"Cookie": cookies}, None),
        ("POST", "logout", {"Cookie": cookies}, f"csrf={canary('csrf')}"),
        ("POST", "api/v1/hub/form", hub_headers, body),
        ("POST", "api/v1/hub/resolve", hub_headers, body),
        ("POST", "api/v1/hub/resolve", hub_headers, body[:-3]),
        ("GET", f"api/v1/{canary('query')}", {}, None),
        ("DELETE", f"api/v1/users/{canary('user')}", {"Authorization": f"token {canary('token')}"}, None),
        ("GET", "api/v1/health/ready", {}, None),
    ]:
        status, said = asked(service, method, path, headers, data)
        # A refusal of a start names what was asked for, to the hub that asked.
        if headers is not hub_headers:
            answers += said
    figures = figures_at(metrics)
    assert "presets_http_requests_total" in figures
    pid = service.process.pid
    limits = Path(f"/proc/{pid}/limits").read_text()
    owner = os.stat(f"/proc/{pid}/environ").st_uid
    service.stop()
    log = service.log.read_text()
    # A log without lines holds no secrets either.
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    requests = [line for line in lines if line.get("message") == "answered"]
    assert len(requests) >= 12, log[-2000:]
    assert all({"request", "method", "route", "status", "ms"} <= line.keys() for line in requests)
    where = {"log": log, "answers": answers, "figures": figures}
    secrets = [*map(canary, [*SOME, "database", "ldap", "own-token"]), secret]
    found = [(place, secret) for place, text in where.items() for secret in secrets if secret in text]
    assert not found, found
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4] == "0", core
    assert owner == 0, "a process that may not be dumped belongs to root"


def figures_at(port):
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=15)) as connection:
        connection.request("GET", "/metrics")
        return connection.getresponse().read().decode()


def test_a_log_that_nobody_reads_holds_nobody_up(program, tmp_path):
    metrics = free_port()
    service = Service.on_sqlite(program, tmp_path / "unread", more=f"metrics: 127.0.0.1:{metrics}\n")
    service.apply()
    reader, writer = os.pipe()
    service.process = subprocess.Popen(
        [*WITH_US, service.program, "serve", "--config", str(service.config)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=writer,
    )  # fmt: skip
    os.close(writer)
    try:
        for _ in range(200):
            try:
                if service.get("api/v1/health/live")[0] == 200:
                    break
            except OSError:
                time.sleep(0.05)
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=5)
        slowest = 0
        for _ in range(8_000):
            began = time.monotonic()
            connection.request("GET", PREFIX + "api/v1/health/live")
            assert connection.getresponse().read() == b'{"status":"alive"}'
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < 1
        figures = figures_at(metrics)
        dropped = next(line for line in figures.splitlines() if line.startswith("presets_log_lines_dropped "))
        assert int(float(dropped.split()[1])) > 1_000, dropped
        assert service.stop(seconds=12) == 0
    finally:
        service.kill()
        os.close(reader)


def test_a_secret_that_others_can_read_is_complained_of(program, tmp_path):
    service = Service.on_sqlite(program, tmp_path / "open")
    service.apply(SITE)
    (service.folder / "hub-secret").chmod(0o644)
    service.start().ready()
    service.stop()
    assert "hub-secret can be read or changed by others (mode 644)" in service.log.read_text()

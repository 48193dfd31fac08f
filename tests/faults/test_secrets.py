"""No secret is ever printed: canaries through every command at the most talkative level, in order and in trouble."""

import json
import os
import subprocess
from urllib.parse import urlsplit

import pytest
from running import PREFIX, SITE, WITH_US, Service, eventually, free_port

HUB, OLD, BIND = "hubCanary0f1e2d3c4b5a69788796a5b4", "oldCanary9f1e2d3c4b5a69788796a5b4", "bindCanary5b4c3d2e1f00f1e2d3c4b5a"
DATABASE = "dbCanaryc3d2e1f00f1e2d3c4b5a697887"
TALKATIVE = {"RUST_LOG": "trace", "RUST_BACKTRACE": "full"}


class Told:
    """All that was printed, logged and answered."""

    def __init__(self, program, folder, env=None):
        self.program, self.folder, self.env, self.words, self.runs = program, folder, {**TALKATIVE, **(env or {})}, [], 0

    def run(self, *words, seconds=40):
        done = subprocess.run(
            [*WITH_US, self.program, *map(str, words)], cwd=self.folder, env={**os.environ, **self.env},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, check=False,
        )
        self.words += [done.stdout, done.stderr]
        self.runs += 1
        return done

    def must_hold_none_of(self, *secrets):
        text = "\n".join(self.words)
        assert text.strip(), "something was said"
        for secret in secrets:
            # Half of a secret is too much, as well.
            for piece in (secret, secret[:16], secret[-16:]):
                place = text.find(piece)
                assert place < 0, f"{piece} in: {text[max(0, place - 200) : place + 60]}"


def config(port, database, as_files, folder, ldap_port):
    if as_files:
        for name, text in (("hub", f"{HUB}\n{OLD}\n"), ("bind", BIND), ("db", database)):
            (folder / name).write_text(text)
        secrets = "database_file: db\nhub: {secret_file: hub}\n", "bind_password_file: bind"
    else:
        secrets = f"database: {json.dumps(database)}\nhub: {{secret: {HUB} {OLD}}}\n", f"bind_password: {BIND}"
    return (
        f"listen: 127.0.0.1:{port}\n{secrets[0]}"
        f"directory: {{ldap: {{urls: [\"ldap://127.0.0.1:{ldap_port}\"], plaintext: true, bind_dn: cn=r, {secrets[1]},"
        " people: {base: ou=p}, groups: {base: ou=g}}}\n"
    )


@pytest.mark.parametrize("database, as_files", [
    ("answers", False), ("answers", True), ("refuses_the_password", True), ("is_away", False), ("is_a_file", False),
])
def test_no_command_prints_a_secret(program, cluster, tmp_path, database, as_files):
    parts = urlsplit(cluster.database(f"secrets_{os.urandom(5).hex()}"))
    own = parts.password
    urls = {
        "answers": parts.geturl(),
        "refuses_the_password": parts._replace(netloc=f"{parts.username}:{DATABASE}@127.0.0.1:{parts.port}").geturl(),
        "is_away": parts._replace(netloc=f"{parts.username}:{DATABASE}@127.0.0.1:{free_port()}").geturl(),
        "is_a_file": f"sqlite:{tmp_path}/presets.sqlite",
    }
    port = free_port()
    (tmp_path / "c.yaml").write_text(config(port, urls[database], as_files, tmp_path, free_port()))
    told = Told(program, tmp_path)
    for command in (["check"], ["migrate"], ["apply", SITE, "--dry-run"], ["apply", SITE], ["explain", "alice"], ["backup", "kept"], ["healthcheck"]):
        told.run(command[0], "--config", "c.yaml", *command[1:])
    told.run("openapi")
    ask_a_served_one(told, port)
    told.must_hold_none_of(HUB, OLD, BIND, DATABASE, own)


def ask_a_served_one(told, port):
    """Serves, and asks with the right secret, the old one, a wrong one and odd ones."""
    import http.client

    with open(told.folder / "log", "wb") as log:
        process = subprocess.Popen(
            [*WITH_US, told.program, "serve", "--config", "c.yaml"], cwd=told.folder, env={**os.environ, **told.env},
            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )

    def ask(path, secret, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("POST" if body else "GET", PREFIX + path, body, {
                "Authorization": secret, "Content-Type": "application/json", "X-Note": secret})
            answer = connection.getresponse()
            told.words += [str(answer.getheaders()), answer.read().decode()]
            return answer.status
        finally:
            connection.close()

    try:
        eventually(lambda: answers(ask), 10, "the service answers")
        person = {"protocol": 1, "user": "alice", "server_name": "", "hub_groups": []}
        for secret in (f"Bearer {HUB}", f"Bearer {OLD}", f"Bearer {HUB[:-1]}", f"token {HUB} {OLD}", HUB, f"Basic {HUB}"):
            right = secret in (f"Bearer {HUB}", f"Bearer {OLD}")
            for path, body in (("hub/form", person), ("hub/resolve", {**person, "options": {}}), ("hub/resolve", {"user": 5})):
                assert (ask(f"api/v1/{path}", secret, json.dumps(body)) != 401) == right
        ask(f"api/v1/nowhere?secret={HUB}", "Bearer x")
        ask(f"api/v1/{HUB}", "Bearer x")
        assert told.run("healthcheck", "--config", "c.yaml").returncode in (0, 1)
    finally:
        process.terminate()
        assert process.wait(15) == 0
    told.words.append((told.folder / "log").read_text())
    libraries_only_warn(told.words[-1])


def libraries_only_warn(log):
    """At lower levels some print what passes through them: whole requests, or whom the hub tells of."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    of_ours = [line.get("target", "").startswith("jupyterhub_presets") for line in lines]
    assert any(of_ours), "each line names whose it is"
    others = [line for line, ours in zip(lines, of_ours) if not ours and line["level"] not in ("WARN", "ERROR")]
    assert not others, others[:5]


def answers(ask):
    try:
        return ask("api/v1/health/live", "Bearer x") == 200
    except OSError:
        return False


def test_libraries_only_warn_at_the_most_talkative_level(program, hub, tmp_path):
    service = Service.on_sqlite(program, tmp_path / "service", hub=hub.config(tmp_path))
    service.apply()
    try:
        service.start(env=TALKATIVE).ready()
        assert service.form()[0] == 200
        assert service.form_by("token-of-a-program-1")[0] == 200 and hub.calls > 0
        assert service.stop() == 0
    finally:
        service.kill()
    libraries_only_warn(service.log.read_text())


# Mistakes made right where a secret stands.
SLIPS = {
    "a secret instead of a block": f"hub: {HUB}\n",
    "a list": f"hub: {{secret: [{HUB}]}}\n",
    "a map": f"hub: {{secret: {{value: {HUB}}}}}\n",
    "an unknown key": f"hub: {{secrets: {HUB}}}\n",
    "three secrets": f"hub: {{secret: {HUB} {OLD} {BIND}}}\n",
    "both": f"hub: {{secret: {HUB}, secret_file: hub}}\n",
    "an open quote": f"hub: {{secret: \"{HUB}}}\n",
    "an open bracket": f"hub: {{secret: {HUB}\n",
    "no colon": f"hub:\n  secret {HUB}\n",
    "a tab": f"hub:\n\tsecret: {HUB}\n",
    "another database": f"database: mysql://u:{DATABASE}@h/d\nhub: {{secret: {HUB}}}\n",
    "a password with an @": f"database: postgres://u:p@{DATABASE}@h/d\nhub: {{secret: {HUB}}}\n",
    "a database as a list": f"database: [\"postgres://u:{DATABASE}@h/d\"]\nhub: {{secret: {HUB}}}\n",
    "a bind password as a list": f"hub: {{secret: {HUB}}}\ndirectory: {{ldap: {{bind_password: [{BIND}]}}}}\n",
    "a bind password as a number of groups": f"hub: {{secret: {HUB}}}\ndirectory: {{ldap: {BIND}}}\n",
}


@pytest.mark.parametrize("slip", SLIPS)
def test_a_mistake_beside_a_secret_is_told_without_it(program, tmp_path, slip):
    database = "" if "database:" in SLIPS[slip] else f"database: sqlite:{tmp_path}/p.sqlite\n"
    (tmp_path / "c.yaml").write_text(f"listen: 127.0.0.1:{free_port()}\n{database}{SLIPS[slip]}")
    (tmp_path / "hub").write_text(HUB)
    told = Told(program, tmp_path)
    for command in (["check"], ["serve"], ["apply", SITE], ["explain", "alice"]):
        assert told.run(command[0], "--config", "c.yaml", *command[1:]).returncode == 1
    told.must_hold_none_of(HUB, OLD, BIND, DATABASE)


def test_a_weak_secret_of_the_environment_is_told_without_it(program, tmp_path):
    (tmp_path / "c.yaml").write_text(f"listen: 127.0.0.1:{free_port()}\ndatabase: sqlite:{tmp_path}/p.sqlite\n")
    told = Told(program, tmp_path, {"PRESETS_HUB_SECRET": "weakCanary7f4c19a2 weakCanary"})
    done = told.run("serve", "--config", "c.yaml")
    assert done.returncode == 1 and "PRESETS_HUB_SECRET" in done.stderr
    told.must_hold_none_of("weakCanary7f4c19a2", "weakCanary")


def test_the_running_process_shows_no_secret_in_its_command_line(service):
    service.start().ready()
    with open(f"/proc/{service.process.pid}/cmdline", encoding="utf-8") as words:
        assert words.read().split("\0")[1:-1] == ["serve", "--config", str(service.config)]


# Beside those that are read as secrets: a password that is read for each login, keys, and a secret inside the configuration.
KEPT = ("presets.yaml", "bind", "client.key", "server.key")


@pytest.mark.parametrize("mode", [0o644, 0o600])
def test_each_file_with_a_secret_that_others_can_read_is_named_once_and_nothing_of_it_is_told(program, tmp_path, mode):
    service = Service.on_sqlite(
        program, tmp_path / "kept",
        directory=f"  ldap: {{urls: [\"ldap://127.0.0.1:{free_port()}\"], plaintext: true, bind_dn: cn=r,"
        " bind_password_file: bind, people: {base: ou=p}, groups: {base: ou=g}}\n",
        hub=f"  api_url: https://127.0.0.1:{free_port()}/hub/api\n  api_token: {HUB}\n"
        "  tls: {key_file: client.key, cert_file: client.crt, ca_file: client.crt}\n",
        more="tls: {key_file: server.key, cert_file: server.crt, client_ca_file: client.crt}\n",
    )
    for who in ("client", "server"):
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2",
             "-subj", "/CN=localhost", "-keyout", service.folder / f"{who}.key", "-out", service.folder / f"{who}.crt"],
            capture_output=True, timeout=30, check=True,
        )  # fmt: skip
    (service.folder / "bind").write_text(BIND)
    (service.folder / "hub-secret").chmod(0o600)
    for name in KEPT:
        (service.folder / name).chmod(mode)
    service.start()

    def listens():
        assert service.process.poll() is None, service.log.read_text()
        return '"listening"' in service.log.read_text()

    try:
        eventually(listens, 20, "the service listens")
    finally:
        service.kill()
    log = service.log.read_text()
    for name in KEPT:
        told = f"{service.folder / name} can be read or changed by others (mode {mode:o}): chmod 600"
        assert log.count(told) == (mode != 0o600), f"{name}: {log}"
    assert "hub-secret can be" not in log
    for secret in (HUB, BIND, "PRIVATE KEY"):
        assert secret not in log

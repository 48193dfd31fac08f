"""The generated calls, held against the description; and the session that sends them, against a real server."""

import ast
import inspect
import json
import threading
import typing
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from jupyterhub_presets import calls
from jupyterhub_presets.session import Refusal, Session

OPENAPI = Path(__file__).resolve().parents[2] / "openapi"
DOCUMENT = json.loads((OPENAPI / "openapi.json").read_text())
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_has_its_call(name):
    method, path, operation = OPERATIONS[name]
    make = getattr(calls, name)
    required = {
        key: f"a b/{key}"
        for key, parameter in inspect.signature(make).parameters.items()
        if parameter.default is inspect.Parameter.empty
    }
    call = make(**required)
    assert call.method == method
    assert call.path.count("/") == path.count("/"), "a value must not add segments"
    assert (call.body is not None) == ("requestBody" in operation)
    assert typing.get_type_hints(make)["return"]
    for parameter in operation.get("parameters", []):
        if parameter["in"] in ("query", "header") and parameter.get("required"):
            assert parameter["name"] in {**call.query, **call.headers}


@pytest.mark.parametrize("name", [name for name, one in DOCUMENT["components"]["schemas"].items() if "properties" in one])
def test_every_object_has_its_fields(name):
    schema = DOCUMENT["components"]["schemas"][name]
    assert set(typing.get_type_hints(getattr(calls, name))) == set(schema["properties"])
    assert getattr(calls, name).__required_keys__ == set(schema.get("required", ()))


def test_it_is_python_39():
    for file in (OPENAPI / "jupyterhub_presets").glob("*.py"):
        ast.parse(file.read_text(), feature_version=(3, 9))


@pytest.fixture
def server():
    """A real server that answers what `answers` holds and remembers what it was asked."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            server.asked.append((self.command, self.path, dict(self.headers), body))
            status, headers, answer = server.answers.pop(0)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = do_DELETE = answer

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.answers = [], []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    server.session = Session(f"http://127.0.0.1:{server.server_port}/p/", "secret")
    yield server
    server.shutdown()
    server.server_close()


def test_a_session_sends_method_path_query_token_and_body(server):
    server.answers = [(200, {}, b'{"a": 1}')]
    call = calls.Call("POST", "/api/v1/x", query={"limit": 2}, headers={"If-Match": '"3"'}, body={"b": 2})
    assert server.session.send(call) == {"a": 1}
    [(method, path, headers, body)] = server.asked
    assert (method, path, json.loads(body)) == ("POST", "/p/api/v1/x?limit=2", {"b": 2})
    assert headers["Authorization"] == "Bearer secret" and headers["If-Match"] == '"3"'


def test_an_empty_answer_is_none(server):
    server.answers = [(204, {}, b"")]
    assert server.session.send(calls.Call("DELETE", "/api/v1/x")) is None


def test_a_problem_is_a_refusal_with_its_type_and_sentence(server):
    problem = {"type": "/problems/stale", "title": "T", "status": 412, "detail": "Somebody else changed it."}
    server.answers = [(412, {}, json.dumps(problem).encode()), (502, {}, b"<html>")]
    with pytest.raises(Refusal, match="Somebody else") as refusal:
        server.session.send(calls.Call("DELETE", "/api/v1/x"))
    assert (refusal.value.status, refusal.value.type) == (412, "/problems/stale")
    with pytest.raises(Refusal, match="answered 502"):
        server.session.send(calls.Call("GET", "/api/v1/x"))


def test_a_token_does_not_follow_a_redirect(server):
    server.answers = [(302, {"Location": f"http://127.0.0.1:{server.server_port}/elsewhere"}, b"")]
    with pytest.raises(Refusal):
        server.session.send(calls.Call("GET", "/api/v1/x"))
    assert len(server.asked) == 1

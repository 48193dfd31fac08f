"""Starts a server by the name of a preset: HUB=https://hub.example.org JUPYTERHUB_API_TOKEN=… start_by_name.py NAME"""

import json, os, sys, urllib.request  # noqa: E401

HUB, TOKEN = os.environ["HUB"].rstrip("/"), os.environ["JUPYTERHUB_API_TOKEN"]


def ask(path, body=None):
    request = urllib.request.Request(HUB + path, data=body and json.dumps(body).encode())
    request.add_header("Authorization", f"Bearer {TOKEN}")
    with urllib.request.urlopen(request) as answer:
        return json.load(answer) if answer.status == 200 else None


presets, page = {}, ""
while page is not None:
    part = ask("/services/presets/api/v1/presets" + (page and f"?cursor={page}"))
    presets.update({preset["title"]: preset["id"] for preset in part["items"]})
    page = part["next"]
if len(sys.argv) < 2 or sys.argv[1] not in presets:
    sys.exit("Name one of these:\n" + "\n".join(sorted(presets)))
ask(f"/hub/api/users/{ask('/hub/api/user')['name']}/server", {"preset": presets[sys.argv[1]]})

"""Hub configuration that writes down what is brought for a code, and the challenge the code was asked for with.

A hub of series 5 keeps no challenge and compares nothing: it goes on as it would, and the tests compare.
"""

import json
import os

from jupyterhub.oauth.provider import JupyterHubRequestValidator

challenges = {}
keep, know = JupyterHubRequestValidator.save_authorization_code, JupyterHubRequestValidator.validate_code


def save_authorization_code(self, client_id, code, request, *args, **kwargs):
    challenges[code["code"]] = {"method": request.code_challenge_method, "challenge": request.code_challenge}
    return keep(self, client_id, code, request, *args, **kwargs)


def validate_code(self, client_id, code, client, request, *args, **kwargs):
    known = know(self, client_id, code, client, request, *args, **kwargs)
    entry = {"code": code, "known": known, "verifier": request.code_verifier, **challenges.get(code, {})}
    with open(os.environ["RECORD_FILE"] + ".exchanges", "a") as file:
        file.write(json.dumps(entry) + "\n")
    return known


JupyterHubRequestValidator.save_authorization_code = save_authorization_code
JupyterHubRequestValidator.validate_code = validate_code

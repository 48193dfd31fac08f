"""Hub configuration for signing in: PKCE is demanded, and only insiders may open the service."""

import sys
from pathlib import Path

c = get_config()  # noqa: F821
load_subconfig(str(Path(sys.modules["recording"].__file__).with_name("quick_config.py")))  # noqa: F821

c.JupyterHub.oauth_require_pkce = True
# What `configure` gave everybody, insiders only.
c.JupyterHub.extra_user_scopes = set()
INSIDERS = ["alice", "bob", "carol", "dave", "erin"]
c.JupyterHub.load_roles.append(
    {"name": "insiders", "scopes": ["access:services!service=presets"], "users": INSIDERS},
)

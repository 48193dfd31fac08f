"""Hub configuration for the tests of tokens: a second service, and people with rights that are narrower than they look."""

c = get_config()  # noqa: F821

c.JupyterHub.services.extend([
    {"name": "other", "api_token": "0" * 40},
    {"name": "robot", "api_token": "robot" * 8},
    {"name": "asker", "api_token": "asker" * 8},
])
c.JupyterHub.load_roles.extend([
    {"name": "others", "users": ["alice"], "scopes": ["access:services!service=other"]},
    {"name": "readers", "users": ["carol"], "scopes": ["custom:presets:read"]},
    {"name": "organisers", "users": ["dave"], "scopes": ["custom:presets:events"]},
    {"name": "own-admin", "users": ["erin"], "scopes": ["custom:presets:admin!user=erin"]},
    {"name": "robots", "services": ["robot"], "scopes": ["access:services!service=presets"]},
    {
        "name": "askers",
        "services": ["asker"],
        "scopes": ["access:services!service=presets", "custom:presets:resolve"],
    },
])

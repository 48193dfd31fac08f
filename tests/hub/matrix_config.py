"""The principals of the rights matrix, for the hub: see tests/api/matrix.yaml."""

c = get_config()  # noqa: F821

ACCESS = "access:services!service=presets"

c.JupyterHub.services.extend(
    [
        {"name": "robot", "api_token": "robot-0123456789abcdef0123456789abcdef"},
        # Like the user: a service of that name is somebody else.
        {"name": "alice", "api_token": "alice-0123456789abcdef0123456789abcdef"},
        {
            "name": "other",
            "api_token": "other-0123456789abcdef0123456789abcdef",
            "oauth_client_id": "service-other",
            "oauth_redirect_uri": "http://127.0.0.1:9/oauth_callback",
        },
    ]
)
c.JupyterHub.load_groups = {"physics": {"users": ["alice", "bob", "carol"]}}
c.JupyterHub.load_roles.extend(
    [
        {"name": "matrix-robot", "services": ["robot"], "scopes": [ACCESS, "custom:presets:resolve"]},
        {"name": "matrix-service", "services": ["alice"], "scopes": [ACCESS]},
        {"name": "matrix-foreign", "users": ["alice"], "scopes": ["access:services!service=other"]},
        {"name": "matrix-filtered", "users": ["alice"], "scopes": ["custom:presets:admin!user=alice"]},
        {"name": "matrix-reader", "users": ["dora"], "scopes": [ACCESS, "custom:presets:read"]},
        {"name": "matrix-organiser", "users": ["erin"], "scopes": [ACCESS, "custom:presets:events"]},
        {"name": "matrix-admin", "users": ["ada"], "scopes": [ACCESS, "custom:presets:admin"]},
    ]
)

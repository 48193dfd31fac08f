"""Who asks, for the hub: an organiser; users and the administrator are there already."""

c = get_config()  # noqa: F821

c.JupyterHub.load_roles.extend(
    [
        {
            "name": "presets-organisers",
            "users": ["olga"],
            "scopes": ["access:services!service=presets", "custom:presets:events"],
        }
    ]
)

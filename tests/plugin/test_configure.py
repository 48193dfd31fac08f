"""`configure(c, ...)`: it adds to what the site has, and refuses at once what cannot be."""

import copy

import pytest
from jupyterhub.app import JupyterHub
from jupyterhub_presets import PresetsSpawner
from surroundings import LOCAL, SECRET, configured
from traitlets.config import Config

WITH_EXTRA_SCOPES = "extra_user_scopes" in JupyterHub.class_trait_names()


def user_scopes(c):
    if WITH_EXTRA_SCOPES:
        return set(c.JupyterHub.extra_user_scopes)
    [role] = [role for role in c.JupyterHub.load_roles if role["name"] == "user"]
    assert "self" in role["scopes"]
    return set(role["scopes"])


def test_a_managed_service_gets_command_url_and_a_fresh_secret_of_256_bits():
    c, _ = configured()
    [service] = c.JupyterHub.services
    assert (service["name"], service["url"], service["command"]) == (
        "presets",
        "http://127.0.0.1:8889",
        ["serve"],
    )
    assert service["oauth_no_confirm"] is True
    assert set(service["oauth_client_allowed_scopes"]) == {*c.JupyterHub.custom_scopes, "read:users!user"}
    assert len(bytes.fromhex(service["environment"]["PRESETS_HUB_SECRET"])) == 32
    other, _ = configured()
    assert other.JupyterHub.services[0]["environment"] != service["environment"]


def test_the_plugin_asks_with_the_secret_the_service_gets():
    c, settings = configured(secret=SECRET)
    assert c.JupyterHub.services[0]["environment"]["PRESETS_HUB_SECRET"] == SECRET
    assert settings.client._secret == SECRET
    assert SECRET not in repr(settings) and SECRET not in repr(c.PresetsSpawner)


def test_an_external_service_gets_no_command_and_never_an_empty_token(tmp_path):
    file = tmp_path / "secret"
    file.write_text(f"\n{SECRET}\nsecond-secret-of-the-rotation\n")
    c, settings = configured(managed=False, command=..., secret_file=str(file))
    [service] = c.JupyterHub.services
    assert "command" not in service and "environment" not in service
    assert len(service["api_token"]) >= 32 and service["api_token"] != SECRET
    assert settings.client._secret == SECRET


def test_the_hub_accepts_the_service_as_configured():
    from jupyterhub.services.service import Service

    for changes in ({}, {"managed": False, "command": ..., "secret": SECRET}):
        c, _ = configured(**changes)
        assert set(c.JupyterHub.services[0]) <= set(Service.class_traits(input=True))


def test_every_scope_has_a_description_and_a_name_the_hub_takes():
    from jupyterhub import scopes

    c, _ = configured()
    assert set(c.JupyterHub.custom_scopes) == {
        f"custom:presets:{word}" for word in ("read", "events", "admin", "resolve")
    }
    before = copy.deepcopy(scopes.scope_definitions)
    try:
        scopes.define_custom_scopes(copy.deepcopy(dict(c.JupyterHub.custom_scopes)))
    finally:
        scopes.scope_definitions.clear()
        scopes.scope_definitions.update(before)


def test_everybody_may_open_the_service_and_keeps_what_they_may_do():
    c, _ = configured()
    assert "access:services!service=presets" in user_scopes(c)


def test_a_user_role_of_the_site_keeps_its_scopes_and_gains_the_access():
    c = Config()
    c.JupyterHub.load_roles = [
        {"name": "robots", "scopes": ["list:users"], "services": ["x"]},
        {"name": "user", "description": "ours", "scopes": ["self", "access:services!service=wiki"]},
    ]
    before = copy.deepcopy(c.JupyterHub.load_roles)
    configured(c)
    robots, user = c.JupyterHub.load_roles
    assert robots == before[0]
    assert user["description"] == "ours"
    assert user["scopes"] == ["self", "access:services!service=wiki", "access:services!service=presets"]


def test_a_user_role_without_scopes_still_means_self():
    c = Config()
    c.JupyterHub.load_roles = [{"name": "user", "description": "ours"}]
    configured(c)
    assert [role["name"] for role in c.JupyterHub.load_roles].count("user") == 1
    assert "access:services!service=presets" in user_scopes(c)


def test_what_the_site_only_appended_is_kept():
    c = Config()
    c.JupyterHub.services.append({"name": "wiki"})
    c.JupyterHub.load_roles.extend([{"name": "robots", "scopes": []}])
    c.JupyterHub.custom_scopes.update({"custom:wiki:edit": {"description": "edit"}})
    c.JupyterHub.extra_user_scopes.update({"list:groups"})
    configured(c, admins=["root"])
    assert [service["name"] for service in c.JupyterHub.services] == ["wiki", "presets"]
    assert [role["name"] for role in c.JupyterHub.load_roles if role["name"] != "user"] == [
        "robots",
        "presets-admin",
    ]
    assert "custom:wiki:edit" in c.JupyterHub.custom_scopes and "custom:presets:read" in c.JupyterHub.custom_scopes
    if WITH_EXTRA_SCOPES:
        assert c.JupyterHub.extra_user_scopes == {"list:groups", "access:services!service=presets"}


def test_a_scope_the_site_describes_itself_stays_as_it_is():
    c = Config()
    c.JupyterHub.custom_scopes = {"custom:presets:read": {"description": "Lesen"}}
    configured(c)
    assert c.JupyterHub.custom_scopes["custom:presets:read"] == {"description": "Lesen"}


def test_admins_get_a_role_with_the_admin_scope():
    c, _ = configured(admins=["zoe", "ada"], admin_groups=["ops"])
    [role] = [role for role in c.JupyterHub.load_roles if role["name"] == "presets-admin"]
    assert role["users"] == ["ada", "zoe"] and role["groups"] == ["ops"]
    assert "custom:presets:admin" in role["scopes"]


def test_other_services_may_be_given_the_right_to_resolve():
    c, _ = configured(resolvers=["reports", "batch"])
    [role] = [role for role in c.JupyterHub.load_roles if role["name"] == "presets-resolve"]
    assert role["services"] == ["batch", "reports"]
    assert role["scopes"] == ["access:services!service=presets", "custom:presets:resolve"]
    c, _ = configured()
    assert "presets-resolve" not in [role["name"] for role in c.JupyterHub.get("load_roles", [])]


def test_the_hub_starts_servers_with_the_presets_spawner():
    c, settings = configured()
    assert c.JupyterHub.spawner_class is PresetsSpawner
    assert c.PresetsSpawner.settings is settings
    assert copy.deepcopy(settings) is settings


def lazily(trait, value):
    c = Config()
    c.JupyterHub[trait] = value
    return c


@pytest.mark.parametrize(
    "c, text",
    [
        (lazily("services", [{"name": "presets"}]), "already has a service 'presets'"),
        (lazily("load_roles", [{"name": "presets-admin"}]), "already has a role 'presets-admin'"),
        (lazily("spawner_class", "simple"), "name the class in backends instead"),
        (lazily("services", {"name": "wiki"}), "c.JupyterHub.services must be a list, not dict"),
        (Config({"Spawner": {"options_form": "<input>"}}), "c.Spawner.options_form has no effect"),
        (
            Config({"PresetsSpawner": {"apply_user_options": {}}}),
            "c.PresetsSpawner.apply_user_options has no effect",
        ),
    ],
)
def test_a_clash_with_the_site_says_what_to_do(c, text):
    with pytest.raises(ValueError, match=text):
        configured(c, admins=["root"])


def backend(**changes):
    return {"backends": {"local": {**LOCAL["local"], **changes}}}


@pytest.mark.parametrize(
    "changes, text",
    [
        ({"backends": ...}, "backends must name at least one"),
        ({"backends": []}, "backends must name at least one"),
        ({"backends": {"local": "x"}}, r"backends\['local'\] must be a dictionary with the keys class"),
        ({"backends": {"": LOCAL["local"]}}, "must be a non-empty string"),
        (backend(trait=[]), "unknown key 'trait'; allowed are class, config, retired, traits"),
        (backend(**{"class": "no.such.Class"}), "cannot be imported"),
        (backend(**{"class": "os.path.join"}), "must be a Spawner class"),
        (backend(**{"class": dict}), "must be a Spawner class"),
        (backend(traits="mem_limit"), "traits must be a list"),
        (backend(traits=["mem_limt"]), "no configurable trait 'mem_limt'; did you mean mem_limit"),
        (backend(traits=["pid"]), "no configurable trait 'pid'"),
        (backend(traits=["cmd"]), "decides what program runs"),
        (backend(traits=["environment"]), "decides what program runs"),
        (backend(traits=["pre_spawn_hook"]), "decides what program runs"),
        (backend(config={"nope": 1}), "has no trait 'nope'"),
        ({"fallback": {"backend": "nix"}}, "'nix' is not among the usable backends: local"),
        ({"fallback": {"backend": "local", "colour": 1}}, "unknown key 'colour'"),
        ({"fallback": {"backend": "local", "traits": {"debug": True}}}, "'debug' is not among the traits"),
        ({"fallback": {"backend": "local", "title": " "}}, "title must be"),
        ({"url": "127.0.0.1:8889"}, "url must be like http"),
        ({"url": "http://127.0.0.1:8889/services/presets"}, "without a path"),
        ({"url": "unix:///x"}, "url must be like http"),
        ({"url": ...}, "url must be like http"),
        ({"command": ...}, "give command="),
        ({"managed": False}, "command belongs to a managed service"),
        ({"managed": False, "command": ...}, "needs secret_file"),
        ({"secret": "short"}, "at least 22 ASCII characters"),
        ({"secret": SECRET, "secret_file": "x"}, "not both"),
        ({"timeout": 60}, "timeout must be between 0.1 and 10"),
        ({"timeout": True}, "timeout must be between 0.1 and 10"),
        ({"admins": "root"}, "admins must be a list of names"),
        ({"resolvers": "reports"}, "resolvers must be a list of names"),
        ({"resolvers": ["presets"]}, "names 'presets' itself"),
        ({"secret": SECRET, "api_token": SECRET}, "must differ"),
        ({"environment": {"PRESETS_HUB_SECRET": "x"}}, "may not set PRESETS_HUB_SECRET"),
        ({"tls": {"ca": "x"}}, "tls needs an https url"),
    ],
)
def test_a_mistake_is_refused_at_once_with_what_is_allowed(changes, text):
    with pytest.raises(ValueError, match=text):
        configured(**changes)


def test_an_unknown_argument_is_refused_with_the_allowed_ones():
    with pytest.raises(TypeError, match=r"'comand' \(did you mean command\?\); allowed are admin_groups, admins"):
        configured(comand=["x"])


def test_an_error_never_prints_a_secret():
    with pytest.raises(ValueError) as refusal:
        configured(secret="hunter2 hunter2 hunter2 hunter2")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    "prefix, base_url, path",
    [
        (None, "/hub/", "/services/presets/"),
        (None, "/jh/hub/", "/jh/services/presets/"),
        ("/elsewhere", "/hub/", "/elsewhere/"),
    ],
)
def test_the_address_follows_the_hubs_base_url(prefix, base_url, path):
    from types import SimpleNamespace

    _, settings = configured(prefix=prefix)
    assert settings.base(SimpleNamespace(base_url=base_url)) == "http://127.0.0.1:8889" + path
